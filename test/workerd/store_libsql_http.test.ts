import { env } from "cloudflare:workers";
import { createClient } from "@libsql/client/web";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/libsql/web";
import { expect, inject, it } from "vitest";
import { asDatabase, libsqlDatabase, readBatch, schema } from "../../src/store/index.ts";
import { faultOf } from "../store/given.ts";
import { storeSuite } from "../store/suite.ts";
import { withoutForeignKeys } from "../store/without_foreign_keys.ts";

const url = inject("libsqlUrl");
/** A server that answers, with 404: there is no database below this path. */
const nowhere = Object.assign(new URL(url), { pathname: "/no-database-here/" }).href;
const client = createClient({ url });

/** What `npm run migrate:libsql` does, for a place without a file system: same table, so either may go first. */
async function migrate(): Promise<void> {
  await client.execute(
    "CREATE TABLE IF NOT EXISTS schema_migration (name TEXT PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT",
  );
  const { rows } = await client.execute("SELECT name FROM schema_migration");
  const applied = new Set(rows.map((row) => row.name));
  for (const { name, queries } of env.MIGRATIONS.filter((migration) => !applied.has(migration.name))) {
    const mark = { sql: "INSERT INTO schema_migration VALUES (?, unixepoch())", args: [name] };
    await client.batch([...queries, mark], "write");
  }
}

storeSuite(async () => ({
  db: libsqlDatabase(url, undefined),
  migrate,
  unreachable: libsqlDatabase(nowhere, undefined),
  withoutForeignKeys: asDatabase(drizzle(withoutForeignKeys(client))),
}));

it("a server that refuses the connection is a storage fault too", async () => {
  // Port 1 of this machine: nobody listens there. workerd itself says so on stderr.
  const db = libsqlDatabase("http://127.0.0.1:1", undefined);
  expect(await faultOf(() => readBatch(db, [db.select().from(schema.project)]))).toBe("storage");
});

it("a read batch waits for nobody's write transaction", async () => {
  const db = libsqlDatabase(url, undefined);
  const transaction = await client.transaction("write");
  try {
    await transaction.execute("UPDATE issued_email SET created_at = created_at");
    const [rows] = await readBatch(db, [db.select({ one: sql`1` }).from(schema.issuedEmail).limit(1)]);
    expect(rows.length).toBe(1);
  } finally {
    await transaction.rollback();
  }
});
