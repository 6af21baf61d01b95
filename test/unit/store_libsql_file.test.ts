import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@libsql/client";
import { drizzle } from "drizzle-orm/libsql";
import { afterAll } from "vitest";
import { applyMigrations } from "../../scripts/migrate_libsql.ts";
import { asDatabase } from "../../src/store/index.ts";
import { storeSuite } from "../store/suite.ts";
import { withoutForeignKeys } from "../store/without_foreign_keys.ts";

const directory = await mkdtemp(join(tmpdir(), "countersign-store-"));
const client = createClient({ url: `file:${join(directory, "store.db")}` });
const closed = createClient({ url: `file:${join(directory, "closed.db")}` });
closed.close();
afterAll(async () => {
  client.close();
  await rm(directory, { recursive: true });
});

storeSuite(async () => ({
  db: asDatabase(drizzle(client)),
  migrate: async () => void (await applyMigrations(client, "migrations")),
  unreachable: asDatabase(drizzle(closed)),
  withoutForeignKeys: asDatabase(drizzle(withoutForeignKeys(client))),
}));
