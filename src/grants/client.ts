import { commit, commitMarks } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import { accept, Fault, type Result, refuse, type ServiceAccountActor } from "../protocol/index.ts";
import { type Denial, type Identity, identify, REPLAYED } from "./identify.ts";
import { clientAssertionOf, type ParameterRefusal, type TokenParameters } from "./parameters.ts";
import { accountActorOf, recordDenial } from "./record.ts";
import { inRounds } from "./rounds.ts";
import { spend } from "./spend.ts";
import { usageMarks } from "./usage.ts";

/**
 * Who calls an endpoint that takes clients: the account that its `client_assertion` proves, by its own key (`jti`
 * spent) or by a trust. @see RFC 7523 s2.2 @throws Fault `storage`
 */
export async function authenticateClient(
  context: Context,
  parameters: TokenParameters,
): Promise<Result<ServiceAccountActor, ParameterRefusal>> {
  const jwt = clientAssertionOf(parameters);
  if (jwt === undefined || jwt === false) return refuse(UNAUTHENTICATED);
  const identified = await identifyAndUse(context, jwt, parameters.single.get("client_id"));
  if (identified.ok) return accept(accountActorOf(identified.value));
  const { anchor } = identified.refusal;
  await recordDenial(context, identified.refusal, attemptOf(anchor?.account.id));
  return refuse(UNAUTHENTICATED);
}

async function identifyAndUse(
  context: Context,
  jwt: string,
  clientId: string | undefined,
): Promise<Result<Identity, Denial>> {
  const shown = { jwt, clientId, audiences: [], mayImpersonate: false, mayBePerson: false };
  const used = await inRounds(async () => {
    const identified = await identify(context, shown);
    return identified.ok ? use(context, identified.value) : identified;
  });
  if (used !== "again") return used;
  throw new Fault("storage", "the account kept changing while a client was authenticated");
}

/** What proved the client is used by that: spent, where it is good once, and marked. */
async function use(context: Context, identity: Identity): Promise<Result<Identity, Denial> | "again"> {
  const { anchor, evidence, voucher } = identity;
  const { id, projectId } = anchor.account;
  const marks = usageMarks(context, anchor.account, voucher);
  const [guarded] = spend(context, anchor, voucher);
  if (guarded === undefined) {
    await commitMarks(context.deps, marks);
    return accept(identity);
  }
  const event = { ...attemptOf(id), projectId, serviceAccountId: id };
  const actor = accountActorOf(identity);
  const committed = await commit({ ...context, actor }, { guarded, event, after: marks });
  if (committed.ok) return accept(identity);
  return committed.refusal === "guard" ? "again" : refuse({ refusal: REPLAYED, anchor, evidence });
}

function attemptOf(id: string | undefined) {
  return { action: "client.authenticate", target: { type: "service_account", id } } as const;
}

/** What a caller is told that has not said who it is. */
export const UNAUTHENTICATED: ParameterRefusal = {
  error: "invalid_client",
  description:
    "Authenticate: Authorization Bearer with a token of ours, or client_assertion with a fresh assertion of a key.",
};
