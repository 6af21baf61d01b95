import type { BindingResource, HeldBinding } from "../protocol/index.ts";
import { type Circumstances, type Holds, holds, turningPoints } from "./condition.ts";
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

/** Bindings under certain circumstances: whether each one's condition holds is found out once. */
export type Weighed = readonly { readonly binding: HeldBinding; readonly holds: Holds }[];

export function weigh(bindings: readonly HeldBinding[], circumstances: Circumstances): Weighed {
  return bindings.map((binding) => ({ binding, holds: holds(binding.condition, circumstances) }));
}

/**
 * Whether bindings give a permission on a place. One applicable `deny` wins over every `allow`; without an applicable
 * `allow` the answer is no. A condition that cannot be known lets no `allow` through, and no call past a `deny`. Pure.
 */
export function decide(weighed: Weighed, permission: string, place: Place): Verdict {
  let allowedBy: string | undefined;
  for (const { binding, holds } of weighed) {
    if (holds === "no" || !gives(binding, permission)) continue;
    if (binding.effect === "deny") {
      if (touches(binding, place)) return { allowed: false, by: binding.id };
    } else if (holds === "yes" && allowedBy === undefined && covers(binding, place)) {
      allowedBy = binding.id;
    }
  }
  return allowedBy === undefined ? { allowed: false } : { allowed: true, by: allowedBy };
}

/**
 * Which permissions are given on at least one place of a project: those a token may carry there. As `decide` would say
 * of each, but in one pass: an account with hundreds of bindings has few roles.
 */
export function grantedSomewhere(weighed: Weighed): ReadonlySet<string> {
  const granted = new Set<string>();
  const rolesSeen = new Set<readonly string[]>();
  const isDenied = weighed.some(({ binding, holds }) => binding.effect === "deny" && holds !== "no");
  for (const { binding, holds } of weighed) {
    const { effect, permissions } = binding;
    if (effect === "deny" || holds !== "yes" || rolesSeen.has(permissions)) continue;
    if (!isDenied) rolesSeen.add(permissions);
    const place = placeOf(binding.projectId, binding.resource);
    for (const permission of permissions) {
      if (granted.has(permission)) continue;
      if (!isDenied || decide(weighed, permission, place).allowed) granted.add(permission);
    }
  }
  return granted;
}

/**
 * Until when a verdict that is given now stays given: the first instant at which it would not be, or the horizon. So a
 * token ends with the hours that it was got in.
 * @param isGiven under other circumstances @param horizon integer seconds, as is the answer
 */
export function givenUntil(
  bindings: readonly HeldBinding[],
  { now, ip }: Circumstances,
  horizon: number,
  isGiven: (weighed: Weighed) => boolean,
): number {
  const conditions = bindings.map(({ condition }) => condition);
  const turns = turningPoints(conditions, now, horizon);
  return turns.find((at) => !isGiven(weigh(bindings, { now: at, ip }))) ?? horizon;
}

/** Whether a binding's role holds a permission. `*` holds those of every API, and none of ours. */
export function gives({ permissions }: Pick<HeldBinding, "permissions">, permission: string): boolean {
  if (permissions.includes(permission)) return true;
  return permissions.includes(ALL_OF_APIS) && !isPermission(permission);
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
