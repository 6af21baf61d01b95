import type { Deps } from "../deps.ts";
import { type SealedSigningKey, signJwt } from "../keyring/index.ts";
import { type ActingParty, type AuthMethod, actClaimOf } from "../protocol/index.ts";
import { newId } from "../store/index.ts";
import { sha256Hex } from "./hash.ts";

/** For whom and for what an access token is. */
export interface TokenRequest {
  readonly account: { readonly id: string; readonly email: string; readonly projectId: string };
  readonly audience: string;
  readonly scope: readonly string[];
  /** Integer seconds: when it begins, and for how long. */
  readonly issuedAt: number;
  readonly lifetimeSeconds: number;
  readonly authMethod: AuthMethod;
  /** The foreign identity that stands behind it, where one does. */
  readonly federated: { readonly iss: string; readonly sub: string } | undefined;
  /** Who acts as the account, nearest first; nobody where it acts itself. */
  readonly act: readonly ActingParty[];
}

/** A signed token, and what its row keeps of it; integer seconds. */
export interface MintedToken {
  /** The compact JWS. Answered once, never stored. */
  readonly compact: string;
  readonly jti: string;
  readonly sha256: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** Signs an access token. Writes nothing: it must not be answered before its row is committed. @see RFC 9068 s2 */
export async function mintAccessToken(
  deps: Deps,
  key: SealedSigningKey,
  request: TokenRequest,
): Promise<MintedToken> {
  const { issuedAt } = request;
  const expiresAt = issuedAt + request.lifetimeSeconds;
  const jti = newId(deps.nowMs());
  const claims = {
    iss: deps.config.issuerUrl,
    sub: request.account.id,
    aud: request.audience,
    iat: issuedAt,
    exp: expiresAt,
    jti,
    client_id: request.account.id,
    ...(request.scope.length === 0 ? {} : { scope: request.scope.join(" ") }),
    email: request.account.email,
    project_id: request.account.projectId,
    auth_method: request.authMethod,
    ...(request.federated === undefined ? {} : { federated: request.federated }),
    ...(request.act.length === 0 ? {} : { act: actClaimOf(request.act) }),
  };
  const compact = await signJwt(deps, key, "at+jwt", claims);
  return { compact, jti, sha256: await sha256Hex(compact), issuedAt, expiresAt };
}
