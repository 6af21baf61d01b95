import { instantOf } from "../protocol/index.ts";
import type { RevocationRow } from "./locate.ts";

export type RevocationItem = ReturnType<typeof revocationItem>;

/** A revocation as it is answered. */
export function revocationItem(row: RevocationRow) {
  return {
    id: row.id,
    projectId: row.projectId,
    criteria: row.criteria,
    reason: row.reason,
    dryRun: false,
    accessTokens: row.accessTokens,
    projectTokens: row.projectTokens,
    createdAt: instantOf(row.createdAt),
  };
}
