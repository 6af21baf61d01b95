import { and, eq, type SQL } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import { accept, type Problem, type Result, refuse } from "../protocol/index.ts";

/** A resource as it is answered, with the tag that names this state of it. */
export interface Stored<Item> {
  readonly item: Item;
  readonly etag: string;
}

/** One state of a row. */
interface RowState {
  readonly id: string;
  readonly version: number;
}

/** The tag of `If-Match`: names the row too, since a name may come to mean another row. @see RFC 9110 s8.8.3 */
export function etagOf(row: RowState): string {
  return `"${row.id}.${row.version}"`;
}

/** @param ifMatch the tags of the header; undefined without it. @see RFC 9110 s13.1.1 */
export function judgePrecondition(
  row: RowState,
  ifMatch: readonly string[] | undefined,
): Result<true, Problem> {
  if (ifMatch === undefined || ifMatch.includes("*") || ifMatch.includes(etagOf(row))) return accept(true);
  return refuse({
    code: "precondition_failed",
    detail: `The resource is at ${etagOf(row)} now; read it again and repeat the change on what you find.`,
  });
}

/** The condition on a tenant's table that a row is still in the state that was read. */
export function isAt(
  table: Readonly<Record<"projectId" | "id" | "version", SQLiteColumn>>,
  row: RowState & { readonly projectId: string },
): SQL | undefined {
  return and(eq(table.projectId, row.projectId), eq(table.id, row.id), eq(table.version, row.version));
}
