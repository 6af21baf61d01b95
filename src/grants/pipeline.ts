import type { Context } from "../deps.ts";
import { accept, type ExchangeRefusal, Fault, GRANT_TYPES, type Result, refuse } from "../protocol/index.ts";
import { circumstancesOf } from "../rbac/index.ts";
import { type Denial, type Identity, identify, REPLAYED, type Shown, withKid } from "./identify.ts";
import { type IssuedToken, issueToken } from "./issue.ts";
import type { Presentation } from "./parameters.ts";
import { asIdentified, exchangeEvent, recordDenial } from "./record.ts";
import { inRounds } from "./rounds.ts";
import { learn, spend } from "./spend.ts";
import { audiencesWanted, grantTarget, type Target } from "./target.ts";
import { watchDenial, watchGrant } from "./watch.ts";

/** What a token is wanted for. */
export type Purpose = Pick<Presentation, "targets" | "scope">;

/** Everything that one exchange was decided from. */
export interface Decision extends Identity {
  readonly target: Target;
}

/**
 * One exchange, start to end: decode, anchor, believe, permit, mint, record. One read batch, one write batch; the
 * token is answered only after its row and its event are committed.
 * @throws Fault `storage`, `keyring`
 */
export async function exchange(
  context: Context,
  presentation: Presentation,
): Promise<Result<IssuedToken, ExchangeRefusal>> {
  const issued = await inRounds(async () => {
    const decided = await decide(context, presentation, shownBy(context, presentation));
    return decided.ok ? issue(context, presentation, decided.value) : decided;
  });
  if (issued === "again")
    throw new Fault("storage", "the account kept changing while an exchange was decided");
  if (issued.ok) return issued;
  watchDenial(context, issued.refusal);
  const receiptId = await recordDenial(context, issued.refusal);
  return refuse({ ...issued.refusal.refusal, receiptId });
}

/** What would become of one exchange: nothing is minted, spent, learned or recorded. @throws Fault `storage` */
export async function decide(
  context: Context,
  presentation: Purpose,
  shown: Shown,
): Promise<Result<Decision, Denial>> {
  const { issuerUrl } = context.deps.config;
  const identified = await identify(context, shown);
  if (!identified.ok) return identified;
  const { anchor, evidence, bindings, actor, trace } = identified.value;
  const rights = { issuerUrl, anchor, bindings, circumstances: circumstancesOf(context) };
  const target = grantTarget(rights, presentation);
  if (!target.ok) return refuse({ refusal: target.refusal, anchor, evidence, actor, trace });
  return accept({ ...identified.value, target: target.value });
}

/** What a presentation shows. */
export function shownBy({ deps }: Context, presentation: Presentation): Shown {
  return {
    jwt: presentation.jwt,
    clientId: presentation.serviceAccount,
    audiences: audiencesWanted(deps.config.issuerUrl, presentation),
    mayImpersonate: presentation.grantType === GRANT_TYPES.tokenExchange,
    mayBePerson: presentation.mayBePerson,
  };
}

/** Mints and records; `again` when the ground moved in between and the decision has to be made anew. */
async function issue(
  context: Context,
  presentation: Presentation,
  decision: Decision,
): Promise<Result<IssuedToken, Denial> | "again"> {
  const { anchor, evidence, voucher, bindings } = decision;
  const federated =
    voucher.authMethod === "federation" && evidence.authMethod === "federation"
      ? { iss: evidence.jwt.issuer, sub: evidence.jwt.subject }
      : undefined;
  const issued = await issueToken(asIdentified(context, decision), {
    ...decision,
    signingKeys: decision.ground.signingKeys,
    federated,
    workloadBindings: bindings.flatMap(({ id, principalType }) =>
      principalType === "workloads" ? [id] : [],
    ),
    before: spend(context, anchor, voucher),
    after: learn(context, voucher),
    event: (token) => ({
      ...exchangeEvent(context, decision, { token, isProven: true }),
      detail: presentation.reason ?? presentation.grantType,
    }),
  });
  if (issued.ok) {
    watchGrant(context, decision);
    return issued;
  }
  if (issued.refusal === "again") return "again";
  // The one unique index that an exchange can meet is that of spent assertions.
  return refuse({ refusal: withKid(REPLAYED, evidence), anchor, evidence, trace: decision.trace, voucher });
}
