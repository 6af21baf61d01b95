import { commit } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import {
  accept,
  CLIENT_ASSERTION_TYPES,
  type Result,
  refuse,
  type ServiceAccountActor,
} from "../protocol/index.ts";
import { type Denial, type Identity, identify, REPLAYED } from "./identify.ts";
import { jwtOf, type ParameterRefusal, type TokenParameters } from "./parameters.ts";
import { accountActorOf, recordDenial } from "./record.ts";
import { spend } from "./spend.ts";

const ASSERTION_TYPES: readonly string[] = Object.values(CLIENT_ASSERTION_TYPES);

/**
 * Who calls an endpoint that takes clients: the account that its `client_assertion` proves, by its own key (`jti`
 * spent) or by a trust. @see RFC 7523 s2.2 @throws Fault `storage`
 */
export async function authenticateClient(
  context: Context,
  parameters: TokenParameters,
): Promise<Result<ServiceAccountActor, ParameterRefusal>> {
  const jwt = jwtOf(parameters, "client_assertion");
  const type = parameters.single.get("client_assertion_type");
  if (jwt === undefined || type === undefined || !ASSERTION_TYPES.includes(type))
    return refuse(UNAUTHENTICATED);
  const identified = await identify(context, jwt, parameters.single.get("client_id"));
  const spent = identified.ok ? await spendOn(context, identified.value) : identified;
  if (spent.ok) return accept(accountActorOf(spent.value));
  await recordDenial(context, spent.refusal, "client.authenticate");
  return refuse(UNAUTHENTICATED);
}

async function spendOn(context: Context, identity: Identity): Promise<Result<Identity, Denial>> {
  const { anchor, evidence, voucher } = identity;
  const [guarded] = spend(context, voucher);
  if (guarded === undefined) return accept(identity);
  const { id, projectId } = anchor.account;
  const committed = await commit(
    { ...context, actor: accountActorOf(identity) },
    {
      guarded,
      event: {
        action: "client.authenticate",
        target: { type: "service_account", id },
        projectId,
        serviceAccountId: id,
      },
    },
  );
  return committed.ok ? accept(identity) : refuse({ refusal: REPLAYED, anchor, evidence });
}

const UNAUTHENTICATED: ParameterRefusal = {
  error: "invalid_client",
  description:
    "Authenticate: Authorization Bearer with a token of ours, or client_assertion with a fresh assertion of a key.",
};
