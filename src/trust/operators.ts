import { type ClaimAssertion, type ClaimScalar, GLOB_MEMBERS_MAX, type Operator } from "../protocol/index.ts";
import { GLOB_STARS_MAX, matchesGlob, partsOf } from "./glob.ts";

type Value = ClaimAssertion["value"];

/** Whether a claim that is there meets a value, by operator. What is of another type meets nothing, not even a negation. */
const JUDGES: Readonly<Record<Operator, (value: Value, received: unknown) => boolean>> = {
  equals: (value, received) => membersOf(received).some((member) => member === value),
  notEquals: (value, received) => isNoneOf([value], received),
  in: (value, received) =>
    Array.isArray(value) && membersOf(received).some((member) => value.includes(member)),
  notIn: (value, received) => Array.isArray(value) && isNoneOf(value, received),
  exists: (value, received) => value === isThere(received),
  glob: (value, received) =>
    typeof value === "string" &&
    membersOf(received)
      .slice(0, GLOB_MEMBERS_MAX)
      .some((member) => typeof member === "string" && matchesGlob(value, member)),
  lessThan: (value, received) => compare(value, received, (limit, number) => number < limit),
  greaterThan: (value, received) => compare(value, received, (limit, number) => number > limit),
};

/**
 * Whether an assertion holds for the claim that was received. A claim that is absent or null meets none but
 * `exists: false`: absence is never a wildcard, and no way around a negation. On an array `equals`, `in` and `glob` ask
 * for a member, `notEquals` and `notIn` for none. An operator that we do not know holds for nothing.
 */
export function doesHold({ operator, value }: ClaimAssertion, received: unknown): boolean {
  if (!Object.hasOwn(JUDGES, operator)) return false;
  if (operator !== "exists" && !isThere(received)) return false;
  return JUDGES[operator](value, received);
}

function isThere(received: unknown): boolean {
  return received !== undefined && received !== null;
}

/** What an operator asks of a claim one by one: of a list its members. */
export function membersOf(received: unknown): readonly unknown[] {
  return Array.isArray(received) ? received : [received];
}

/** Of one type with what it must not be: `"true"` is no way around `notEquals true`. */
function isNoneOf(values: readonly unknown[], received: unknown): boolean {
  const types = new Set(values.map((value) => typeof value));
  return membersOf(received).every((member) => types.has(typeof member) && !values.includes(member));
}

/** A number with a number, an instant with an instant: seconds since the epoch, or RFC 3339. */
function compare(
  value: Value,
  received: unknown,
  holds: (limit: number, received: number) => boolean,
): boolean {
  const limit = typeof value === "string" ? secondsOfInstant(value) : value;
  const number =
    typeof value === "string" && typeof received === "string" ? secondsOfInstant(received) : received;
  return isNumber(limit) && isNumber(number) && holds(limit, number);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

const INSTANT =
  /^(\d{4})-(\d\d)-(\d\d)T(?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):\d\d)$/;

/** Seconds since the epoch of an instant in RFC 3339; undefined for any other text, and a day that no month has. */
export function secondsOfInstant(text: string): number | undefined {
  const [, year, month, day] = INSTANT.exec(text) ?? [];
  const milliseconds = year === undefined ? Number.NaN : Date.parse(text);
  const lastDay = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  return Number.isNaN(milliseconds) || Number(day) > lastDay ? undefined : milliseconds / 1000;
}

/** Whether an assertion names somebody, rather than whom not, or how old. */
export function isPositive({ operator }: Pick<ClaimAssertion, "operator">): boolean {
  return operator === "equals" || operator === "in" || operator === "glob";
}

/** The values of which a claim must be one; none where the assertion does not say so. */
export function valuesOf({ operator, value }: ClaimAssertion): readonly ClaimScalar[] {
  if (operator === "in") return Array.isArray(value) ? value : [];
  return operator === "equals" && !Array.isArray(value) ? [value as ClaimScalar] : [];
}

/** What an assertion asks, in words: for details, receipts and advice. */
export function describeAssertion({ item, operator, value }: ClaimAssertion): string {
  const shown = JSON.stringify(value).slice(0, 200);
  return operator === "exists" && value === false
    ? `${item} must be absent`
    : `${item} ${WORDS[operator]} ${shown}`;
}

const WORDS: Readonly<Record<Operator, string>> = {
  equals: "must equal",
  notEquals: "must be there and not equal",
  in: "must be one of",
  notIn: "must be there and be none of",
  exists: "must be there:",
  glob: "must match",
  lessThan: "must be less than",
  greaterThan: "must be greater than",
};

/** What is wrong with an assertion's value, for its operator; undefined when nothing is. */
export function faultOfValue({ operator, value }: ClaimAssertion): ValueFault | undefined {
  switch (operator) {
    case "equals":
    case "notEquals":
      if (!isScalar(value)) return wrongType(operator, "one text, number or boolean");
      return hasStar(value) ? NO_WILDCARD : undefined;
    case "in":
    case "notIn":
      if (!Array.isArray(value) || !value.every(isScalar))
        return wrongType(operator, "a list of texts, numbers or booleans");
      return value.some(hasStar) ? NO_WILDCARD : undefined;
    case "exists":
      return typeof value === "boolean" ? undefined : wrongType(operator, "true or false");
    case "glob":
      return typeof value === "string" ? faultOfGlob(value) : wrongType(operator, "a text");
    case "lessThan":
    case "greaterThan":
      if (isNumber(value) || (typeof value === "string" && secondsOfInstant(value) !== undefined))
        return undefined;
      return wrongType(operator, "a number, or an instant such as 2027-01-31T12:00:00Z");
  }
}

interface ValueFault {
  readonly code: string;
  readonly detail: string;
}

const NO_WILDCARD: ValueFault = {
  code: "wildcard",
  detail: "This operator compares literally, so * is no wildcard: write the whole value, or use glob.",
};

function wrongType(operator: Operator, wanted: string): ValueFault {
  return { code: "invalid_value", detail: `${operator} takes ${wanted}.` };
}

function faultOfGlob(pattern: string): ValueFault | undefined {
  const stars = partsOf(pattern).filter(({ kind }) => kind === "star").length;
  if (pattern.includes("***"))
    return { code: "invalid_glob", detail: "Write * or **, never more stars in a row." };
  if (stars <= GLOB_STARS_MAX) return undefined;
  return {
    code: "invalid_glob",
    detail: `A glob has at most ${GLOB_STARS_MAX} stars; write an assertion with in instead.`,
  };
}

/** Beyond what a number holds exactly, another one would be equal to it. */
function isScalar(value: unknown): value is ClaimScalar {
  if (typeof value === "string" || typeof value === "boolean") return true;
  return isNumber(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
}

function hasStar(value: unknown): boolean {
  return typeof value === "string" && value.includes("*");
}
