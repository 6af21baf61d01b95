import { eq, getTableColumns, getTableName, is, sql } from "drizzle-orm";
import { SQLiteTable } from "drizzle-orm/sqlite-core";
import { describe, expect, it } from "vitest";
import { type Database, newId, prepared, readBatch, schema } from "../../src/store/index.ts";
import type { At } from "./driver.ts";
import { contextOn, givenProject, givenTrust } from "./given.ts";

const { federatedIdentityProvider: provider, keyPurge, project, serviceAccount } = schema;

const TABLES = Object.values(schema)
  .filter((table) => is(table, SQLiteTable))
  .map(
    (table) => [getTableName(table), Object.values(getTableColumns(table)).map(({ name }) => name)] as const,
  );

/** Every kind of column, in the row itself and in a group, beside expressions that bring a type and that bring none. */
const trustsOf = (db: Database) =>
  db
    .select({
      id: provider.id,
      disabled: provider.disabled,
      jwks: provider.jwks,
      account: {
        email: serviceAccount.email,
        labels: serviceAccount.labels,
        isDisabled: sql<boolean>`${serviceAccount.disabled}`
          .mapWith(serviceAccount.disabled)
          .as("is_disabled"),
        expiresAt: serviceAccount.expiresAt,
      },
      generation: sql<string | null>`${keyPurge.generation}`.as("generation"),
      count: sql<number>`1 + 1`.as("two"),
    })
    .from(provider)
    .innerJoin(serviceAccount, eq(serviceAccount.id, provider.serviceAccountId))
    .leftJoin(keyPurge, eq(keyPurge.issuer, provider.id))
    .where(eq(provider.projectId, sql.placeholder("projectId")));
const preparedTrustsOf = prepared(trustsOf);

export function preparedRows(at: At): void {
  describe("a prepared query", () => {
    it.each([
      ["null", null],
      ["JSON", { keys: [{ kid: "'\"🔑", kty: "EC", x: "a" }] }],
    ])("makes of %s, flags and groups what Drizzle makes of them", async (_name, jwks) => {
      const { db } = at();
      const trust = await givenTrust(contextOn(db));
      const changed = { jwks, disabled: jwks !== null };
      await db.batch([db.update(provider).set(changed).where(eq(provider.id, trust.provider.id))]);
      const [rows] = await readBatch(db, [preparedTrustsOf(db, { projectId: trust.project.id })]);
      const account = { email: trust.account.email, labels: {}, isDisabled: false, expiresAt: null };
      const row = { id: trust.provider.id, ...changed, account, generation: null, count: 2 };
      expect(rows).toEqual([row]);
      expect(await trustsOf(db).prepare().all({ projectId: trust.project.id })).toEqual(rows);
    });

    it("that finds nothing makes nothing", async () => {
      const { db } = at();
      expect(await readBatch(db, [preparedTrustsOf(db, { projectId: newId(0) })])).toEqual([[]]);
    });

    it("is told apart from the next by its values", async () => {
      const { db } = at();
      const context = contextOn(db);
      const projects = [await givenProject(context), await givenProject(context)] as const;
      const find = prepared((on) =>
        on
          .select({ id: project.id })
          .from(project)
          .where(eq(project.id, sql.placeholder("id"))),
      );
      const [one, other] = projects;
      expect(await readBatch(db, [find(db, { id: one.id }), find(db, { id: other.id })])).toEqual([
        [{ id: one.id }],
        [{ id: other.id }],
      ]);
    });

    it("refuses a group that a LEFT JOIN may leave empty", () => {
      const select = prepared((db) =>
        db
          .select({ purge: { issuer: keyPurge.issuer } })
          .from(project)
          .leftJoin(keyPurge, eq(keyPurge.projectId, project.id)),
      );
      expect(() => select(at().db, {})).toThrow("no plan for purge.issuer");
    });
  });

  describe("no name needs quotes, which prepared queries leave out", () => {
    it.each(TABLES)("%s", async (table, columns) => {
      const list = columns.join(", ");
      const qualified = columns.map((column) => `${table}.${column}`).join(", ");
      const texts = [
        `SELECT ${qualified} FROM ${table} WHERE ${columns.join(" IS NULL AND ")} IS NULL ORDER BY ${list}`,
        `INSERT INTO ${table} (${list}) SELECT ${list} FROM ${table} WHERE 0`,
        `UPDATE ${table} SET ${columns.map((column) => `${column} = ${column}`).join(", ")} WHERE 0`,
      ];
      for (const text of texts) await at().db.run(sql.raw(text));
    });
  });
}
