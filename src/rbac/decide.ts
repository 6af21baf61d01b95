import type { BindingEffect, HeldBinding } from "../protocol/index.ts";
import { type Circumstances, type Holds, holds } from "./condition.ts";
import { isPermission } from "./permissions.ts";
import { type Place, reaches } from "./place.ts";
import { ALL_OF_APIS } from "./roles.ts";

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

/**
 * Bindings under certain circumstances, of whose conditions none is looked at yet. The same list under the same ones
 * gives what it gave before, with all that was found out since.
 */
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

/** As `counts`, of what a condition said at some instant. */
export function countsAs(effect: BindingEffect, holds: Holds): boolean {
  return effect === "deny" ? holds !== "no" : holds === "yes";
}

/** Whether a binding's role holds a permission. `*` holds those of every API, and none of ours. */
export function gives({ permissions }: Pick<HeldBinding, "permissions">, permission: string): boolean {
  if (permissions.includes(permission)) return true;
  return permissions.includes(ALL_OF_APIS) && !isPermission(permission);
}
