import { accept, LABELS_MAX, type Problem, type Result, refuse } from "../protocol/index.ts";

/** A resource as it is answered, with the tag that names this state of it. */
export interface Stored<Item> {
  readonly item: Item;
  readonly etag: string;
}

/** The tag of `If-Match`: names the row too, since a name may come to mean another row. @see RFC 9110 s8.8.3 */
export function etagOf(row: { readonly id: string; readonly version: number }): string {
  return `"${row.id}.${row.version}"`;
}

/** @param ifMatch the tags of the header; undefined without it. @see RFC 9110 s13.1.1 */
export function judgePrecondition(
  row: { readonly id: string; readonly version: number },
  ifMatch: readonly string[] | undefined,
): Result<true, Problem> {
  if (ifMatch === undefined || ifMatch.includes("*") || ifMatch.includes(etagOf(row))) return accept(true);
  return refuse({
    code: "precondition_failed",
    detail: `The resource is at ${etagOf(row)} now; read it again and repeat the change on what you find.`,
  });
}

/** Free text by key, for the tenant's own use. */
export type Labels = Readonly<Record<string, string>>;
/** A merge patch on labels: null takes a label away, null as a whole takes all. @see RFC 7396 */
export type LabelsChange = Readonly<Record<string, string | null>> | null;

export function mergeLabels(labels: Labels, change: LabelsChange | undefined): Result<Labels, Problem> {
  if (change === undefined) return accept(labels);
  const merged = Object.entries({ ...(change === null ? {} : labels), ...change });
  const kept = merged.filter((entry): entry is [string, string] => entry[1] !== null);
  if (kept.length <= LABELS_MAX) return accept(Object.fromEntries(kept));
  const detail = `At most ${LABELS_MAX} labels; this change would make ${kept.length}.`;
  return refuse({
    code: "invalid_body",
    detail,
    errors: [{ pointer: "/labels", code: "too_big", detail }],
  });
}

/** A merge patch on one member: absent keeps it, null takes it away. */
export function merged<Value>(current: Value | null, change: Value | null | undefined): Value | null {
  return change === undefined ? current : change;
}

export const CHANGED_MEANWHILE: Problem = {
  code: "conflict",
  detail: "The resource was changed or deleted while this call was under way; read it again and repeat.",
};
