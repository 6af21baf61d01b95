import type { AuditEvent } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import { type AccountRef, attempt, locateServiceAccount, placeOfAccount } from "../directory/index.ts";
import {
  accept,
  type ExchangeReason,
  type ExchangeRefusal,
  type Problem,
  type ProblemCode,
  type Result,
  refuse,
} from "../protocol/index.ts";
import { circumstancesOf, IMPERSONATE } from "../rbac/index.ts";
import { readGround } from "./ground.ts";
import { judgeAlive } from "./identify.ts";
import { judgeImpersonation } from "./impersonate.ts";
import { type IssuedToken, issueToken } from "./issue.ts";
import { inRounds } from "./rounds.ts";
import { audiencesWanted, grantTarget } from "./target.ts";

/** For what somebody wants a token of an account, and why. */
export interface AccessTokenInput {
  /** An API's audience, or a URI below it; this service without it. */
  readonly audience?: string | undefined;
  /** All that is granted without it. */
  readonly scope?: readonly string[] | undefined;
  /** For the record. */
  readonly reason: string;
  /** Seconds, at most. */
  readonly tokenLifetime?: number | undefined;
}

/**
 * Impersonation over REST: whoever may, gets an access token of the account, with himself in its `act` and his reason in
 * the record. It ends no later than what he showed. @throws Fault `storage`, `keyring`
 */
export async function createAccessToken(
  context: Context,
  ref: AccountRef,
  input: AccessTokenInput,
): Promise<Result<IssuedToken, Problem>> {
  const found = await locateServiceAccount(context.deps, ref);
  const action = "access_token.impersonate";
  const access = { found, permission: IMPERSONATE, place: placeOfAccount, action } as const;
  return attempt(context, access, async ({ id }, event) => {
    const issued = await inRounds(() => issueAs(context, { ...input, accountId: id }, event));
    return issued === "again" ? refuse(CHANGING) : issued;
  });
}

async function issueAs(
  context: Context,
  { accountId, ...input }: AccessTokenInput & { readonly accountId: string },
  event: AuditEvent,
): Promise<Result<IssuedToken, Problem> | "again"> {
  const { issuerUrl } = context.deps.config;
  const wanted = { targets: input.audience === undefined ? [] : [input.audience], scope: input.scope ?? [] };
  const audiences = audiencesWanted(issuerUrl, wanted);
  const question = { selector: accountId, evidence: undefined, audiences, mayBePerson: false };
  const { anchor, signingKeys } = await readGround(context, question);
  if (anchor === undefined) return "again";
  const alive = judgeAlive(context, anchor);
  if (!alive.ok) return refuse(problemOf(alive.refusal));
  const voucher = judgeImpersonation(context, context.actor, anchor);
  if (!voucher.ok) return refuse(problemOf(voucher.refusal));
  const rights = { issuerUrl, anchor, bindings: anchor.bindings, circumstances: circumstancesOf(context) };
  const target = grantTarget(rights, wanted);
  if (!target.ok) return refuse(problemOf(target.refusal));
  const issued = await issueToken(context, {
    anchor,
    voucher: voucher.value,
    target: target.value,
    signingKeys,
    federated: undefined,
    workloadBindings: [],
    before: [],
    event: ({ jti, sha256 }) => ({
      ...event,
      target: { type: "access_token", id: jti },
      detail: input.reason,
      exchange: { jti, tokenSha256: sha256 },
    }),
    wantedLifetime: input.tokenLifetime,
  });
  return issued.ok ? accept(issued.value) : "again";
}

/** Whoever may act as the account may know why it gets nothing. */
function problemOf({ reason, detail }: ExchangeRefusal): Problem {
  const pointer = POINTERS[reason];
  if (pointer !== undefined)
    return { code: "invalid_body", detail, errors: [{ pointer, code: reason, detail }] };
  return { code: CODES[reason] ?? "account_unusable", detail };
}

/** Which member of the input is refused. */
const POINTERS: Readonly<Partial<Record<ExchangeReason, string>>> = {
  scope_not_granted: "/scope",
  target_not_allowed: "/audience",
};

/** Of all other reasons: what is not the account's own state. */
const CODES: Readonly<Partial<Record<ExchangeReason, ProblemCode>>> = {
  impersonation_not_granted: "permission_denied",
  impersonation_chain: "permission_denied",
};

const CHANGING: Problem = {
  code: "conflict",
  detail: "The account kept changing while this was decided; repeat the call.",
};
