import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { type Client, createClient } from "@libsql/client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { applyMigrations } from "../../../scripts/migrate_libsql.ts";
import { startHranaServer } from "../../support/hrana_server.ts";

const SCRIPT = fileURLToPath(new URL("../../../scripts/migrate_libsql.ts", import.meta.url));

const FILES = {
  "0001_shop.sql": `-- A comment; with a semicolon, and an 'unfinished quote
    CREATE TABLE shop (id TEXT PRIMARY KEY, motto TEXT NOT NULL DEFAULT 'it''s; open') STRICT;
    /* another; one */ INSERT INTO shop (id) VALUES ('a;--b');`,
  "0002_trigger.sql": `CREATE TABLE visit (shop_id TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
    CREATE TRIGGER note_visit AFTER INSERT ON shop BEGIN
      INSERT INTO visit VALUES (new.id, 1);
      INSERT INTO visit VALUES (new.id, 2);
    END;`,
  "0010_last.sql": "INSERT INTO shop (id) VALUES ('late') -- and no semicolon",
  "README.md": "not SQL",
};
const NAMES = ["0001_shop.sql", "0002_trigger.sql", "0010_last.sql"];

let folder: string;
let client: Client;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "countersign-migrations-"));
  await write(FILES);
  client = createClient({ url: databaseUrl() });
});

afterEach(async () => {
  client.close();
  await rm(folder, { recursive: true, force: true });
});

describe("applyMigrations", () => {
  it("applies files in order, with comments, literals and triggers as SQLite reads them", async () => {
    expect(await applyMigrations(client, folder)).toEqual(NAMES);
    expect(await values("SELECT id, motto FROM shop ORDER BY id")).toEqual([
      ["a;--b", "it's; open"],
      ["late", "it's; open"],
    ]);
    expect(await values("SELECT shop_id, at FROM visit ORDER BY at")).toEqual([
      ["late", 1],
      ["late", 2],
    ]);
  });

  it("notes each file with the second it was applied", async () => {
    const before = Math.floor(Date.now() / 1000);
    await applyMigrations(client, folder);
    const rows = await values("SELECT name, applied_at FROM schema_migration ORDER BY name");
    expect(rows.map(([name]) => name)).toEqual(NAMES);
    for (const [, appliedAt] of rows) expect(appliedAt).toBeGreaterThanOrEqual(before);
  });

  it("changes nothing when run again, and applies only what is new", async () => {
    await applyMigrations(client, folder);
    expect(await applyMigrations(client, folder)).toEqual([]);
    await write({ "0011_new.sql": "INSERT INTO shop (id) VALUES ('new');" });
    expect(await applyMigrations(client, folder)).toEqual(["0011_new.sql"]);
    expect(await values("SELECT count(*) FROM shop")).toEqual([[3]]);
  });

  it("keeps nothing of a file that fails, tries none after it, and goes on there when it is mended", async () => {
    await write({ "0005_bad.sql": "CREATE TABLE half (id TEXT); INSERT INTO nowhere VALUES (1);" });
    await expect(applyMigrations(client, folder)).rejects.toThrow(/^0005_bad\.sql failed: .*nowhere/);
    expect(await values("SELECT name FROM sqlite_schema WHERE name = 'half'")).toEqual([]);
    expect(await values("SELECT name FROM schema_migration ORDER BY name")).toEqual([[NAMES[0]], [NAMES[1]]]);
    await write({ "0005_bad.sql": "CREATE TABLE half (id TEXT);" });
    expect(await applyMigrations(client, folder)).toEqual(["0005_bad.sql", "0010_last.sql"]);
  });

  it("applies each file once when several run at once", async () => {
    const clients = [1, 2, 3, 4].map(() => createClient({ url: databaseUrl() }));
    const applied = await Promise.all(clients.map((one) => applyMigrations(one, folder)));
    for (const one of clients) one.close();
    expect(applied.flat().sort()).toEqual(NAMES);
  });

  it("does the same over HTTP, to a server that wants a token", async () => {
    const server = await startHranaServer({ authToken: "right" });
    try {
      const remotes = [1, 2].map(() => createClient({ url: server.url, authToken: "right" }));
      const applied = await Promise.all(remotes.map((remote) => applyMigrations(remote, folder)));
      expect(applied.flat().sort()).toEqual(NAMES);
      expect(await applyMigrations(remotes[0]!, folder)).toEqual([]);
      for (const remote of remotes) remote.close();
    } finally {
      await server.close();
    }
  });
});

describe("npm run migrate:libsql", () => {
  it("prints a line for each migration, then that there is nothing to do", async () => {
    const first = await run({ LIBSQL_URL: databaseUrl() });
    expect(first.stdout).toMatch(/^(applied \d{4}_\w+\.sql\n)+$/);
    expect(await run({ LIBSQL_URL: databaseUrl() })).toEqual({
      code: 0,
      stdout: "nothing to do\n",
      stderr: "",
    });
  });

  it("says what to set when no database is named", async () => {
    const { code, stderr } = await run({ LIBSQL_URL: "" });
    expect(code).toBe(1);
    expect(stderr).toContain("LIBSQL_URL is not set");
  });

  it.each([
    ["in its variable", { LIBSQL_URL: "http://127.0.0.1:1", LIBSQL_AUTH_TOKEN: "s3cret" }],
    ["in the URL", { LIBSQL_URL: "http://127.0.0.1:1?authToken=s3cret" }],
    ["before the host", { LIBSQL_URL: "http://user:s3cret@127.0.0.1:1" }],
    ["in a URL that is none", { LIBSQL_URL: "http://user:s3cret@[:1", LIBSQL_AUTH_TOKEN: "s3cret" }],
  ])("does not print a token that it was given %s", async (_where, env) => {
    const { code, stdout, stderr } = await run(env);
    expect(code).toBe(1);
    expect(stderr).not.toBe("");
    expect(stdout + stderr).not.toContain("s3cret");
  });
});

function databaseUrl(): string {
  return `file:${join(folder, "test.db")}`;
}

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
}

async function values(sql: string): Promise<unknown[][]> {
  return (await client.execute(sql)).rows.map((row) => Array.from(row as unknown as ArrayLike<unknown>));
}

async function run(
  env: Record<string, string>,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [SCRIPT], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const code = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, stdout, stderr };
}
