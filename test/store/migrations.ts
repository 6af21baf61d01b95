import { is, sql } from "drizzle-orm";
import { getTableConfig, type SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";
import { describe, expect, it } from "vitest";
import { type Database, schema } from "../../src/store/index.ts";
import type { At } from "./driver.ts";
import { contextOn, givenProject } from "./given.ts";

const TABLES = Object.values(schema).filter((value) => is(value, SQLiteTable));
/** Tables that a driver or a migration command keeps for itself. */
const NOT_OURS = /^(?:sqlite_|_cf_|d1_|libsql_|_litestream|schema_migration$)/;

export function migrationRows(at: At): void {
  describe("migrations", () => {
    it("apply again without change, and keep what is there", async () => {
      const { db, migrate } = at();
      const project = await givenProject(contextOn(db));
      const before = await shapeOf(db);
      await migrate();
      expect(await shapeOf(db)).toEqual(before);
      const kept = await db.all<{ id: string }>(sql`SELECT id FROM project WHERE id = ${project.id}`);
      expect(kept).toEqual([{ id: project.id }]);
    });

    it("make the tables of schema.ts, all of them STRICT, and no other", async () => {
      const listed = await at().db.all<{ name: string; schema: string; strict: number }>(
        sql`PRAGMA table_list`,
      );
      const made = listed.filter((table) => table.schema === "main" && !NOT_OURS.test(table.name));
      const expected = TABLES.map((table) => ({ name: getTableConfig(table).name, strict: 1 }));
      const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
      expect(made.map(({ name, strict }) => ({ name, strict })).sort(byName)).toEqual(expected.sort(byName));
    });

    describe.each(TABLES.map((table) => getTableConfig(table)))("$name", (table) => {
      it("has the columns of schema.ts: type, nullability, default, primary key", async () => {
        const rows = await at().db.all<ColumnInfo>(sql`PRAGMA table_info(${sql.identifier(table.name)})`);
        const inSql = rows.map(({ name, type, notnull, dflt_value, pk }) => {
          return { name, type, isNotNull: notnull === 1, default: dflt_value, isKey: pk > 0 };
        });
        const keys = table.primaryKeys.flatMap(({ columns }) => columns.map(({ name }) => name));
        expect(inSql).toEqual(table.columns.map((column) => columnOf(column, keys)));
      });

      it("has the indexes of schema.ts: name, columns, uniqueness, and whether all rows count", async () => {
        const inSql = (await indexesOf(at().db, table.name)).filter(({ origin }) => origin === "c");
        const inSchema = table.indexes.map(({ config }) => ({
          origin: "c",
          name: config.name,
          columns: config.columns.map((column) => ("name" in column ? column.name : "expression")),
          isUnique: config.unique,
          isPartial: config.where !== undefined,
        }));
        const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
        expect(inSql.sort(byName)).toEqual(inSchema.sort(byName));
      });

      it("has the unique constraints of schema.ts", async () => {
        const inSql = (await indexesOf(at().db, table.name)).filter(({ origin }) => origin === "u");
        const single = table.columns.filter(({ isUnique }) => isUnique).map(({ name }) => [name]);
        const several = table.uniqueConstraints.map(({ columns }) => columns.map(({ name }) => name));
        expect(inSql.map(({ columns }) => columns).sort()).toEqual([...single, ...several].sort());
      });

      it("has the foreign keys of schema.ts, with what happens on delete", async () => {
        const rows = await at().db.all<Record<string, string>>(
          sql`PRAGMA foreign_key_list(${sql.identifier(table.name)})`,
        );
        const inSchema = table.foreignKeys.map((key) => {
          const { columns, foreignColumns, foreignTable } = key.reference();
          const there = `${getTableConfig(foreignTable).name}.${foreignColumns[0]?.name}`;
          return `${columns[0]?.name} > ${there} ${key.onDelete?.toUpperCase()}`;
        });
        const inSql = rows.map((row) => `${row.from} > ${row.table}.${row.to} ${row.on_delete}`);
        expect(inSql.sort()).toEqual(inSchema.sort());
      });
    });
  });
}

interface ColumnInfo {
  readonly name: string;
  readonly type: string;
  readonly notnull: number;
  readonly dflt_value: string | null;
  readonly pk: number;
}

function columnOf(column: SQLiteColumn, keys: readonly string[]) {
  return {
    name: column.name,
    type: column.getSQLType().toUpperCase(),
    isNotNull: column.notNull,
    default: column.default === undefined ? null : literalOf(column.mapToDriverValue(column.default)),
    isKey: column.primary || keys.includes(column.name),
  };
}

/** As `PRAGMA table_info` shows a default: the SQL text. */
function literalOf(value: unknown): string {
  return typeof value === "string" ? `'${value}'` : String(value);
}

async function indexesOf(db: Database, table: string) {
  const rows = await db.all<{ name: string; unique: number; origin: string; partial: number }>(
    sql`PRAGMA index_list(${sql.identifier(table)})`,
  );
  const indexes = [];
  for (const { name, unique, origin, partial } of rows) {
    const columns = await db.all<{ name: string }>(sql`PRAGMA index_info(${sql.identifier(name)})`);
    const names = columns.map((column) => column.name);
    indexes.push({ origin, name, columns: names, isUnique: unique === 1, isPartial: partial === 1 });
  }
  return indexes;
}

function shapeOf(db: Database) {
  return db.all(sql`SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name`);
}
