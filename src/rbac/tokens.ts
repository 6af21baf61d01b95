import type { Actor } from "../protocol/index.ts";

/** Whose token it is, and which account the API is that it was made for. */
export interface TokenParties {
  readonly account: { readonly id: string; readonly projectId: string };
  readonly apiAccountId: string | null;
}

/** The operator may know any token, an account its own, an API those that were made for it. @see RFC 7662 s4 */
export function mayKnowToken(actor: Actor, { account, apiAccountId }: TokenParties): boolean {
  if (actor.type === "bootstrap") return true;
  if (actor.type !== "service_account" || actor.projectId !== account.projectId) return false;
  return actor.id === account.id || actor.id === apiAccountId;
}

/** The operator may revoke any token, an account its own. @see RFC 7009 s2.1 */
export function mayRevokeToken(actor: Actor, { account }: TokenParties): boolean {
  return actor.type === "bootstrap" || (actor.type === "service_account" && actor.id === account.id);
}
