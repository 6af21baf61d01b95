import type { BindingEffect, BindingResource, HeldBinding } from "../protocol/index.ts";
import { type Circumstances, type Holds, holds, type Span, spansOf } from "./condition.ts";
import { isAtOrBelow } from "./path.ts";
import { isPermission } from "./permissions.ts";
import { ALL_OF_APIS } from "./roles.ts";

/** On what a permission is asked for. Without `projectId` it is the service itself. */
export interface Place {
  readonly projectId?: string | undefined;
  readonly serviceAccountId?: string | undefined;
  readonly resourceServerId?: string | undefined;
  /** Below the resource server; all of it without one. */
  readonly path?: string | undefined;
}

/** Why a permission is given or not; `by` is the binding that decided, where one did. */
export type Verdict =
  | { readonly allowed: true; readonly by: string }
  | { readonly allowed: false; readonly by?: string };

/** A binding under certain circumstances. Reading `holds` may be what finds it out, so it is read last. */
export interface WeighedBinding {
  readonly binding: HeldBinding;
  readonly holds: Holds;
}

/** Bindings under certain circumstances: whether each one's condition holds is found out once, when it matters. */
export type Weighed = readonly WeighedBinding[];

/** What was weighed last of each list, which a request reads for itself: its every question finds the same answers. */
const weighedLast = new WeakMap<
  readonly HeldBinding[],
  { readonly under: Circumstances; readonly weighed: Weighed }
>();

export function weigh(bindings: readonly HeldBinding[], { now, ip }: Circumstances): Weighed {
  const last = weighedLast.get(bindings);
  if (last?.under.now === now && last.under.ip === ip) return last.weighed;
  const under = { now, ip };
  const weighed = bindings.map((binding) => weighOne(binding, under));
  weighedLast.set(bindings, { under, weighed });
  return weighed;
}

function weighOne(binding: HeldBinding, circumstances: Circumstances): WeighedBinding {
  let found: Holds | undefined;
  return {
    binding,
    get holds() {
      found ??= holds(binding.condition, circumstances);
      return found;
    },
  };
}

/**
 * Whether bindings give a permission on a place. One applicable `deny` wins over every `allow`; without an applicable
 * `allow` the answer is no. A condition that cannot be known lets no `allow` through, and no call past a `deny`. Pure.
 */
export function decide(weighed: Weighed, permission: string, place: Place): Verdict {
  let allowedBy: string | undefined;
  for (const one of weighed) {
    const { binding } = one;
    const isDeny = binding.effect === "deny";
    if (!isDeny && allowedBy !== undefined) continue;
    if (!reaches(binding, place) || !gives(binding, permission) || !counts(one)) continue;
    if (isDeny) return { allowed: false, by: binding.id };
    allowedBy = binding.id;
  }
  return allowedBy === undefined ? { allowed: false } : { allowed: true, by: allowedBy };
}

/** Whether a binding is one to reckon with, by its effect: an allow for sure, a deny unless it is known not to hold. */
export function counts({ binding, holds }: WeighedBinding): boolean {
  return countsAs(binding.effect, holds);
}

function countsAs(effect: BindingEffect, holds: Holds): boolean {
  return effect === "deny" ? holds !== "no" : holds === "yes";
}

/**
 * Until when permissions that are given now on a place all stay given: the first instant at which one of them would not
 * be, or the horizon. So a token ends with the hours that it was got in. Pure.
 * @param horizon integer seconds, as is the answer
 */
export function givenUntil(
  bindings: readonly HeldBinding[],
  circumstances: Circumstances,
  horizon: number,
  permissions: readonly string[],
  place: Place,
): number {
  const reached = new Map(permissions.map((permission) => [permission, circumstances.now]));
  let denied = horizon;
  for (const { effect, given, begin, end } of turnsOf(bindings, circumstances, horizon, permissions, place)) {
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
  horizon: number,
  permissions: readonly string[],
  place: Place,
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

/** Whether a binding's role holds a permission. `*` holds those of every API, and none of ours. */
export function gives({ permissions }: Pick<HeldBinding, "permissions">, permission: string): boolean {
  if (permissions.includes(permission)) return true;
  return permissions.includes(ALL_OF_APIS) && !isPermission(permission);
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

/** Whether a place is one where a binding has a say, by its effect. */
export function reaches(binding: Bound & Pick<HeldBinding, "effect">, place: Place): boolean {
  return binding.effect === "deny" ? touches(binding, place) : covers(binding, place);
}

/** Of a project: all that it holds; of an account and of an API: themselves, and what hangs on them or lies below. */
export function covers({ projectId, resource: { type, id, path } }: Bound, place: Place): boolean {
  if (place.projectId !== projectId) return false;
  switch (type) {
    case "project":
      return projectId === id;
    case "service_account":
      return place.serviceAccountId === id;
    case "resource_server":
      return place.resourceServerId === id && isAtOrBelow(place.path ?? "", path);
  }
}

/** As `covers`, or lies within the place: who asks for all of an API must not get what is denied below it. */
export function touches(bound: Bound, place: Place): boolean {
  const { type, id, path } = bound.resource;
  if (place.projectId !== bound.projectId) return false;
  if (covers(bound, place)) return true;
  return type === "resource_server" && place.resourceServerId === id && isAtOrBelow(path, place.path ?? "");
}

type Bound = Pick<HeldBinding, "projectId" | "resource">;

/** Where a binding gives its role. */
export function placeOf(projectId: string, { type, id, path }: BindingResource): Place {
  switch (type) {
    case "project":
      return { projectId };
    case "service_account":
      return { projectId, serviceAccountId: id };
    case "resource_server":
      return { projectId, resourceServerId: id, path };
  }
}
