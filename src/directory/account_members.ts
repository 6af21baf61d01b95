import { type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Context } from "../deps.ts";
import type { Problem } from "../protocol/index.ts";
import { haveGrantsMoved, stillHolds } from "./bindings/grants_version.ts";
import { type AccountRef, locateServiceAccount } from "./locate.ts";
import { CHANGED_MEANWHILE } from "./problems.ts";

/** A table of what accounts own: keys, trusts, tokens. */
type MemberTable = SQLiteTable & Readonly<Record<"projectId" | "serviceAccountId", SQLiteColumn>>;

/** The owner's ids, as each row that it owns has them. */
interface Owner {
  readonly projectId: string;
  readonly serviceAccountId: string;
}

/** What an account owns. The plus keeps the project's index out where the account's leads to fewer rows. */
export function isOwnedBy(
  table: Pick<MemberTable, "projectId" | "serviceAccountId">,
  { projectId, serviceAccountId }: Owner,
): SQL {
  return sql`${table.serviceAccountId} = ${serviceAccountId} AND +${table.projectId} = ${projectId}`;
}

/**
 * The source of an insert: a row only while the account is there and has room, so that of two that race for the last
 * place one gets it; and while nobody's rights have changed since the actor was permitted, nor the account's own.
 * @param counts the members that take room; all of them without it
 */
export function whileRoom(
  context: Context,
  { projectId, serviceAccountId }: Owner,
  {
    table,
    max,
    counts = sql`1`,
  }: { readonly table: MemberTable; readonly max: number; readonly counts?: SQL },
): SQL {
  const owned = isOwnedBy(table, { projectId, serviceAccountId });
  return sql`FROM service_account a WHERE a.project_id = ${projectId} AND a.id = ${serviceAccountId}
    AND (SELECT count(*) FROM ${table} WHERE ${owned} AND ${counts}) < ${max}
    AND ${stillHolds(context, projectId)}`;
}

/** The insert found no place: the account has gone or is full, or rights have changed. */
export async function whyNoRoom(context: Context, ref: AccountRef, full: Problem): Promise<Problem> {
  const account = await locateServiceAccount(context.deps, ref);
  if (!account.ok) return account.refusal;
  return (await haveGrantsMoved(context, account.value.projectId)) ? CHANGED_MEANWHILE : full;
}
