import type { ClaimAssertion } from "../../protocol/index.ts";
import { doesHold, isPositive, matchesGlob, type TrustTemplate } from "../../trust/index.ts";
import type { LintFinding } from "./finding.ts";
import { isOnlyStars } from "./globs.ts";
import { type Asserted, isOn, type Reading, writtenValues } from "./reading.ts";

/** Events that the kind's template denies, and this trust does not. */
export function pullRequests(reading: Reading): readonly LintFinding[] {
  const denial = openDenial(reading);
  if (denial === undefined) return [];
  return [
    {
      code: "pull_requests",
      severity: "warn",
      pointer: "/assertions",
      detail: `Any ${denial.item} will do, so jobs of pull requests come in before anybody has reviewed them: deny these, or ask for a ref or an environment.`,
      better: [denial],
    },
  ];
}

/**
 * What the template denies and the trust leaves open: it does not ask for that item, nor for one that says what runs, such
 * as a ref or an environment. Whoever fixes the ref fixes the workflow that runs, though not for whom.
 */
export function openDenial({ kind, enforced, naming }: Reading): ClaimAssertion | undefined {
  const denial = kind?.assertions.find(({ operator }) => operator === "notIn" || operator === "notEquals");
  if (kind === undefined || denial === undefined) return undefined;
  const onIt = enforced.filter((asserted) => isOn(asserted, [denial.item]));
  if (onIt.some(({ assertion }) => isPositive(assertion))) return undefined;
  const isDenied = writtenValues(denial).every((value) =>
    onIt.some(({ assertion }) => !doesHold(assertion, value)),
  );
  return isDenied || naming.some((asserted) => isFixed(kind, asserted)) ? undefined : denial;
}

/** Items besides the template's own that say what runs. */
const RUN_ITEMS = ["ref", "workflow_ref"];

/** Whether an assertion says which ref, environment or workflow it is that runs. */
function isFixed(kind: TrustTemplate, asserted: Asserted): boolean {
  const items = runItems(kind);
  const { assertion } = asserted;
  if (isOn(asserted, items)) return writtenValues(assertion).every((value) => isRun(assertion, value));
  if (!isOn(asserted, ["sub"])) return false;
  return writtenValues(assertion).every(
    (value) => typeof value === "string" && saysRun([...items, "pull_request"], value),
  );
}

function runItems({ assertions, tenantItems }: TrustTemplate): readonly string[] {
  const own = assertions.filter((assertion) => isPositive(assertion)).map(({ item }) => item);
  return [...RUN_ITEMS, ...own.filter((item) => !tenantItems.includes(item))];
}

function isRun({ operator }: ClaimAssertion, value: unknown): boolean {
  if (operator !== "glob" || typeof value !== "string") return value !== "false" && value !== false;
  return !isOnlyStars(value) && !matchesGlob(value, "refs/pull/1/merge");
}

/** Whether a subject goes on to say it: `repo:acme/shop:ref:...`, or in so many words `:pull_request`. */
function saysRun(items: readonly string[], subject: string): boolean {
  return subject
    .split(":")
    .slice(1)
    .some((segment) => items.includes(segment));
}
