import type { ClaimAssertion, Operator } from "../../protocol/index.ts";
import { quote } from "../../trust/index.ts";
import { type Fact, factsOf } from "./breadth_facts.ts";
import { ENVIRONMENT_ITEMS, PHASE_ITEMS, REF_ITEMS, UNITS, type Unit } from "./breadth_words.ts";
import { openDenial } from "./pull_requests.ts";
import { type LintedTerms, type Reading, readTrust } from "./reading.ts";
import { refWords } from "./ref_words.ts";

/** More is counted. */
const CONDITIONS_MAX = 3;

/** Whom a trust lets in, in plain words: "any branch of one repository". Of an issuer of no known kind, what it asks for. */
export function breadthOf({ issuer, assertions }: Omit<LintedTerms, "hasUploadedKeys">): string {
  const reading = readTrust({ issuer, assertions, hasUploadedKeys: false });
  if (reading.enforced.length === 0) return "nobody: no assertion is enforced";
  const units = UNITS[reading.kind?.name ?? ""] ?? {};
  const facts = factsOf(reading, units.sub !== undefined);
  const item = Object.keys(units).find((name) => facts.some((fact) => fact.item === name));
  const [unit, fact] = [units[item ?? ""], facts.find((one) => one.item === item)];
  if (unit === undefined || fact === undefined) return genericWords(reading);
  const within = withinWords(reading, facts, unit, fact);
  const said = [...Object.keys(units), ...REF_ITEMS, ...ENVIRONMENT_ITEMS, ...PHASE_ITEMS, ...REF_KINDS];
  const rest = facts.filter((one) => !said.includes(one.item)).map(conditionOf);
  return [
    `${within}${unitWords(unit, fact)}`,
    ...phaseWords(reading, facts),
    ...(openDenial(reading) === undefined ? [] : ["pull requests too"]),
    ...(rest.length === 0 ? [] : [`where ${joined(rest)}`]),
  ].join(", ");
}

/** Items that only qualify a ref. */
const REF_KINDS = ["ref_type", "ref_protected"];

function unitWords({ one, many, holds, of }: Unit, { isGlob, values }: Fact): string {
  const [value = ""] = values;
  if (isGlob && of !== undefined && /^[^*/]+\/\*{1,2}$/.test(value)) return `every ${one} of one ${of}`;
  const counted = isGlob
    ? `${many} like ${quote(value)}`
    : values.length === 1
      ? `one ${one}`
      : `${values.length} ${many}`;
  return holds === undefined ? counted : `every ${holds} of ${counted}`;
}

/** Which part of the unit, with its `of`. */
function withinWords({ kind }: Reading, facts: readonly Fact[], unit: Unit, fact: Fact): string {
  const ref = facts.find(({ item }) => REF_ITEMS.includes(item));
  const environment = facts.find(({ item }) => ENVIRONMENT_ITEMS.includes(item));
  const parts = [
    ...(ref === undefined ? [] : [refWords(ref, facts)]),
    ...(environment === undefined
      ? []
      : [unitWords({ one: "environment", many: "environments" }, environment)]),
  ];
  if (parts.length > 0) return `${parts.join(" and ")} of `;
  const hasRefs = kind?.assertions.some(({ item }) => REF_ITEMS.includes(item));
  if (!hasRefs || unit.holds !== undefined || fact.isGlob) return "";
  const isProtected = facts.some(({ item, values }) => item === "ref_protected" && values.join() === "true");
  return isProtected ? "any protected branch of " : "any branch of ";
}

function phaseWords({ kind }: Reading, facts: readonly Fact[]): readonly string[] {
  if (!kind?.assertions.some(({ item }) => PHASE_ITEMS.includes(item))) return [];
  const phase = facts.find(({ item }) => PHASE_ITEMS.includes(item));
  return [`${phase === undefined ? "any" : phase.values.join(" or ")} phase`];
}

function genericWords({ enforced }: Reading): string {
  const conditions = enforced
    .filter(({ path }) => path[0] !== "aud" && path[0] !== "iss")
    .map(({ assertion }) => `${assertion.item} ${valueWords(assertion)}`);
  return conditions.length === 0
    ? "every token of this issuer"
    : `every token of this issuer whose ${joined(conditions)}`;
}

function conditionOf({ item, isGlob, shown }: Fact): string {
  return `${item} is ${isGlob ? "like " : ""}${shown}`;
}

function valueWords({ operator, value }: ClaimAssertion): string {
  if (operator === "exists") return value === true ? "is there" : "is absent";
  return `${WORDS[operator]} ${quote(value)}`;
}

const WORDS: Readonly<Record<Exclude<Operator, "exists">, string>> = {
  equals: "is exactly",
  notEquals: "is not",
  in: "is one of",
  notIn: "is none of",
  glob: "is like",
  lessThan: "is less than",
  greaterThan: "is greater than",
};

function joined(conditions: readonly string[]): string {
  const more = conditions.length - CONDITIONS_MAX;
  const shown = conditions.slice(0, CONDITIONS_MAX);
  return [
    ...shown,
    ...(more > 0 ? [`${more} more ${more === 1 ? "condition holds" : "conditions hold"}`] : []),
  ].join(" and ");
}
