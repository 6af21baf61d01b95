/** Patterns that are open where they should not be. */
import { quote, TEMPLATES } from "../../trust/index.ts";
import { tenantAdvice } from "./advice.ts";
import type { LintFinding } from "./finding.ts";
import { type Asserted, identityItems, isOn, type Reading } from "./reading.ts";
import { isExactPin, labelsOf, reachesTenant, saysTenant } from "./tenant.ts";

/** Every pattern, judged for itself. */
export function wideGlobs(reading: Reading): readonly LintFinding[] {
  return reading.enforced.flatMap((asserted) => {
    const { operator, value } = asserted.assertion;
    if (operator !== "glob" || typeof value !== "string" || !value.includes("*")) return [];
    if (isOnlyStars(value)) return [onlyStars(reading, asserted)];
    if (reading.kind === undefined) return judgeUnknown(reading, asserted, value);
    return judgeKnown(reading, asserted, value);
  });
}

/** Whether a pattern asks for nothing but that the claim is a text. */
export function isOnlyStars(pattern: string): boolean {
  return pattern.includes("*") && /^[*:/@.]*$/.test(pattern);
}

/** A pattern beside an exact pin only narrows, however wide it is. */
function judgeKnown(reading: Reading, asserted: Asserted, pattern: string): readonly LintFinding[] {
  const { kind, naming } = reading;
  if (kind === undefined || !isOn(asserted, identityItems(kind))) return judgeOther(asserted, pattern);
  if (naming.some((other) => isExactPin(kind, other))) return [];
  if (pattern.startsWith("*")) return [tooWide(reading, asserted, "begins with a star")];
  if (!reachesTenant(kind, asserted.assertion.item, pattern)) {
    return [tooWide(reading, asserted, "has a star before the end of the part that says whose it is")];
  }
  return [
    wide(asserted, `${quote(pattern)} lets in whatever stands for its stars${alsoPullRequests(reading)}`),
  ];
}

/** How an unknown issuer's subjects are made, nobody knows: only what is open in any case is found. */
function judgeUnknown(reading: Reading, asserted: Asserted, pattern: string): readonly LintFinding[] {
  if (!isOn(asserted, ["sub"])) return judgeOther(asserted, pattern);
  if (pattern.startsWith("*")) return [tooWide(reading, asserted, "begins with a star")];
  const before = pattern.slice(0, pattern.indexOf("*"));
  if (!/[:/]$/.test(before)) {
    return [
      wide(
        asserted,
        `${quote(pattern)} lets in all that begins with ${quote(before)}, also what goes on as another name`,
      ),
    ];
  }
  const known = TEMPLATES.find((template) => {
    const labels = labelsOf(template, "sub");
    return labels.length > 0 && labels.every((label, index) => label === before.split(/[:/]/)[index]);
  });
  if (known === undefined || saysTenant(known, asserted.assertion, pattern)) return [];
  return [wide(asserted, `${quote(pattern)} names nobody whose workload it is`)];
}

/** Claims besides identity may be open, but for a beginning that anybody may write. */
function judgeOther(asserted: Asserted, pattern: string): readonly LintFinding[] {
  if (!pattern.startsWith("**")) return [];
  return [wide(asserted, `${quote(pattern)} lets in any text that ends so, whatever stands before`)];
}

function onlyStars({ kind }: Reading, asserted: Asserted): LintFinding {
  const { item, value } = asserted.assertion;
  const isIdentity = isOn(asserted, kind === undefined ? ["sub"] : identityItems(kind));
  const better = isIdentity
    ? kind && tenantAdvice(kind)
    : [{ item, operator: "exists", value: true } as const];
  return {
    code: "glob_too_wide",
    severity: "refuse",
    pointer: asserted.pointer,
    detail: `${quote(value)} matches any ${item}, so it asks for nothing: ${isIdentity ? "write who may come in" : "write the values that may come in, or exists where any will do"}.`,
    ...(better === undefined ? {} : { better }),
  };
}

function tooWide({ kind }: Reading, asserted: Asserted, fault: string): LintFinding {
  const better = kind && tenantAdvice(kind);
  return {
    code: "glob_too_wide",
    severity: "refuse",
    pointer: asserted.pointer,
    detail: `${quote(asserted.assertion.value)} ${fault}, so others can take names that it matches: write that part out, or list the values with in.`,
    ...(better === undefined ? {} : { better }),
  };
}

function wide(asserted: Asserted, fault: string): LintFinding {
  const { item } = asserted.assertion;
  return {
    code: "glob_wide",
    severity: "warn",
    pointer: asserted.pointer,
    detail: `${fault}: list the values that are meant, with in.`,
    better: [{ item, operator: "in", value: [`<${item} of a workload that is meant>`] }],
  };
}

function alsoPullRequests({ kind }: Reading): string {
  const hasDenial = kind?.assertions.some(({ operator }) => operator === "notIn" || operator === "notEquals");
  return hasDenial ? ", perhaps pull requests" : "";
}
