import type { Context } from "../deps.ts";
import { accept, type ExchangeRefusal, Fault, GRANT_TYPES, type Result, refuse } from "../protocol/index.ts";
import { circumstancesOf } from "../rbac/index.ts";
import { type Denial, type Identity, identify, REPLAYED, withKid } from "./identify.ts";
import { type IssuedToken, issueToken } from "./issue.ts";
import type { Presentation } from "./parameters.ts";
import { asIdentified, exchangeEvent, recordDenial } from "./record.ts";
import { inRounds } from "./rounds.ts";
import { spend } from "./spend.ts";
import { audiencesWanted, grantTarget, type Target } from "./target.ts";

/** Everything that one exchange was decided from. */
interface Decision extends Identity {
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
    const decided = await decide(context, presentation);
    return decided.ok ? issue(context, presentation, decided.value) : decided;
  });
  if (issued === "again")
    throw new Fault("storage", "the account kept changing while an exchange was decided");
  if (issued.ok) return issued;
  await recordDenial(context, issued.refusal);
  return refuse(issued.refusal.refusal);
}

async function decide(context: Context, presentation: Presentation): Promise<Result<Decision, Denial>> {
  const { issuerUrl } = context.deps.config;
  const identified = await identify(context, {
    jwt: presentation.jwt,
    clientId: presentation.serviceAccount,
    audiences: audiencesWanted(issuerUrl, presentation),
    mayImpersonate: presentation.grantType === GRANT_TYPES.tokenExchange,
    mayBePerson: presentation.mayBePerson,
  });
  if (!identified.ok) return identified;
  const { anchor, evidence, bindings, actor } = identified.value;
  const rights = { issuerUrl, anchor, bindings, circumstances: circumstancesOf(context) };
  const target = grantTarget(rights, presentation);
  if (!target.ok) return refuse({ refusal: target.refusal, anchor, evidence, actor });
  return accept({ ...identified.value, target: target.value });
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
    event: (token) => ({
      ...exchangeEvent(decision, { token, isProven: true }),
      detail: presentation.reason ?? presentation.grantType,
    }),
  });
  if (issued.ok) return issued;
  if (issued.refusal === "again") return "again";
  // The one unique index that an exchange can meet is that of spent assertions.
  return refuse({ refusal: withKid(REPLAYED, evidence), anchor, evidence });
}
