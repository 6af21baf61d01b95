import { v7 } from "uuid";

/** A UUIDv7: sorts by time, so the youngest rows sit together. @see RFC 9562 s5.7 */
export function newId(nowMs: number): string {
  return v7({ msecs: nowMs });
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether the text has the shape of an id; only lower case, since ids are compared byte for byte. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** The smallest text that ids made from this instant on are not below: for reads of what is younger. */
export function idsFrom(nowMs: number): string {
  const digits = Math.max(0, nowMs).toString(16).padStart(12, "0");
  return `${digits.slice(0, 8)}-${digits.slice(8)}-`;
}
