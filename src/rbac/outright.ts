import type { Context } from "../deps.ts";
import { type HeldBinding, hasPassed, secondsOf } from "../protocol/index.ts";
import { mayUse } from "./authorize.ts";
import { decide, gives, type Place, placeOf, touches, type Weighed } from "./decide.ts";
import { isPermission } from "./permissions.ts";
import { ALL_OF_APIS } from "./roles.ts";

/** A binding that is to be given: on a place, what its role permits. */
export interface Grant {
  readonly place: Place;
  readonly permissions: readonly string[];
}

/**
 * What of these grants the actor does not hold outright, and so may not hand on: nobody grants more than he holds. To
 * hold outright is to be allowed on the same place without a condition, with no deny on it or within it, now or later.
 */
export function notHeldOutright(context: Context, grants: readonly Grant[]): readonly string[] {
  const { actor, deps } = context;
  if (actor.type === "bootstrap") return [];
  const asked = grants.flatMap(({ place, permissions }) =>
    permissions.map((permission) => ({ place, permission })),
  );
  if (actor.type !== "service_account" && actor.type !== "person")
    return asked.map(({ permission }) => permission);
  const weighed = outright(actor.bindings, secondsOf(deps.nowMs()));
  const missing = asked.filter(
    ({ place, permission }) =>
      !decide(weighed, permission, place).allowed ||
      isDeniedWithin(weighed, permission, place) ||
      !mayUse(actor, permission),
  );
  return [...new Set(missing.map(({ permission }) => permission))];
}

/** What bindings give, for whoever would hand out the like. */
export function grantsOf(bindings: readonly HeldBinding[]): readonly Grant[] {
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

/** A deny of a part: below a project it lies on an account or an API of it; of `*` it is of any API's permission. */
function isDeniedWithin(weighed: Weighed, permission: string, place: Place): boolean {
  const isWhole = place.serviceAccountId === undefined && place.resourceServerId === undefined;
  return weighed.some(({ binding, holds }) => {
    if (binding.effect !== "deny" || holds === "no") return false;
    const isWithin = touches(binding, place) || (isWhole && binding.projectId === place.projectId);
    return isWithin && withholds(binding.permissions, permission);
  });
}

function withholds(permissions: readonly string[], permission: string): boolean {
  if (permission === ALL_OF_APIS) return permissions.some((one) => !isPermission(one));
  return gives({ permissions }, permission);
}
