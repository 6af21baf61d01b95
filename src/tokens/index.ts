/**
 * Our access tokens: what they claim, how long they live, and the row by which each is found again.
 * Knows not why somebody gets one.
 */

export { tokenLifetime } from "./lifetime.ts";
export { type MintedToken, mintAccessToken } from "./mint.ts";
export { forgetExpiredTokens, insertAccessToken } from "./record.ts";
