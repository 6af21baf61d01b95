import { createClient } from "@libsql/client/web";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type HranaServer, startHranaServer } from "../../support/hrana_server.ts";

const SCHEMA = [
  "CREATE TABLE account (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, version INTEGER NOT NULL)",
  "CREATE TABLE event (id INTEGER PRIMARY KEY, account_id TEXT NOT NULL REFERENCES account (id), changed INTEGER NOT NULL CHECK (changed > 0))",
  "CREATE TRIGGER bump AFTER INSERT ON event BEGIN UPDATE account SET version = version; END",
  "INSERT INTO account VALUES ('a', 'deployer', 1)",
];

let server: HranaServer;

beforeEach(async () => {
  server = await startHranaServer({ idleTimeoutMs: 500, busyTimeoutMs: 2_000 });
  await connect().batch(SCHEMA, "write");
});

afterEach(() => server.close());

function connect(authToken?: string) {
  return createClient(authToken === undefined ? { url: server.url } : { url: server.url, authToken });
}

function guardedUpdate(version: number) {
  return [
    { sql: "UPDATE account SET version = version + 1 WHERE id = 'a' AND version = ?", args: [version] },
    "INSERT INTO event (account_id, changed) VALUES ('a', changes())",
  ];
}

async function numberOf(sql: string): Promise<number> {
  return Number((await connect().execute(sql)).rows[0]?.[0]);
}

test("a batch commits, and values come back as they went", async () => {
  const bytes = new Uint8Array([0, 1, 254, 255]).buffer;
  const args = [null, "é'; --", 9007199254740991n, 1.5, bytes, 1];
  const result = await connect().execute({ sql: "SELECT ?, ? AS text, ?, ?, ?, typeof(?)", args });
  expect(Array.from(result.rows[0] ?? [])).toEqual([null, "é'; --", 9007199254740991, 1.5, bytes, "real"]);
  const [update, insert] = await connect().batch(guardedUpdate(1), "write");
  expect([update?.rowsAffected, insert?.rowsAffected, insert?.lastInsertRowid]).toEqual([1, 1, 1n]);
});

const REFUSED = [
  {
    name: "a unique name",
    sql: "INSERT INTO account VALUES ('b', 'deployer', 1)",
    code: "SQLITE_CONSTRAINT",
    message: "SQLite error: UNIQUE constraint failed: account.name",
  },
  {
    name: "a foreign key",
    sql: "INSERT INTO event (account_id, changed) VALUES ('nobody', 1)",
    code: "SQLITE_CONSTRAINT",
    message: "SQLite error: FOREIGN KEY constraint failed",
  },
  {
    name: "a missing table",
    sql: "SELECT * FROM missing",
    code: "SQLITE_UNKNOWN",
    message: "SQLite error: no such table: missing",
  },
  { name: "a missing argument", sql: "SELECT ?", code: "ARGS_INVALID", message: "parameter 1 not found" },
  {
    name: "two statements",
    sql: "SELECT 1; SELECT 2",
    code: "SQL_MANY_STATEMENTS",
    message: "more than one",
  },
];

test.each(REFUSED)("$name fails with its code and rolls the batch back", async ({ sql, code, message }) => {
  const failing = connect().batch(["UPDATE account SET version = 99", sql], "write");
  await expect(failing).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  expect(await numberOf("SELECT version FROM account")).toBe(1);
});

test("an update that matches nothing takes its whole batch down with it", async () => {
  await connect().batch(guardedUpdate(1), "write");
  const stale = connect().batch(["UPDATE account SET name = 'lost'", ...guardedUpdate(1)], "write");
  const message = expect.stringContaining("CHECK constraint failed: changed > 0");
  await expect(stale).rejects.toMatchObject({ code: "SQLITE_CONSTRAINT", statementIndex: 2, message });
  expect(await numberOf("SELECT count(*) FROM account WHERE name = 'deployer' AND version = 2")).toBe(1);
  expect(await numberOf("SELECT count(*) FROM event")).toBe(1);
});

test("changes() does not leak from one stream to the next", async () => {
  await connect().execute("UPDATE account SET version = 7");
  expect(await numberOf("SELECT changes()")).toBe(0);
});

test("twenty batches at once are one after the other, and one of twenty claims wins", async () => {
  const insert = "INSERT INTO event (account_id, changed) SELECT 'a', max(version) + 1 FROM account";
  const bump = "UPDATE account SET version = version + 1";
  await Promise.all(Array.from({ length: 20 }, () => connect().batch([insert, bump], "write")));
  expect(await numberOf("SELECT count(DISTINCT changed) FROM event")).toBe(20);
  const claims = await Promise.allSettled(
    Array.from({ length: 20 }, () => connect().batch(guardedUpdate(21), "write")),
  );
  expect(claims.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test("a transaction is invisible to others, who wait for it; a forgotten one is rolled back", async () => {
  const open = await connect().transaction("write");
  await open.execute("UPDATE account SET version = 2");
  expect(await numberOf("SELECT version FROM account")).toBe(1);
  const waiting = connect().execute("UPDATE account SET version = version * 10");
  await open.commit();
  await waiting;
  expect(await numberOf("SELECT version FROM account")).toBe(20);

  const forgotten = await connect().transaction("write");
  await forgotten.execute("UPDATE account SET version = 3");
  await connect().execute("UPDATE account SET name = 'waited'");
  expect(await numberOf("SELECT version FROM account")).toBe(20);
  await expect(forgotten.execute("SELECT 1")).rejects.toMatchObject({ code: "STREAM_EXPIRED" });
});

test("sequences, stored texts, conditions, describe and autocommit answer as Hrana says", async () => {
  const step = (sql: string, condition?: object) => ({ stmt: { sql }, condition });
  const first = { type: "ok", step: 0 };
  const steps = [
    step("SELECT * FROM missing"),
    step("SELECT 1", first),
    step("SELECT 2", { type: "error", step: 0 }),
    step("SELECT 3", { type: "and", conds: [{ type: "not", cond: first }, { type: "is_autocommit" }] }),
    step("SELECT 4", { type: "or", conds: [first, { type: "ok", step: 1 }] }),
  ];
  const requests = [
    { type: "sequence", sql: "CREATE TABLE t (a TEXT); BEGIN; INSERT INTO t VALUES (';') -- x" },
    { type: "get_autocommit" },
    { type: "sequence", sql: "ROLLBACK" },
    { type: "store_sql", sql_id: 1, sql: "SELECT a, :b FROM t" },
    { type: "describe", sql_id: 1 },
    { type: "close_sql", sql_id: 1 },
    { type: "batch", batch: { steps } },
    { type: "close" },
  ];
  const body = JSON.stringify({ baton: null, requests });
  const answered = await fetch(`${server.url}/v2/pipeline`, { method: "POST", body });
  const { baton, results } = (await answered.json()) as { baton: null; results: { response: object }[] };
  expect(baton).toBeNull();
  expect(results[1]?.response).toEqual({ type: "get_autocommit", is_autocommit: false });
  const cols = [
    { name: "a", decltype: "TEXT" },
    { name: ":b", decltype: null },
  ];
  const described = { params: [{ name: ":b" }], cols, is_explain: false, is_readonly: true };
  expect(results[4]?.response).toEqual({ type: "describe", result: described });
  const ran = expect.objectContaining({ affected_row_count: 0 });
  expect(results[6]?.response).toMatchObject({ result: { step_results: [null, null, ran, ran, null] } });
});

test("a token is asked for when there is one, and both greetings work", async () => {
  expect((await fetch(`${server.url}/v2`)).status).toBe(200);
  await server.close();
  server = await startHranaServer({ authToken: "t0ken" });
  await expect(connect().execute("SELECT 1")).rejects.toMatchObject({ code: "SERVER_ERROR" });
  expect((await connect("t0ken").execute("PRAGMA foreign_keys")).rows[0]?.[0]).toBe(1);
});
