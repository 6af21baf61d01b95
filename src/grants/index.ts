/**
 * Who presents what: the token endpoint's engine (ways to present a JWT, the one pipeline behind them), who calls as a
 * bearer or a client, and access tokens for who may act as an account, over REST too.
 * Owns the order of the steps; leaves belief to `trust`, signing to `tokens` and wire forms to `routes`.
 */
export { createAccessToken } from "./access_tokens.ts";
export { authenticateBearer, type BearerRefusal, readBearer } from "./bearer.ts";
export { authenticateClient, UNAUTHENTICATED } from "./client.ts";
export { evaluateAccount, evaluatePresentation, evaluateProvider } from "./evaluate.ts";
export type { IssuedToken } from "./issue.ts";
export {
  invalidParameter,
  type ParameterRefusal,
  type Presentation,
  type TokenParameters,
} from "./parameters.ts";
export { exchange } from "./pipeline.ts";
export { presentationOf } from "./presentation.ts";
export { recordUnpresented } from "./record.ts";
