import { type ClaimAssertion, segmentsOf } from "../protocol/index.ts";

/** What became of one assertion, for the record. */
export interface AssertionTrace {
  readonly assertion: ClaimAssertion;
  readonly holds: boolean;
  readonly received: unknown;
}

/**
 * Judges every assertion against the claims and returns all verdicts, in their order. Pure. An absent claim never
 * matches; a string never equals a number or a boolean; on an array, `equals` asks for membership.
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

/** An operator that we do not know holds for nothing: a row may be older or younger than this code. */
function doesHold({ operator, value }: ClaimAssertion, received: unknown): boolean {
  if (operator !== "equals") return false;
  return Array.isArray(received) ? received.some((member) => member === value) : received === value;
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
