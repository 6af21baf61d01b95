/** A trust as lint reads it: what is enforced, and what is known of its kind of issuer. */
import { type ClaimAssertion, type ClaimScalar, segmentsOf } from "../../protocol/index.ts";
import { isEnforced, isPositive, kindOfIssuer, type TrustTemplate } from "../../trust/index.ts";

/** What lint looks at. */
export interface LintedTerms {
  readonly issuer: string;
  readonly assertions: readonly ClaimAssertion[];
  readonly hasUploadedKeys: boolean;
}

/** One enforced assertion, where it stands, and the path of its item, however that is spelled. */
export interface Asserted {
  readonly assertion: ClaimAssertion;
  readonly pointer: string;
  readonly path: readonly string[];
}

export interface Reading {
  readonly issuer: string;
  readonly hasUploadedKeys: boolean;
  /** Undefined for an issuer of which nothing is known. */
  readonly kind: TrustTemplate | undefined;
  /** Shadow assertions protect nobody, and are left out. */
  readonly enforced: readonly Asserted[];
  /** Those that name somebody, by claims that are not every token's. */
  readonly naming: readonly Asserted[];
}

/** Claims that say nothing of the workload: its audience, its issuer, its times. */
const NO_IDENTITY = ["aud", "iss", "exp", "nbf", "iat", "jti"];

export function readTrust({ issuer, assertions, hasUploadedKeys }: LintedTerms): Reading {
  const enforced = assertions
    .map((assertion, index) => ({
      assertion,
      pointer: `/assertions/${index}`,
      path: segmentsOf(assertion.item),
    }))
    .filter(({ assertion }) => isEnforced(assertion));
  const naming = enforced.filter(
    ({ assertion, path }) => isPositive(assertion) && !NO_IDENTITY.includes(path[0] ?? ""),
  );
  return { issuer, hasUploadedKeys, kind: kindOfIssuer(issuer), enforced, naming };
}

/** Whether an assertion is on one of these items. */
export function isOn({ path }: Asserted, items: readonly string[]): boolean {
  return items.some((item) => isEqualPath(path, segmentsOf(item)));
}

/** Whether an assertion is on one of these items, or on a member of one. */
export function isWithin({ path }: Asserted, items: readonly string[]): boolean {
  return items.some((item) => {
    const outer = segmentsOf(item);
    return isEqualPath(path.slice(0, outer.length), outer);
  });
}

function isEqualPath(path: readonly string[], other: readonly string[]): boolean {
  return path.length === other.length && path.every((segment, index) => segment === other[index]);
}

/** Items of a kind that say who somebody is: whose he is, and his names. */
export function identityItems({ tenantItems, names }: TrustTemplate): readonly string[] {
  return [...tenantItems, ...names.map(({ item }) => item), "sub"];
}

/** The values that a positive assertion lets in; a pattern as it is written. */
export function writtenValues({ value }: ClaimAssertion): readonly ClaimScalar[] {
  return typeof value === "object" ? value : [value];
}
