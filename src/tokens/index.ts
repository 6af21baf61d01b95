/**
 * Our own tokens: what they claim, how long they live, the row by which each is found again, whether one is good now,
 * how they are taken back, told and forgotten. Knows not why somebody gets an access token.
 */

export { FEED_MAX_AGE_SECONDS, type FeedCache, revokedTokenFeed } from "./feed.ts";
export { forgetExpired } from "./forget.ts";
export { sha256Hex } from "./hash.ts";
export { type LifetimeBound, tokenLifetime } from "./lifetime.ts";
export {
  type FoundTokens,
  findLiveTokens,
  type LiveToken,
  seekLiveToken,
  type TokenQuestion,
} from "./live_token.ts";
export { type MintedToken, mintAccessToken } from "./mint.ts";
export { claimsOf, type OwnClaims } from "./own_claims.ts";
export {
  type ClaimedProjectToken,
  judgeProjectToken,
  mintProjectToken,
  type ProjectTokenUse,
  projectTokenQuery,
  readProjectToken,
} from "./project_token.ts";
export { insertAccessToken } from "./record.ts";
export { accessTokensMeant, projectTokensMeant, type RevocationScope } from "./revocation_criteria.ts";
export {
  IS_REVOKED,
  isGoodProjectToken,
  revokeAccessTokens,
  revokeProjectTokens,
  revokeTokensOf,
} from "./revoke.ts";
