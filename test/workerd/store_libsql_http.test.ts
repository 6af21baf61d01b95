import { env } from "cloudflare:workers";
import { createClient } from "@libsql/client/web";
import { drizzle } from "drizzle-orm/libsql/web";
import { inject } from "vitest";
import { asDatabase, libsqlDatabase } from "../../src/store/index.ts";
import { storeSuite } from "../store/suite.ts";
import { withoutForeignKeys } from "../store/without_foreign_keys.ts";

const url = inject("libsqlUrl");
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
  // Port 1 of this machine: nobody listens there.
  unreachable: libsqlDatabase("http://127.0.0.1:1", undefined),
  withoutForeignKeys: asDatabase(drizzle(withoutForeignKeys(client))),
}));
