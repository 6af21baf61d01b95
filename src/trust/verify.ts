import { compactVerify, errors, importJWK } from "jose";
import { accept, type ExchangeRefusal, hasPassed, type Result, refuse } from "../protocol/index.ts";
import { isAlgorithmOfKey } from "./algorithms.ts";
import { type DecodedJwt, quote } from "./decode.ts";

/** How far a signer's clock may be from ours. */
export const LEEWAY_SECONDS = 60;
/** A token that lives longer than this was not made for a job: GKE's, the longest of the known, live two days. */
const FOREIGN_TOKEN_LIFETIME_MAX_SECONDS = 7 * 24 * 3600;

type Verdict = Result<true, ExchangeRefusal>;

/** The signature, with an algorithm that is the key's own. @see RFC 7515 s5.2, RFC 8725 s3.1 */
export async function verifySignature(jwt: DecodedJwt, key: VerifyingKey): Promise<Verdict> {
  if (!isAlgorithmOfKey(jwt.alg, key.jwk)) {
    const bound = key.jwk.alg ?? key.jwk.crv ?? key.jwk.kty;
    return refuse({
      reason: "algorithm_not_allowed",
      detail: `The key is of ${quote(bound)}, the token of ${quote(jwt.alg)}.`,
    });
  }
  const imported = await importPublicKey(key, jwt.alg);
  if (!imported.ok) return imported;
  try {
    await compactVerify(jwt.compact, imported.value, { algorithms: [jwt.alg] });
    return accept(true);
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    return refuse({
      reason: "signature_invalid",
      detail: `The signature does not fit the key ${quote(jwt.kid)}.`,
    });
  }
}

/** A public key, and what was imported of it by algorithm. */
export interface VerifyingKey {
  readonly jwk: Readonly<Record<string, unknown>>;
  readonly imported: Map<string, CryptoKey>;
}

/** Imports once per key and algorithm. The runtime refuses points that are not on their curve here. */
export async function importPublicKey(
  key: VerifyingKey,
  alg: string,
): Promise<Result<CryptoKey, ExchangeRefusal>> {
  const known = key.imported.get(alg);
  if (known !== undefined) return accept(known);
  try {
    const imported = await importJWK({ ...key.jwk, alg }, alg);
    if (imported instanceof Uint8Array)
      return refuse({ reason: "key_rejected", detail: "The key is symmetric." });
    key.imported.set(alg, imported);
    return accept(imported);
  } catch {
    return refuse({ reason: "key_rejected", detail: "The key cannot be imported: it is malformed." });
  }
}

type Times = Pick<DecodedJwt, "expiresAt" | "notBefore" | "issuedAt">;

/** `exp`, `nbf` and `iat` against our clock. Pure; `now` in seconds. @see RFC 7519 s4.1.4 to s4.1.6 */
export function judgeTimes(
  { expiresAt, notBefore, issuedAt }: Times,
  now: number,
  leewaySeconds = LEEWAY_SECONDS,
): Verdict {
  if (hasPassed(expiresAt + leewaySeconds, now)) {
    return refuse({ reason: "token_expired", detail: `exp was ${Math.floor(now - expiresAt)} s ago.` });
  }
  if (expiresAt > now + FOREIGN_TOKEN_LIFETIME_MAX_SECONDS) {
    return refuse({ reason: "token_lifetime_excessive", detail: "exp is more than 7 days ahead." });
  }
  for (const [name, instant] of [
    ["nbf", notBefore],
    ["iat", issuedAt],
  ] as const) {
    if (instant !== undefined && instant - leewaySeconds > now) {
      const ahead = Math.ceil(instant - now);
      return refuse({ reason: "token_not_yet_valid", detail: `${name} is ${ahead} s ahead of our clock.` });
    }
  }
  return accept(true);
}

/** How long ago the token was issued, where the trust bounds that. Pure; `now` and bounds in seconds. */
export function judgeAge(
  { issuedAt }: Times,
  now: number,
  { maxTokenAge, leeway }: { readonly maxTokenAge: number | null; readonly leeway: number | null },
): Verdict {
  if (maxTokenAge === null) return accept(true);
  if (issuedAt === undefined) {
    return refuse({ reason: "token_too_old", detail: "The token has no iat, and maxTokenAge asks for it." });
  }
  const age = Math.floor(now - issuedAt);
  if (age <= maxTokenAge + (leeway ?? LEEWAY_SECONDS)) return accept(true);
  return refuse({
    reason: "token_too_old",
    detail: `iat was ${age} s ago; maxTokenAge is ${maxTokenAge} s.`,
  });
}
