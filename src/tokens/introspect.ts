import type { Deps } from "../deps.ts";
import type { Actor } from "../protocol/index.ts";
import type { LiveToken } from "./live_token.ts";

/**
 * What a caller may know of a token, or exactly `{"active": false}`: the operator of any, an account of its own, an
 * API of those that were made for it. @see RFC 7662 s2.2, s4
 */
export function introspect(
  deps: Deps,
  caller: Actor,
  token: LiveToken | undefined,
): Readonly<Record<string, unknown>> {
  if (token === undefined || !mayKnow(caller, token)) return { active: false };
  return {
    active: true,
    iss: deps.config.issuerUrl,
    sub: token.account.id,
    aud: token.audience,
    client_id: token.account.id,
    iat: token.issuedAt,
    exp: token.expiresAt,
    jti: token.jti,
    scope: token.scope,
    token_type: "Bearer",
    email: token.account.email,
    project_id: token.account.projectId,
    auth_method: token.authMethod,
  };
}

function mayKnow(caller: Actor, { account, apiAccountId }: LiveToken): boolean {
  if (caller.type === "bootstrap") return true;
  if (caller.type !== "service_account" || caller.projectId !== account.projectId) return false;
  return caller.id === account.id || caller.id === apiAccountId;
}
