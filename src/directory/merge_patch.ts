/** A merge patch, and the states that it is meant for: undefined for any. @see RFC 7396 */
export interface Patch<Change> {
  readonly change: Change;
  readonly ifMatch?: readonly string[] | undefined;
}

/** A merge patch on one member: absent keeps it, null takes it away. */
export function merged<Value>(current: Value | null, change: Value | null | undefined): Value | null {
  return change === undefined ? current : change;
}

/** For the record: which members a change names, never what they say. */
export function membersOf(change: object): string {
  return Object.keys(change).join(", ");
}
