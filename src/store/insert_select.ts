import { getTableColumns, is, type Placeholder, SQL, sql } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Database } from "./database.ts";

/**
 * INSERT of one row on a condition: `INSERT INTO table (...) SELECT values <source>`. The source is `WHERE ...`,
 * or `FROM ... WHERE ...` on one row that must be there; where it yields nothing, nothing is inserted.
 */
export function insertSelect<Table extends SQLiteTable>(
  db: Database,
  table: Table,
  row: {
    readonly [Member in keyof Table["$inferInsert"]]: Table["$inferInsert"][Member] | SQL | Placeholder;
  },
  source: SQL,
) {
  const values = Object.entries(getTableColumns(table)).map(([member, column]) => {
    const value = row[member as keyof typeof row] as unknown;
    return is(value, SQL) ? value : sql.param(value ?? null, column);
  });
  return db.insert(table).select(sql`SELECT ${sql.join(values, sql`, `)} ${source}`);
}
