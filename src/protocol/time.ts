/** How far the clocks of two instances of ours may be apart, at most. */
export const OWN_CLOCKS_APART_SECONDS = 300;

/**
 * For how long after a token's end somebody may still accept it: verifiers' clocks lag, and they allow for it. So long
 * the key that signed it is published, and the feed tells that it was revoked.
 */
export const VERIFIER_LEEWAY_SECONDS = 300;

/** Integer seconds since the epoch of an instant in milliseconds: the unit of SQL and of JWTs. */
export function secondsOf(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}

/** Whether an end has come, as it has at its own instant; null never comes. Both in one unit. */
export function hasPassed(end: number | null, now: number): boolean {
  return end !== null && end <= now;
}

/** RFC 3339 in UTC, without a fraction, of integer seconds since the epoch: the unit of our JSON. */
export function instantOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}
