/**
 * Whether to believe a JWT that an issuer or an account itself signed, and as whom: decode, anchor, find the key, verify,
 * match the claims; what is learned of the names that are believed. Which issuers and public keys may be registered for that,
 * and the templates of kinds of issuers. Believes nothing by itself and fetches nothing that no registered issuer names.
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
export { type ClaimShape, claimShapeOf } from "./claim_shape.ts";
export { type AssertionTrace, claimAt, isEnforced, matchClaims } from "./claims.ts";
export { type DecodedJwt, decodeClaims, decodeJwt, quote } from "./decode.ts";
export { matchesGlob, partsOf } from "./glob.ts";
export { judgeIssuerUrl } from "./issuer_url.ts";
export { type FederationTrace, judge } from "./judge.ts";
export { fetchKeys } from "./jwks.ts";
export { type KeyCache, newKeyCache } from "./key_cache.ts";
export { changedIds } from "./learned_ids.ts";
export { describeAssertion, doesHold, faultOfValue, isPositive, valuesOf } from "./operators.ts";
export { judgePerson } from "./person.ts";
export { type PersonGround, personQuery } from "./person_query.ts";
export { pinOf, pinsOf } from "./pins.ts";
export { publicKeyPem, type RegisteredKey, readPublicKey } from "./public_key.ts";
export { isSelfSigned, judgeSelfSigned } from "./self_signed.ts";
export { expandTemplate } from "./templates/expand.ts";
export { kindOf, kindOfIssuer, TEMPLATES, templateOf } from "./templates/index.ts";
export type { TrustTemplate } from "./templates/template.ts";
export {
  isAudience,
  judgeTerms,
  namesAudience,
  type TokenClaims,
  type TrustTerms,
  type TrustTrace,
} from "./terms.ts";
export { judgeUploadedKeys } from "./uploaded_keys.ts";
export { judgeAge, judgeTimes, LEEWAY_SECONDS } from "./verify.ts";
export {
  bindingsOfVouched,
  type VouchedPerson,
  type VouchedProvider,
  vouchedPersonsQuery,
} from "./vouched_person.ts";
