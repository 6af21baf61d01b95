/** Integer seconds since the epoch of an instant in milliseconds: the unit of SQL and of JWTs. */
export function secondsOf(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}

/** RFC 3339 in UTC, without a fraction, of integer seconds since the epoch: the unit of our JSON. */
export function instantOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}
