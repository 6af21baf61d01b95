import type { HeldBinding } from "../protocol/index.ts";
import { type Circumstances, failing } from "./condition.ts";
import { decide, gives, type Weighed, weigh } from "./decide.ts";
import { covers, type Place } from "./place.ts";

/** Bindings that an explanation names, at most. */
const BINDINGS_NAMED_MAX = 5;

/**
 * Why a permission is not given on a place, for the record: which binding denies it, or which would allow it and what
 * of its condition does not hold.
 */
export function explain(
  bindings: readonly HeldBinding[],
  permission: string,
  place: Place,
  circumstances: Circumstances,
): string {
  const weighed = weigh(bindings, circumstances);
  const { by } = decide(weighed, permission, place);
  if (by !== undefined) return `${permission} is denied by binding ${by}`;
  const missed = nearMisses(weighed, permission, place).slice(0, BINDINGS_NAMED_MAX);
  if (missed.length === 0) return `no binding gives ${permission} there`;
  const why = missed.map(({ binding }) => {
    const parts = failing(binding.condition, circumstances).join(" and ");
    return `binding ${binding.id} would, but for its ${parts}`;
  });
  return `${permission} is not given now, from there: ${why.join("; ")}`;
}

/** Which bindings would allow a permission on a place, but for their conditions. */
export function nearMisses(weighed: Weighed, permission: string, place: Place): Weighed {
  return weighed.filter((one) => {
    const { binding } = one;
    if (binding.effect !== "allow" || !covers(binding, place) || !gives(binding, permission)) return false;
    return one.holds !== "yes";
  });
}
