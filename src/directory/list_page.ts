import type { RunnableQuery } from "drizzle-orm/runnable-query";
import type { Context } from "../deps.ts";
import { accept, type Problem, type Result } from "../protocol/index.ts";
import { decodeCursor, type Page, type PageRequest, pageOf, readBatch } from "../store/index.ts";

/** A list as data: its name in page tokens, its query after an id, and how a row is answered. */
export interface List<Row, Item> {
  readonly name: string;
  /** Ordered by id; `after` is empty for the first page. */
  readonly query: (after: string, limit: number) => RunnableQuery<Row[], "sqlite">;
  readonly render: (row: Row) => Item;
}

/** One page of a list, oldest first. */
export async function listPage<Row extends { readonly id: string }, Item>(
  { deps }: Context,
  { name, query, render }: List<Row, Item>,
  request: PageRequest,
): Promise<Result<Page<Item>, Problem>> {
  const after = decodeCursor(name, request);
  if (!after.ok) return after;
  const [rows] = await readBatch(deps.db, [query(after.value ?? "", request.pageSize + 1)]);
  return accept(pageOf(name, rows, request.pageSize, render));
}
