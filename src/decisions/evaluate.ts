import type { Context } from "../deps.ts";
import { type BearerRefusal, readBearer } from "../grants/index.ts";
import { accept, type Result } from "../protocol/index.ts";
import { type Decision, type Evaluation, judgeEvaluation } from "./evaluation.ts";
import { type EvaluationFacts, seekFacts } from "./facts.ts";

/** At which decision the rest is left out; undefined for none. @see AuthZEN Authorization API 1.0 s7.1 */
export const EVALUATIONS_SEMANTICS = {
  execute_all: undefined,
  deny_on_first_deny: false,
  permit_on_first_permit: true,
} as const;

/** What is asked, in order; undefined for what could not be read. */
export interface EvaluationsInput {
  readonly evaluations: readonly (Evaluation | undefined)[];
  readonly semantic: keyof typeof EVALUATIONS_SEMANTICS;
}

/**
 * Whether certain subjects may do certain things, asked by the bearer of `header`. One read batch for all of it; a
 * person who asks costs one more. Nothing is written, but that a project token was used. @throws Fault `storage`
 */
export async function evaluate(
  context: Context,
  header: string | undefined,
  { evaluations, semantic }: EvaluationsInput,
): Promise<Result<readonly Decision[], BearerRefusal>> {
  const legible = evaluations.filter((evaluation) => evaluation !== undefined);
  const texts = tokensIn(legible);
  const sought = seekFacts(context.deps.db, legible);
  const { caller, tokens, rows } = await readBearer(context, header, {
    wantsRights: true,
    questions: texts.map((text) => ({ text, wantsRights: true })),
    beside: sought.queries,
  });
  if (!caller.ok) return caller;
  const good = tokens.flatMap((token, index) =>
    token === undefined ? [] : [[texts[index] ?? "", token] as const],
  );
  const facts: EvaluationFacts = {
    ...sought.factsOf(rows),
    context: { ...context, actor: caller.value },
    tokens: new Map(good),
  };
  return accept(decisionsOf(facts, { evaluations, semantic }));
}

function tokensIn(evaluations: readonly Evaluation[]): readonly string[] {
  const texts = evaluations.flatMap(({ subject }) => (subject.type === "access_token" ? [subject.text] : []));
  return [...new Set(texts)];
}

const ILLEGIBLE: Decision = { decision: false, reason: "invalid" };

function decisionsOf(
  facts: EvaluationFacts,
  { evaluations, semantic }: EvaluationsInput,
): readonly Decision[] {
  const decisions: Decision[] = [];
  for (const evaluation of evaluations) {
    const decided = evaluation === undefined ? ILLEGIBLE : judgeEvaluation(facts, evaluation);
    decisions.push(decided);
    if (decided.decision === EVALUATIONS_SEMANTICS[semantic]) break;
  }
  return decisions;
}
