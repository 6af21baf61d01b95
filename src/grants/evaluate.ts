import { commitDryRun } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import {
  type AccountRef,
  attempt,
  locateProvider,
  locateServiceAccount,
  type MemberRef,
  placeInAccount,
  placeOfAccount,
  type ReceiptItem,
  receiptOfRow,
} from "../directory/index.ts";
import { accept, isAuthentic, type Problem, type Result, refuse, secondsOf } from "../protocol/index.ts";
import { authorize } from "../rbac/index.ts";
import { decodeClaims } from "../trust/index.ts";
import { type Evidence, readEvidence, selectorOf } from "./evidence.ts";
import { readGround } from "./ground.ts";
import type { Denial, Shown } from "./identify.ts";
import type { Presentation } from "./parameters.ts";
import { type Decision, decide, shownBy } from "./pipeline.ts";
import { exchangeEvent } from "./record.ts";
import { audiencesWanted } from "./target.ts";

const READ_TRUSTS = "federated-identity-providers:read";
const EVALUATE = "access_token.evaluate";

/** What is tried: a token, or the claims that one would have; and for what a token would be wanted. */
export interface EvaluationInput {
  readonly token?: string | undefined;
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  readonly audience?: string | undefined;
  readonly scope?: readonly string[] | undefined;
}

/** What would become of an exchange for the account, by all that it trusts: the receipt, and no token. */
export async function evaluateAccount(
  context: Context,
  ref: AccountRef,
  input: EvaluationInput,
): Promise<Result<ReceiptItem, Problem>> {
  const found = await locateServiceAccount(context.deps, ref);
  const access = { found, permission: READ_TRUSTS, place: placeOfAccount, action: EVALUATE } as const;
  return attempt(context, access, ({ id }) => evaluateInput(context, { accountId: id }, input));
}

/** The same by one trust alone, also where it is in shadow. */
export async function evaluateProvider(
  context: Context,
  ref: MemberRef,
  input: EvaluationInput,
): Promise<Result<ReceiptItem, Problem>> {
  const found = await locateProvider(context.deps, ref);
  const access = { found, permission: READ_TRUSTS, place: placeInAccount, action: EVALUATE } as const;
  return attempt(context, access, (row) =>
    evaluateInput(context, { accountId: row.serviceAccountId, providerId: row.id }, input),
  );
}

/** A dry run at the token endpoint, of whatever may be presented there, for a caller who may read whom the account trusts. */
export async function evaluatePresentation(
  context: Context,
  presentation: Presentation,
): Promise<Result<ReceiptItem, "not_permitted">> {
  const shown = shownBy(context, presentation);
  const selector = selectorOf(evidenceOf(context, shown), presentation.serviceAccount);
  const { anchor } = await readGround(context, {
    selector,
    evidence: undefined,
    audiences: [],
    mayBePerson: false,
  });
  if (anchor === undefined) return refuse("not_permitted");
  const { projectId, id: serviceAccountId } = anchor.account;
  const allowed = authorize(context, READ_TRUSTS, { projectId, serviceAccountId });
  if (!allowed.ok) return refuse("not_permitted");
  return accept(await explain(context, await decide(context, presentation, shown), { isBare: false }));
}

function evidenceOf({ deps }: Context, { jwt, mayImpersonate }: Shown): Evidence | undefined {
  if (typeof jwt !== "string") return jwt;
  const read = readEvidence(jwt, mayImpersonate ? deps.config.issuerUrl : undefined);
  return read.ok ? read.value : undefined;
}

interface Subject {
  readonly accountId: string;
  readonly providerId?: string;
}

async function evaluateInput(
  context: Context,
  { accountId, providerId }: Subject,
  { token, claims, audience, scope = [] }: EvaluationInput,
): Promise<Result<ReceiptItem, Problem>> {
  const { deps } = context;
  const purpose = { targets: audience === undefined ? [] : [audience], scope };
  const read = claims === undefined ? undefined : decodeClaims(claims, secondsOf(deps.nowMs()));
  if (read !== undefined && !read.ok) {
    const { detail } = read.refusal;
    const errors = [{ pointer: "/claims", code: read.refusal.reason, detail }];
    return refuse({ code: "invalid_body", detail, errors });
  }
  const evidence: Evidence | undefined =
    read === undefined ? undefined : { authMethod: "federation", jwt: read.value };
  const shown: Shown = {
    jwt: evidence ?? token ?? "",
    providerId,
    clientId: accountId,
    audiences: audiencesWanted(deps.config.issuerUrl, purpose),
    mayImpersonate: false,
    mayBePerson: false,
  };
  return accept(
    await explain(context, await decide(context, purpose, shown), {
      isBare: read !== undefined,
      providerId,
    }),
  );
}

/** How it was asked. */
interface AskedFor {
  /** Whether there was no token, only claims. */
  readonly isBare: boolean;
  readonly providerId?: string | undefined;
}

/** Records the dry run, and answers its receipt. */
async function explain(
  context: Context,
  decided: Result<Decision, Denial>,
  { isBare, providerId }: AskedFor,
): Promise<ReceiptItem> {
  const event = decided.ok
    ? grantedEvent(context, decided.value, isBare)
    : refusedEvent(context, decided.refusal, isBare);
  const { exchange } = event;
  const row = await commitDryRun(
    context,
    {
      ...event,
      action: EVALUATE,
      exchange: {
        ...exchange,
        // A dry run is no use of a trust.
        federatedIdentityProviderId: undefined,
        receipt: { ...exchange?.receipt, isDryRun: true },
      },
    },
    decided.ok ? "granted" : "refused",
  );
  return receiptOfRow(context, row, providerId);
}

function grantedEvent(context: Context, decision: Decision, isBare: boolean) {
  // What the account may do there is for those to read who may read its role bindings.
  const detail = `A token for ${decision.target.audience} would be issued.`;
  return { ...exchangeEvent(context, decision, { isProven: !isBare }), detail };
}

function refusedEvent(context: Context, denial: Denial, isBare: boolean) {
  const { reason, detail } = denial.refusal;
  const isProven = isAuthentic(denial.refusal) && !isBare;
  return { ...exchangeEvent(context, denial, { isProven }), reason, detail };
}
