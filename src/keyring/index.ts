/**
 * Our signing keys: made once, sealed at rest, rotated, published. The only room that touches private keys.
 * Knows nothing of what it signs.
 */
export { ensureSigningKey } from "./ensure.ts";
export type { SealedSigningKey } from "./generate.ts";
export { currentSigningKeyQuery, listSigningKeys, type SigningKeyItem } from "./list.ts";
export { JWKS_MAX_AGE_SECONDS, type PublicKeySet, publicKeySet } from "./publish.ts";
export { rotateSigningKey, tendSigningKeys } from "./rotate.ts";
export { newSigningKeyCache, type SigningKeyCache, signJwt } from "./sign.ts";
