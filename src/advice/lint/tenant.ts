/** Whether an assertion says whose the workload is. */
import { type ClaimAssertion, segmentsOf } from "../../protocol/index.ts";
import { claimAt, isPositive, type TrustTemplate } from "../../trust/index.ts";
import { type Asserted, identityItems, isOn, writtenValues } from "./reading.ts";

/** Whether an assertion lets in workloads of named tenants alone. */
export function isTenantPin(kind: TrustTemplate, asserted: Asserted): boolean {
  const { assertion } = asserted;
  if (!isPositive(assertion) || !isOn(asserted, kind.tenantItems)) return false;
  return writtenValues(assertion).every(
    (value) => typeof value !== "string" || saysTenant(kind, assertion, value),
  );
}

/** A tenant's pin that is no pattern. */
export function isExactPin(kind: TrustTemplate, asserted: Asserted): boolean {
  return asserted.assertion.operator !== "glob" && isTenantPin(kind, asserted);
}

/**
 * Whether a value has the tenant's segment to its end before any star. Where the sample has labels before the tenant
 * (`repo:acme/...`), so must the value, or the label of another item that says whose it is: customized subjects of
 * everybody else begin otherwise.
 */
export function saysTenant(
  kind: TrustTemplate,
  { item, operator }: Pick<ClaimAssertion, "item" | "operator">,
  value: string,
): boolean {
  const star = operator === "glob" ? value.indexOf("*") : -1;
  const segments = splitText(star < 0 ? value : value.slice(0, star));
  const whole = star < 0 ? segments : segments.slice(0, -1);
  const labels = labelsOf(kind, item);
  const isLabelled = labels.every((label, index) => label === whole[index]);
  if (isLabelled) return Boolean(whole[labels.length]);
  if (star < 0 && segments.length === 1) return true;
  const known = identityItems(kind);
  return whole.some((segment, index) => known.includes(segment) && Boolean(whole[index + 1]));
}

/** Whether a pattern has no star before the tenant's segment ends, whatever labels it has. */
export function reachesTenant(kind: TrustTemplate, item: string, pattern: string): boolean {
  const whole = splitText(pattern.slice(0, pattern.indexOf("*"))).slice(0, -1);
  return Boolean(whole[labelsOf(kind, item).length]) || saysTenant(kind, { item, operator: "glob" }, pattern);
}

/**
 * The segments that stand before the tenant's in values of an item, read off the template's sample: the tenant is what
 * another claim of the sample has as its whole value.
 */
export function labelsOf({ sample }: TrustTemplate, item: string): readonly string[] {
  const path = segmentsOf(item);
  const value = claimAt(sample, path);
  if (typeof value !== "string") return [];
  const others = textsOf({ ...sample, iss: null, aud: null, [path[0] ?? ""]: null });
  const segments = splitText(value);
  const place = segments.findIndex(
    (segment) =>
      segment !== "" && others.some((other) => other === segment || segment.startsWith(`${other}@`)),
  );
  return segments.slice(0, Math.max(0, place));
}

function splitText(text: string): readonly string[] {
  return text.split(/[:/]/);
}

function textsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return value === "" ? [] : [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsOf) : [];
}
