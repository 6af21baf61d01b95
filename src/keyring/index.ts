/**
 * Our signing keys: made once, sealed at rest, rotated, published; the secret of project tokens; and the pairs that we
 * make for others. The only room that touches private keys. Knows nothing of what it signs.
 */
export {
  ACCOUNT_KEY_ALGORITHMS,
  type AccountKeyAlgorithm,
  type AccountKeyPair,
  generateAccountKey,
} from "./account_keys.ts";
export { ensureSigningKey } from "./ensure.ts";
export type { SealedSigningKey } from "./generate.ts";
export { publicHalvesIn } from "./leaked_keys.ts";
export { currentSigningKeyQuery, listSigningKeys, type SigningKeyItem } from "./list.ts";
export { hasProjectTokenSignature, PROJECT_TOKEN_PREFIX, signProjectToken } from "./project_tokens.ts";
export { JWKS_MAX_AGE_SECONDS, type PublicKeySet, publicKeySet } from "./publish.ts";
export { rotateSigningKey, tendSigningKeys } from "./rotate.ts";
export { newSigningKeyCache, type SigningKeyCache, signJwt } from "./sign.ts";
