import type { BindingEffect, HeldBinding } from "../protocol/index.ts";
import { type Circumstances, type Span, spansOf } from "./condition.ts";
import { countsAs } from "./decide.ts";
import { isPermission } from "./permissions.ts";
import { type Place, reaches } from "./place.ts";
import { ALL_OF_APIS } from "./roles.ts";

/** Permissions that are given now on a place, and until when at most it matters: integer seconds. */
export interface Given {
  readonly permissions: readonly string[];
  readonly place: Place;
  readonly horizon: number;
}

/**
 * Until when permissions that are given now on a place all stay given: the first instant at which one of them would not
 * be, or the horizon; integer seconds. So a token ends with the hours that it was got in. Pure.
 */
export function givenUntil(
  bindings: readonly HeldBinding[],
  circumstances: Circumstances,
  asked: Given,
): number {
  const reached = new Map(asked.permissions.map((permission) => [permission, circumstances.now]));
  let denied = asked.horizon;
  for (const { effect, given, begin, end } of turnsOf(bindings, circumstances, asked)) {
    if (effect === "deny") denied = Math.min(denied, begin);
    else for (const permission of given) prolong(reached, permission, { begin, end });
  }
  return Math.min(denied, ...reached.values());
}

/** Takes a span into account of those that come in order: it carries on what reaches to its begin. */
function prolong(reached: Map<string, number>, permission: string, { begin, end }: Span): void {
  const until = reached.get(permission);
  if (until !== undefined && begin <= until && until < end) reached.set(permission, end);
}

/** When a binding counts for what it gives. */
interface Turn extends Span {
  readonly effect: BindingEffect;
  readonly given: readonly string[];
}

/** When each binding that has a say counts, by begin. Only of those that have one is the condition looked at. */
function turnsOf(
  bindings: readonly HeldBinding[],
  circumstances: Circumstances,
  { permissions, place, horizon }: Given,
): readonly Turn[] {
  const asked = new Set(permissions);
  const turns = bindings.flatMap((binding) => {
    const { effect } = binding;
    const given = reaches(binding, place) ? givenAmong(binding, asked) : [];
    if (given.length === 0) return [];
    const spans = spansOf(binding.condition, circumstances, horizon, (verdict) => countsAs(effect, verdict));
    return spans.map((span) => ({ ...span, effect, given }));
  });
  return turns.sort((a, b) => a.begin - b.begin);
}

/** Which of the permissions that are asked for a binding's role holds, as `gives` would say of each. */
function givenAmong(
  { permissions }: Pick<HeldBinding, "permissions">,
  asked: ReadonlySet<string>,
): readonly string[] {
  const named = permissions.filter((permission) => asked.has(permission));
  if (!permissions.includes(ALL_OF_APIS)) return named;
  return [...named, ...[...asked].filter((permission) => !isPermission(permission))];
}
