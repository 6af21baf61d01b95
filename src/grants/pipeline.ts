import { commit } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import { ensureSigningKey, type SealedSigningKey } from "../keyring/index.ts";
import { accept, type ExchangeRefusal, Fault, type Result, refuse, secondsOf } from "../protocol/index.ts";
import { insertAccessToken, mintAccessToken, tokenLifetime } from "../tokens/index.ts";
import { type Denial, type Identity, identify, REPLAYED, withKid } from "./identify.ts";
import type { Presentation } from "./parameters.ts";
import { asIdentified, exchangeEvent, recordDenial } from "./record.ts";
import { spend } from "./spend.ts";
import { grantTarget } from "./target.ts";
import { usageMarks } from "./usage.ts";
import { boundOf } from "./voucher.ts";

/** What the caller gets. */
export interface IssuedToken {
  readonly accessToken: string;
  readonly expiresInSeconds: number;
  readonly scope: readonly string[];
}

/** Everything that one exchange was decided from. */
interface Decision extends Identity {
  readonly audience: string;
}

/** Decisions whose ground moved before they were committed are made again, this often. */
const DECISIONS_MAX = 3;

/**
 * One exchange, start to end: decode, anchor, believe, permit, mint, record. One read batch, one write batch; the
 * token is answered only after its row and its event are committed.
 * @throws Fault `storage`, `keyring`
 */
export async function exchange(
  context: Context,
  presentation: Presentation,
): Promise<Result<IssuedToken, ExchangeRefusal>> {
  for (let round = 0; round < DECISIONS_MAX; round++) {
    const decided = await decide(context, presentation);
    const issued = decided.ok ? await issue(context, presentation, decided.value) : decided;
    if (issued === "again") continue;
    if (issued.ok) return issued;
    await recordDenial(context, issued.refusal);
    return refuse(issued.refusal.refusal);
  }
  throw new Fault("storage", "the account kept changing while an exchange was decided");
}

async function decide(context: Context, presentation: Presentation): Promise<Result<Decision, Denial>> {
  const identified = await identify(context, presentation.jwt, presentation.serviceAccount);
  if (!identified.ok) return identified;
  const { anchor, evidence } = identified.value;
  const target = grantTarget(context.deps.config.issuerUrl, anchor.account, presentation);
  if (!target.ok) return refuse({ refusal: target.refusal, anchor, evidence });
  return accept({ ...identified.value, audience: target.value });
}

/** Mints and records; `again` when the ground moved in between and the decision has to be made anew. */
async function issue(
  context: Context,
  presentation: Presentation,
  decision: Decision,
): Promise<Result<IssuedToken, Denial> | "again"> {
  const { deps } = context;
  const { anchor, evidence, voucher, audience, ground } = decision;
  const { account, project } = anchor;
  const key: SealedSigningKey = ground.signingKey ?? (await ensureSigningKey(context));
  const issuedAt = secondsOf(deps.nowMs());
  const lifetimeSeconds = tokenLifetime(issuedAt, [account, boundOf(voucher)]);
  // What bounds the token ended since it was judged: judged again, it will be refused for that.
  if (lifetimeSeconds <= 0) return "again";
  const grant = { audience, scope: [] } as const;
  const token = await mintAccessToken(deps, key, {
    ...grant,
    account,
    issuedAt,
    lifetimeSeconds,
    authMethod: voucher.authMethod,
    federated:
      evidence.authMethod === "federation"
        ? { iss: evidence.jwt.issuer, sub: evidence.jwt.subject }
        : undefined,
  });
  const committed = await commit(asIdentified(context, decision), {
    before: spend(context, anchor, voucher),
    guarded: insertAccessToken(deps, { account, project, voucher }, token, grant),
    event: { ...exchangeEvent(anchor, evidence, { token, isProven: true }), detail: presentation.grantType },
    after: usageMarks(context, account, voucher),
  });
  if (committed.ok) {
    return accept({ accessToken: token.compact, expiresInSeconds: lifetimeSeconds, scope: grant.scope });
  }
  if (committed.refusal === "guard") return "again";
  // The one unique index that an exchange can meet is that of spent assertions.
  return refuse({ refusal: withKid(REPLAYED, evidence), anchor, evidence });
}
