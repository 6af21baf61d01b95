import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { d1Database } from "../../src/store/index.ts";
import { storeSuite } from "../store/suite.ts";

/** D1 as a Worker meets it when it does not answer; the words are D1's own. */
const unreachable = new Proxy(env.DB, {
  get(binding, member) {
    if (member === "batch") return () => Promise.reject(new Error("D1_ERROR: Network connection lost."));
    return Reflect.get(binding, member).bind(binding);
  },
});

storeSuite(async () => ({
  db: d1Database(env.DB),
  migrate: () => applyD1Migrations(env.DB, env.MIGRATIONS),
  unreachable: d1Database(unreachable),
  // D1 keeps foreign keys on: it takes PRAGMA foreign_keys=OFF without an error, and does not obey.
  withoutForeignKeys: undefined,
}));
