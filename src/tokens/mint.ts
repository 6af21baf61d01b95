import type { Deps } from "../deps.ts";
import { type SealedSigningKey, signJwt } from "../keyring/index.ts";
import { secondsOf } from "../protocol/index.ts";
import { newId } from "../store/index.ts";

export interface TokenRequest {
  readonly account: { readonly id: string; readonly email: string; readonly projectId: string };
  readonly audience: string;
  readonly scope: readonly string[];
  readonly lifetimeSeconds: number;
  readonly authMethod: "federation";
  /** The foreign identity that stands behind it. */
  readonly federated: { readonly iss: string; readonly sub: string };
}

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
  const issuedAt = secondsOf(deps.nowMs());
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
    federated: request.federated,
  };
  const compact = await signJwt(deps, key, "at+jwt", claims);
  return { compact, jti, sha256: await sha256Hex(compact), issuedAt, expiresAt };
}

async function sha256Hex(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
