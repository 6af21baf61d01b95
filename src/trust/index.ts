/**
 * Whether to believe a JWT that somebody else signed, and as whom: decode, anchor, find the key, verify, match the
 * claims. Believes nothing by itself and fetches nothing that no registered issuer names.
 */

export { FOREIGN_ALGORITHMS } from "./algorithms.ts";
export {
  type AccountKey,
  type Anchor,
  accountKeyQuery,
  anchorOf,
  anchorQueries,
  type TrustedProvider,
} from "./anchor.ts";
export { type AssertionTrace, claimAt, matchClaims } from "./claims.ts";
export { type DecodedJwt, decodeJwt, FOREIGN_TOKEN_MAX_CHARACTERS } from "./decode.ts";
export { judgeIssuerUrl } from "./issuer_url.ts";
export { type Judgement, judge } from "./judge.ts";
export { type KeyCache, newKeyCache } from "./key_cache.ts";
export { JWKS_KEYS_MAX, judgeKey, judgeKeySet } from "./key_hygiene.ts";
export { publicKeyPem, type RegisteredKey, readPublicKey } from "./public_key.ts";
export { isSelfSigned, judgeSelfSigned } from "./self_signed.ts";
export { judgeUploadedKeys } from "./uploaded_keys.ts";
