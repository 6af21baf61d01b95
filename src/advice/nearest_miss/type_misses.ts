import type { ClaimAssertion, ClaimScalar } from "../../protocol/index.ts";
import { doesHold, isPositive } from "../../trust/index.ts";
import { isSpecific } from "./glob_misses.ts";
import { type FailedAssertion, folded, type Miss, type MissKind, missOf, shownClaim } from "./miss.ts";

/** A value that reads the same, but is of another JSON type than was asked for. */
export function typeMiss(failed: FailedAssertion): Miss | undefined {
  const { assertion, received } = failed;
  const wants = (
    Array.isArray(assertion.value) ? assertion.value : [assertion.value]
  ) as readonly ClaimScalar[];
  const gots = Array.isArray(received) ? received.slice(0, 32) : [received];
  for (const got of gots.filter(isScalar)) {
    const kind = wants.map((want) => kindOfTypes(want, got)).find((found) => found !== undefined);
    if (kind === undefined) continue;
    const by = retyped(assertion, got);
    const fix = by !== undefined && doesHold(by, received) ? { by } : undefined;
    if (fix === undefined && !mayMean(assertion, got)) continue;
    const advice = fix ? "" : "; take another operator";
    const detail = `the token has it as a ${typeof got}, ${shownClaim(assertion.item, got)}, the trust as a ${otherType(kind)}${advice}.`;
    return missOf(failed, kind, detail, fix);
  }
  return undefined;
}

const KINDS: Readonly<Record<string, MissKind>> = {
  "number string": "number_as_string",
  "string number": "string_as_number",
  "boolean string": "boolean_as_string",
  "string boolean": "string_as_boolean",
};

function kindOfTypes(want: ClaimScalar, got: ClaimScalar): MissKind | undefined {
  return KINDS[`${typeof want} ${typeof got}`];
}

function otherType(kind: MissKind): string {
  return kind.slice(0, kind.indexOf("_"));
}

/** The same assertion, with each value of the claim's type that can be; undefined where no value can. */
function retyped(assertion: ClaimAssertion, got: ClaimScalar): ClaimAssertion | undefined {
  const { operator, value } = assertion;
  if (operator === "exists" || operator === "lessThan" || operator === "greaterThan") return undefined;
  if (operator === "glob") {
    if (typeof value !== "string" || value !== String(got)) return undefined;
    return { ...assertion, operator: "equals", value: got };
  }
  if (!Array.isArray(value)) {
    return { ...assertion, value: typed(value as ClaimScalar, got) };
  }
  return { ...assertion, value: [...new Set(value.map((member: ClaimScalar) => typed(member, got)))] };
}

/** A wanted value in the claim's type; as it is where it reads otherwise. */
function typed(want: ClaimScalar, got: ClaimScalar): ClaimScalar {
  if (typeof want === typeof got) return want;
  // Booleans are spelled "True" by some.
  if (folded(String(want)) === folded(String(got))) return got;
  if (typeof got === "string") return String(want);
  if (typeof got === "number") return String(Number(want)) === want ? Number(want) : want;
  return want === "true" ? true : want === "false" ? false : want;
}

/** Whether it would hold, were types the same; no operator can say so. */
function mayMean(assertion: ClaimAssertion, got: ClaimScalar): boolean {
  const { operator, value, item } = assertion;
  if (operator === "glob" && typeof value === "string") {
    return isSpecific(value, item) && doesHold(assertion, String(got));
  }
  if (isPositive(assertion) || operator === "exists" || typeof got !== "string" || got.trim() === "")
    return false;
  return doesHold(assertion, Number(got));
}

function isScalar(value: unknown): value is ClaimScalar {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
