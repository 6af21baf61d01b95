import type { Context } from "../deps.ts";
import { accept, type HeldBinding, type Result, refuse, secondsOf } from "../protocol/index.ts";
import {
  authorize,
  type Circumstances,
  decide,
  nearMisses,
  type Place,
  placeOf,
  weigh,
} from "../rbac/index.ts";
import type { VouchedPerson } from "../trust/index.ts";
import type { EvaluationFacts } from "./facts.ts";
import { askedResourceOf } from "./resource.ts";
import { subjectOf } from "./subject.ts";

/** Why a decision is what it is. `docs/decisions.md` shows this table. */
export const EVALUATION_REASONS = {
  granted: "A binding gives the action there.",
  no_binding: "No binding of the subject gives the action there.",
  denied: "A binding denies it.",
  condition: "A binding would give it, but its condition does not hold now, or cannot be known to.",
  scope: "The token carries the action not, or not there.",
  self: "It would make an account last longer by its own hand.",
  subject_unknown:
    "The token is not good, or not for this resource; or nobody here is of this type or issuer.",
  subject_disabled: "The account, or its project, is disabled or expired.",
  action_unknown: "The resource knows no such action.",
  ambiguous: "Several projects registered this URI: name the resource server by its id.",
  invalid: "The question could not be read; errors say why.",
  not_found: "There is no such resource, or it is not the asker's to ask about.",
} as const;
export type EvaluationReason = keyof typeof EVALUATION_REASONS;

/** Who wants to do something. `other` is of a type that nobody here is of. */
export type EvaluationSubject =
  | { readonly type: "access_token"; readonly text: string }
  /** By id or e-mail. */
  | { readonly type: "service_account"; readonly ref: string }
  | ({ readonly type: "person" } & VouchedPerson)
  | { readonly type: "other" };

/** On what. */
export type EvaluationResource =
  /** A URI at or below the API's audience, or its id; `path` is below that. */
  | { readonly type: "resource_server"; readonly ref: string; readonly path: string }
  /** By id or e-mail; a project by id or name. */
  | { readonly type: "service_account" | "project"; readonly ref: string }
  | { readonly type: "other" };

/** One question: may this subject do this on that? */
export interface Evaluation {
  readonly subject: EvaluationSubject;
  /** A permission: of the API, or of ours. */
  readonly action: string;
  readonly resource: EvaluationResource;
  /** From where, where the asker says it. */
  readonly ip: string | null;
}

/** `binding` is the id of the one that decided, for who may read it. */
export interface Decision {
  readonly decision: boolean;
  readonly reason: EvaluationReason;
  readonly binding?: string;
}

/** What may be asked about, asked by `access-evaluations:create`, and what is not there, are answered alike. Pure. */
export function judgeEvaluation(facts: EvaluationFacts, evaluation: Evaluation): Decision {
  const target = askedResourceOf(facts, evaluation.resource);
  if (!target.ok) return no(target.refusal);
  const { action } = evaluation;
  if (!target.value.knows(action)) return no("action_unknown");
  const subject = subjectOf(facts, evaluation.subject, target.value, action);
  if (!subject.ok) return no(subject.refusal);
  const { bindings, bar } = subject.value;
  const circumstances = { now: secondsOf(facts.context.deps.nowMs()), ip: evaluation.ip };
  const verdict = judgeBindings(bindings, action, target.value.place, circumstances);
  if (verdict.ok && bar !== undefined) return no(bar);
  const { reason, by } = verdict.ok ? verdict.value : verdict.refusal;
  const shown = by !== undefined && mayRead(facts.context, by) ? { binding: by.id } : {};
  return { decision: verdict.ok, reason, ...shown };
}

function no(reason: EvaluationReason): Decision {
  return { decision: false, reason };
}

interface Why {
  readonly reason: EvaluationReason;
  readonly by?: HeldBinding | undefined;
}

function judgeBindings(
  bindings: readonly HeldBinding[],
  action: string,
  place: Place,
  circumstances: Circumstances,
): Result<Why, Why> {
  const weighed = weigh(bindings, circumstances);
  const verdict = decide(weighed, action, place);
  const by = bindings.find(({ id }) => id === verdict.by);
  if (verdict.allowed) return accept({ reason: "granted", by });
  if (by !== undefined) return refuse({ reason: "denied", by });
  const [missed] = nearMisses(weighed, action, place);
  return refuse(
    missed === undefined ? { reason: "no_binding" } : { reason: "condition", by: missed.binding },
  );
}

function mayRead(context: Context, { projectId, resource }: HeldBinding): boolean {
  return authorize(context, "role-bindings:read", placeOf(projectId, resource)).ok;
}
