/**
 * The token endpoint's engine: three ways to present a JWT, and the one pipeline behind them.
 * Owns the order of the steps; leaves belief to `trust`, signing to `tokens` and wire forms to `routes`.
 */
export { authenticateBearer, type BearerRefusal } from "./bearer.ts";
export { authenticateClient, UNAUTHENTICATED } from "./client.ts";
export {
  invalidParameter,
  type ParameterRefusal,
  type Presentation,
  type TokenParameters,
} from "./parameters.ts";
export { exchange, type IssuedToken } from "./pipeline.ts";
export { presentationOf } from "./presentation.ts";
export { recordUnpresented } from "./record.ts";
