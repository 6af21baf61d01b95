/**
 * Whether to believe a JWT that an issuer or an account itself signed, and as whom: decode, anchor, find the key, verify,
 * match the claims. And which issuers and public keys may be registered for that. Believes nothing by itself and fetches
 * nothing that no registered issuer names.
 */
export { FOREIGN_ALGORITHMS } from "./algorithms.ts";
export {
  type AccountKey,
  type Anchor,
  accountKeyQuery,
  anchorOf,
  anchorQueries,
  type TargetedApi,
  type TrustedProvider,
} from "./anchor.ts";
export { matchClaims } from "./claims.ts";
export { type DecodedJwt, decodeJwt } from "./decode.ts";
export { judgeIssuerUrl } from "./issuer_url.ts";
export { judge } from "./judge.ts";
export { type KeyCache, newKeyCache } from "./key_cache.ts";
export { judgePerson } from "./person.ts";
export { type PersonGround, personQuery } from "./person_query.ts";
export { publicKeyPem, type RegisteredKey, readPublicKey } from "./public_key.ts";
export { isSelfSigned, judgeSelfSigned } from "./self_signed.ts";
export { judgeUploadedKeys } from "./uploaded_keys.ts";
export {
  bindingsOfVouched,
  type VouchedPerson,
  type VouchedProvider,
  vouchedPersonsQuery,
} from "./vouched_person.ts";
