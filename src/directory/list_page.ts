import { and, asc, gt, type SQL } from "drizzle-orm";
import type { RunnableQuery } from "drizzle-orm/runnable-query";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Context } from "../deps.ts";
import { accept, type Problem, type Result } from "../protocol/index.ts";
import {
  type Database,
  decodeCursor,
  type Page,
  type PageRequest,
  pageOf,
  readBatch,
} from "../store/index.ts";

/** A table whose rows are these. */
type TableOf<Row> = SQLiteTable & { readonly id: SQLiteColumn; readonly $inferSelect: Row };

/** A list as data. */
export interface List<Row, Item> {
  /** In page tokens, so that they open no other list. */
  readonly name: string;
  readonly table: TableOf<Row>;
  /** Which rows of the table; all of them without it. */
  readonly scope?: SQL | undefined;
  readonly render: (row: Row) => Item;
  /** Whether the actor may see a row, where being permitted on the whole does not say so: a page may be short then. */
  readonly isShown?: (row: Row) => boolean;
}

/** One page of a list, oldest first. */
export async function listPage<Row extends { readonly id: string }, Item>(
  { deps }: Context,
  { name, table, scope, render, isShown = () => true }: List<Row, Item>,
  request: PageRequest,
): Promise<Result<Page<Item>, Problem>> {
  const after = decodeCursor(name, request);
  if (!after.ok) return after;
  const isNext = and(scope, gt(table.id, after.value ?? ""));
  const [rows] = await readBatch(deps.db, [rowsOf(deps.db, table, { isNext, limit: request.pageSize + 1 })]);
  const page = pageOf(name, rows, request.pageSize, (row) => row);
  return accept({ ...page, items: page.items.filter(isShown).map(render) });
}

/** The cast is safe: `select()` without columns answers `$inferSelect`, which Drizzle cannot say of a table unnamed. */
function rowsOf<Row>(
  db: Database,
  table: TableOf<Row>,
  { isNext, limit }: { readonly isNext: SQL | undefined; readonly limit: number },
): RunnableQuery<Row[], "sqlite"> {
  const query = db.select().from(table).where(isNext).orderBy(asc(table.id)).limit(limit);
  return query as unknown as RunnableQuery<Row[], "sqlite">;
}
