/**
 * Our signing keys, one that signs for each algorithm in use: made, sealed at rest, rotated, published; the secret of
 * project tokens; the pairs that we make for others, and the private keys that leaked; the DER that keys are written in.
 * The only room that touches private keys. Knows nothing of what it signs.
 */
export {
  ACCOUNT_KEY_ALGORITHMS,
  type AccountKeyAlgorithm,
  generateAccountKey,
} from "./account_keys.ts";
export { type SigningKeyChoice, signingKeyOf, signingKeysQuery } from "./current.ts";
export { DER, derChildren, derElement, derInside, derOfBase64, pemOf } from "./der.ts";
export { ensureSigningKey } from "./ensure.ts";
export type { SealedSigningKey } from "./generate.ts";
export { LEAKED_KEYS_MAX, publicHalvesIn } from "./leaked_keys.ts";
export { listSigningKeys, type SigningKeyItem } from "./list.ts";
export { OWN_KEY_SET_MAX_AGE_SECONDS } from "./periods.ts";
export { hasProjectTokenSignature, PROJECT_TOKEN_PREFIX, signProjectToken } from "./project_tokens.ts";
export { publicKeySet } from "./publish.ts";
export { type Rotation, rotateSigningKey, tendSigningKeys } from "./rotate.ts";
export { newSigningKeyCache, type SigningKeyCache, signJwt } from "./sign.ts";
