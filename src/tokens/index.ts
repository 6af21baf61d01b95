/**
 * Our own tokens: what they claim, how long they live, the row by which each is found again, and how they are taken
 * back. Knows not why somebody gets one.
 */

export { FEED_MAX_AGE_SECONDS, FEED_TYP, revokedTokenFeed } from "./feed.ts";
export { forgetExpired } from "./forget.ts";
export { sha256Hex } from "./hash.ts";
export { type LifetimeBound, tokenLifetime } from "./lifetime.ts";
export { findLiveTokens, type LiveToken } from "./live_token.ts";
export { type MintedToken, mintAccessToken } from "./mint.ts";
export {
  type ClaimedProjectToken,
  judgeProjectToken,
  makeProjectToken,
  type ProjectTokenUse,
  projectTokenQuery,
  readProjectToken,
} from "./project_token.ts";
export { insertAccessToken, type VoucherVersion } from "./record.ts";
export { accessTokensMeant, projectTokensMeant, type RevocationScope } from "./revocation_criteria.ts";
export {
  IS_REVOKED,
  isGoodProjectToken,
  type RevokedWith,
  revokeAccessTokens,
  revokeProjectTokens,
  revokeTokensOf,
} from "./revoke.ts";
