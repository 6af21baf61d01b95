import type { ClaimAssertion, Mode } from "../protocol/index.ts";
import { isEnforced } from "./claims.ts";
import { TEMPLATES } from "./templates/index.ts";
import type { Claims } from "./templates/template.ts";

/** Claims that tell workloads apart, ids for the most part: what trusts of one issuer are found by. */
const PIN_ITEMS: readonly string[] = [
  ...new Set(["sub", ...TEMPLATES.flatMap(({ names }) => names.flatMap(({ ids }) => ids))]),
].filter((item) => !item.startsWith("/"));

const VALUE_MAX_CHARACTERS = 256;
/** A token whose claims say more is looked for without pins. */
const PINS_MAX = 40;

/**
 * What a token must say for a trust to let it in, as one text: an assertion with `equals` on a telling claim. A trust
 * without one, or in shadow, is judged with every token of its issuer. It only spares reading: nothing is decided by it.
 */
export function pinOf(assertions: readonly ClaimAssertion[], mode: Mode): string | null {
  if (mode === "shadow") return null;
  const telling = assertions.filter(
    (assertion) =>
      isEnforced(assertion) && assertion.operator === "equals" && PIN_ITEMS.includes(assertion.item),
  );
  const texts = telling.flatMap(({ item, value }) =>
    typeof value === "string" && value.length <= VALUE_MAX_CHARACTERS ? [pin(item, value)] : [],
  );
  // Who writes a trust goes from the owner to the workload: the last tells most.
  return texts.at(-1) ?? null;
}

/** Every pin that the token meets; undefined where there are too many, and all trusts are to be read. */
export function pinsOf(claims: Claims): readonly string[] | undefined {
  const pins = PIN_ITEMS.flatMap((item) => {
    const value = Object.hasOwn(claims, item) ? claims[item] : undefined;
    const members: readonly unknown[] = Array.isArray(value) ? value : [value];
    return members.flatMap((member) =>
      typeof member === "string" && member.length <= VALUE_MAX_CHARACTERS ? [pin(item, member)] : [],
    );
  });
  return pins.length <= PINS_MAX ? pins : undefined;
}

function pin(item: string, value: string): string {
  return `${item}=${value}`;
}
