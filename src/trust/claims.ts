import { type ClaimAssertion, segmentsOf } from "../protocol/index.ts";
import { doesHold } from "./operators.ts";

/** What became of one assertion, for the record. */
export interface AssertionTrace {
  readonly assertion: ClaimAssertion;
  readonly holds: boolean;
  readonly received: unknown;
}

/**
 * Judges every assertion against the claims and returns all verdicts, in their order, those in shadow too. Pure.
 * What each operator asks, `operators.ts` says.
 */
export function matchClaims(
  assertions: readonly ClaimAssertion[],
  claims: Readonly<Record<string, unknown>>,
): readonly AssertionTrace[] {
  return assertions.map((assertion) => {
    const received = claimAt(claims, segmentsOf(assertion.item));
    return { assertion, holds: doesHold(assertion, received), received };
  });
}

/** Whether an assertion decides, rather than only being watched. */
export function isEnforced({ mode }: ClaimAssertion): boolean {
  return mode !== "shadow";
}

/** The value at a path, or undefined. Own members only: nothing is inherited from a prototype. */
export function claimAt(claims: Readonly<Record<string, unknown>>, segments: readonly string[]): unknown {
  let current: unknown = claims;
  for (const segment of segments) {
    if (typeof current !== "object" || current === null) return undefined;
    if (Array.isArray(current) && !/^(?:0|[1-9]\d{0,4})$/.test(segment)) return undefined;
    if (!Object.hasOwn(current, segment)) return undefined;
    current = (current as Readonly<Record<string, unknown>>)[segment];
  }
  return current;
}
