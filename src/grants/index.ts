/**
 * The token endpoint's engine: three ways to present a JWT, and the one pipeline behind them.
 * Owns the order of the steps; leaves belief to `trust`, signing to `tokens` and wire forms to `routes`.
 */
export { type AccessTokenInput, createAccessToken } from "./access_tokens.ts";
export { authenticateBearer, type BearerRefusal } from "./bearer.ts";
export { authenticateClient, UNAUTHENTICATED } from "./client.ts";
export { EVALUATIONS_SEMANTICS, type EvaluationsInput, evaluate } from "./evaluate.ts";
export {
  type Decision,
  EVALUATION_REASONS,
  type Evaluation,
  type EvaluationResource,
  type EvaluationSubject,
} from "./evaluation.ts";
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
