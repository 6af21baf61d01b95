import { type Query as BuiltQuery, getTableColumns, is, Param, Placeholder, sql } from "drizzle-orm";
import type { RunnableQuery } from "drizzle-orm/runnable-query";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Database, Statement } from "./database.ts";
import { rowsBy, type Selected } from "./rows_by.ts";

type Values = Readonly<Record<string, unknown>>;

/** What the drivers' `batch()` asks of a query: to be built, and to make rows of a result. */
interface Built {
  /** D1's statement; libSQL has none. */
  readonly stmt?: unknown;
  getQuery(): BuiltQuery;
  mapResult(result: unknown, isFromBatch?: boolean): unknown;
}

/** A write selects nothing. */
type DrizzleBuilt = Built & (Selected | { readonly fields?: undefined });

/** For a batch alone: it cannot be awaited by itself. */
export type Bound<Builder extends Statement> = RunnableQuery<Builder["_"]["result"], "sqlite">;

/**
 * A query of the hot path: its SQL is built once in an isolate, and a call only fills in the values of its
 * placeholders (`sql.placeholder(name)`). Building the SQL costs more than all cryptography of an exchange.
 */
export function prepared<Builder extends Statement>(
  build: (db: Database) => Builder,
): (db: Database, values: Values) => Bound<Builder> {
  const templates = new WeakMap<Database, (values: Values) => Bound<Builder>>();
  return (db, values) => {
    const known = templates.get(db);
    if (known !== undefined) return known(values);
    const template = templateOf(db, build(db));
    templates.set(db, template);
    return template(values);
  };
}

/** A placeholder for every column of a table, by the name of its member: for inserts that are prepared. */
export function placeholdersOf<Table extends SQLiteTable>(table: Table) {
  const names = Object.keys(getTableColumns(table)) as (keyof Table["$inferInsert"] & string)[];
  return Object.fromEntries(names.map((name) => [name, sql.placeholder(name)])) as {
    readonly [Member in keyof Table["$inferInsert"]]-?: Placeholder;
  };
}

/** The casts to what Drizzle hides: both drivers' `batch()` calls exactly this, and the store suite runs on both. */
function templateOf<Builder extends Statement>(
  db: Database,
  query: Builder,
): (values: Values) => Bound<Builder> {
  const built = (query as unknown as { _prepare(): DrizzleBuilt })._prepare();
  const { params, ...rest } = built.getQuery();
  const text = withoutQuotes(rest.sql);
  const { $client: client } = db as unknown as { $client: { prepare?(text: string): unknown } };
  const stmt = built.stmt === undefined ? undefined : client.prepare?.(text);
  const mapResult = built.fields === undefined ? built.mapResult.bind(built) : rowsBy(built);
  const fillers = params.map(fillerOf);
  return (values) => {
    const filled = { ...rest, sql: text, params: fillers.map((fill) => fill(values)) };
    const bound: Built = { stmt, getQuery: () => filled, mapResult };
    return { _prepare: () => bound } as unknown as Bound<Builder>;
  };
}

/**
 * D1 is sent the text with every call, as JSON, where a quote is two characters. The store suite proves that no name
 * of ours needs one. No literal in a prepared query may hold one.
 */
function withoutQuotes(text: string): string {
  return text.replaceAll('"', "");
}

/** As Drizzle would fill it, but that null stays null in a JSON column. */
function fillerOf(param: unknown): (values: Values) => unknown {
  if (is(param, Placeholder)) return (values) => values[param.name];
  if (!is(param, Param)) return () => param;
  const { value, encoder } = param;
  const read = is(value, Placeholder) ? (values: Values) => values[value.name] : () => value;
  return (values) => {
    const plain = read(values) ?? null;
    return plain === null ? null : encoder.mapToDriverValue(plain);
  };
}
