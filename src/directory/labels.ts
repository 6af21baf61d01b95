import { accept, LABELS_MAX, type Problem, type Result, refuse } from "../protocol/index.ts";
import { badMember } from "./problems.ts";

/** Free text by key, for the tenant's own use. */
export type Labels = Readonly<Record<string, string>>;
/** A merge patch on labels: null takes a label away, null as a whole takes all. @see RFC 7396 */
export type LabelsChange = Readonly<Record<string, string | null>> | null;

/** The labels after a change; refuses too many of them. */
export function mergeLabels(labels: Labels, change: LabelsChange | undefined): Result<Labels, Problem> {
  if (change === undefined) return accept(labels);
  const merged = Object.entries({ ...(change === null ? {} : labels), ...change });
  const kept = merged.filter((entry): entry is [string, string] => entry[1] !== null);
  if (kept.length <= LABELS_MAX) return accept(Object.fromEntries(kept));
  const detail = `At most ${LABELS_MAX} labels; this change would make ${kept.length}.`;
  return refuse(badMember("/labels", "too_big", detail));
}
