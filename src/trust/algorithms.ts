/** Signature algorithms of tokens that we did not sign, and the key each is bound to. @see RFC 8725 s3.1, RFC 7518 s3.1 */
const BOUND_KEYS: Readonly<Record<string, { readonly kty: string; readonly crv?: string }>> = {
  RS256: { kty: "RSA" },
  RS384: { kty: "RSA" },
  RS512: { kty: "RSA" },
  PS256: { kty: "RSA" },
  PS384: { kty: "RSA" },
  PS512: { kty: "RSA" },
  ES256: { kty: "EC", crv: "P-256" },
  ES384: { kty: "EC", crv: "P-384" },
  ES512: { kty: "EC", crv: "P-521" },
  EdDSA: { kty: "OKP", crv: "Ed25519" },
  // The same under its newer name. RFC 9864 s2.2
  Ed25519: { kty: "OKP", crv: "Ed25519" },
};

/** Every one of them, as headers and metadata name it. */
export const FOREIGN_ALGORITHMS: readonly string[] = Object.keys(BOUND_KEYS);

/** Whether this key may verify this algorithm: type and curve fit, and the key's own `alg`, where it has one. */
export function isAlgorithmOfKey(alg: string, key: Readonly<Record<string, unknown>>): boolean {
  const bound = Object.hasOwn(BOUND_KEYS, alg) ? BOUND_KEYS[alg] : undefined;
  if (bound === undefined || bound.kty !== key.kty) return false;
  if (bound.crv !== undefined && bound.crv !== key.crv) return false;
  return key.alg === undefined || nameOf(key.alg) === nameOf(alg);
}

/** An algorithm that this key may verify, which an import needs; empty where there is none, which no import takes. */
export function algorithmOf(key: Readonly<Record<string, unknown>>): string {
  return FOREIGN_ALGORITHMS.find((algorithm) => isAlgorithmOfKey(algorithm, key)) ?? "";
}

/** One algorithm has two names: a key may carry the one and a token the other. */
function nameOf(alg: unknown): unknown {
  return alg === "Ed25519" ? "EdDSA" : alg;
}
