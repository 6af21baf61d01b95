/**
 * Decisions for others: an API asks whether somebody may do something on it, and nothing is issued or written. Owns the
 * questions and their one read; leaves who asks to `grants` and the rule to `rbac`.
 */
export { EVALUATIONS_SEMANTICS, type EvaluationsInput, evaluate } from "./evaluate.ts";
export {
  type Decision,
  EVALUATION_REASONS,
  type Evaluation,
  type EvaluationResource,
  type EvaluationSubject,
} from "./evaluation.ts";
