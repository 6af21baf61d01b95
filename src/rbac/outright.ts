import type { Context } from "../deps.ts";
import { type HeldBinding, hasPassed, isPrincipal, secondsOf } from "../protocol/index.ts";
import { mayUse } from "./authorize.ts";
import type { Weighed } from "./decide.ts";
import { isPermission } from "./permissions.ts";
import { type Place, placeOf, touches } from "./place.ts";
import { ALL_OF_APIS } from "./roles.ts";
import { givenAt, permits, type Stand, standsOf } from "./stand.ts";

/** A binding that is to be given: on a place, what its role permits. */
export interface Handout {
  readonly place: Place;
  readonly permissions: readonly string[];
}

/**
 * What of these handouts the actor does not hold outright, and so may not hand on: nobody grants more than he holds. To
 * hold outright is to be allowed on the same place without a condition, with no deny on it or within it, now or later.
 */
export function notHeldOutright(context: Context, handouts: readonly Handout[]): readonly string[] {
  const { actor, deps } = context;
  if (actor.type === "bootstrap") return [];
  if (!isPrincipal(actor)) return [...new Set(handouts.flatMap(({ permissions }) => permissions))];
  const stands = standsOf(outright(actor.bindings, secondsOf(deps.nowMs())));
  const missing = byPlace(handouts).flatMap(({ place, permissions }) => {
    const given = givenAt(stands, permissions, place);
    const within = stands.filter((stand) => stand.effect === "deny" && isWithin(stand, place));
    return permissions.filter((one) => !given.has(one) || isWithheld(within, one) || !mayUse(actor, one));
  });
  return [...new Set(missing)];
}

/** The handouts of each place as one: what hundreds of bindings give is on few places. */
function byPlace(handouts: readonly Handout[]): readonly Handout[] {
  const groups = new Map<string, { readonly place: Place; readonly permissions: Set<string> }>();
  for (const { place, permissions } of handouts) {
    const key = JSON.stringify(place);
    const group = groups.get(key) ?? { place, permissions: new Set() };
    groups.set(key, group);
    for (const permission of permissions) group.permissions.add(permission);
  }
  return [...groups.values()].map((group) => ({ ...group, permissions: [...group.permissions] }));
}

/** What bindings give, for whoever would hand out the like. */
export function handoutsOf(bindings: readonly HeldBinding[]): readonly Handout[] {
  return bindings
    .filter(({ effect }) => effect === "allow")
    .map(({ projectId, resource, permissions }) => ({ place: placeOf(projectId, resource), permissions }));
}

/** An allow counts only without a condition, a deny unless its time is over. */
function outright(bindings: readonly HeldBinding[], now: number): Weighed {
  return bindings.map((binding) => {
    const { effect, condition } = binding;
    const isOver = hasPassed(condition?.notAfter ?? null, now);
    const counts = effect === "allow" ? condition === null : !isOver;
    return { binding, holds: counts ? "yes" : "no" };
  });
}

/** A deny of a part: below a project it lies on an account or an API of it. */
function isWithin(stand: Stand, place: Place): boolean {
  const isWhole = place.serviceAccountId === undefined && place.resourceServerId === undefined;
  return touches(stand, place) || (isWhole && stand.projectId === place.projectId);
}

/** Of all of the APIs, a deny of any API's permission withholds a part. */
function isWithheld(denies: readonly Stand[], permission: string): boolean {
  return denies.some(
    (stand) =>
      permits(stand, permission) ||
      (permission === ALL_OF_APIS && [...stand.permissions].some((one) => !isPermission(one))),
  );
}
