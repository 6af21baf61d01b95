import { commit, commitRefusal } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import { mayKnowToken, mayRevokeToken } from "../rbac/index.ts";
import type { LiveToken } from "../tokens/index.ts";
import { endOfToken } from "./token_end.ts";

/** The token as this caller may know it: undefined for one that is not good, or not the caller's to know. */
export function introspectToken({ actor }: Context, token: LiveToken | undefined): LiveToken | undefined {
  return token !== undefined && mayKnowToken(actor, token) ? token : undefined;
}

/**
 * Revokes one token, when it is the caller's to revoke. What is not is recorded and told to nobody.
 * @throws Fault `storage`
 */
export async function revokeToken(context: Context, token: LiveToken | undefined): Promise<void> {
  if (token === undefined || !mayRevokeToken(context.actor, token)) return recordMiss(context);
  const { jti, account, type } = token;
  const place = { projectId: account.projectId, serviceAccountId: account.id };
  // A guard that matches nothing says that somebody was faster: it is revoked all the same.
  await commit(context, {
    event: { action: `${type}.revoke`, target: { type, id: jti }, ...place },
    ...endOfToken(context, { type, id: jti, tokenSha256: token.tokenSha256, ...place }),
  });
}

/** In the caller's own record: whose token it was, if anybody's, is not the caller's to learn. */
async function recordMiss(context: Context): Promise<void> {
  const { actor } = context;
  if (actor.type !== "service_account") return;
  await commitRefusal(
    context,
    {
      action: "access_token.revoke",
      target: { type: "access_token" },
      projectId: actor.projectId,
      serviceAccountId: actor.id,
      reason: "not_found",
      detail: "No live token of the caller; whoever asks is told 200 all the same.",
    },
    "write",
  );
}
