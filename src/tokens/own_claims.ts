import { base64url } from "jose";
import { isRecord } from "../protocol/index.ts";
import { isUuid } from "../store/index.ts";

/** More than we sign: a foreign subject of 2,048 characters may take six bytes each in JSON. */
const OWN_TOKEN_MAX_CHARACTERS = 32 * 1024;

/** What names one of our tokens. */
export interface OwnClaims extends Readonly<Record<string, unknown>> {
  readonly jti: string;
  readonly sub: string;
  readonly iss: string;
}

/**
 * The claims of a text that has the form of one of our tokens, or undefined. They only say which row to look at:
 * whether the text is that token is decided by its hash.
 */
export function claimsOf(compact: string): OwnClaims | undefined {
  if (compact.length > OWN_TOKEN_MAX_CHARACTERS) return undefined;
  const [, payload, signature, ...rest] = compact.split(".", 4);
  if (payload === undefined || signature === undefined || rest.length > 0) return undefined;
  try {
    const claims: unknown = JSON.parse(new TextDecoder().decode(base64url.decode(payload)));
    return isOwn(claims) ? claims : undefined;
  } catch {
    return undefined;
  }
}

function isOwn(claims: unknown): claims is OwnClaims {
  if (!isRecord(claims)) return false;
  const { jti, sub, iss } = claims;
  return (
    typeof jti === "string" &&
    isUuid(jti) &&
    typeof sub === "string" &&
    isUuid(sub) &&
    typeof iss === "string"
  );
}
