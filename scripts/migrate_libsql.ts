/** `npm run migrate:libsql`: brings the libSQL database at LIBSQL_URL to the schema of migrations/. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Client, createClient, LibsqlError, type Transaction } from "@libsql/client";
import { parseDevVars } from "./dev/dev_vars.ts";
import { PROJECT_ROOT } from "./wrangler.ts";

/** How long another migration may hold the database before we give up. */
const BUSY_LIMIT_MS = 30_000;
const BUSY_PAUSE_MS = 50;

const CREATE_TABLE =
  "CREATE TABLE IF NOT EXISTS schema_migration (name TEXT PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT";

/**
 * Applies the folder's .sql files that the database has not seen, in the order of their names, each in one
 * transaction with its own row in `schema_migration`. Two at once are safe: the second waits and finds nothing.
 * @returns the names of those applied now
 * @throws Error naming the file that failed; no half of it stays, and none after it was tried
 */
export async function applyMigrations(client: Client, folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  const applied: string[] = [];
  for (const name of names) {
    const sql = await readFile(join(folder, name), "utf8");
    if (await whenFree(() => applyOne(client, name, sql))) applied.push(name);
  }
  return applied;
}

/** SQLite itself splits the file: it knows comments, literals and triggers better than we would. */
async function applyOne(client: Client, name: string, sql: string): Promise<boolean> {
  const transaction = await client.transaction("write");
  try {
    if (await isApplied(transaction, name)) return false;
    await transaction.executeMultiple(sql);
    await transaction.execute({ sql: "INSERT INTO schema_migration VALUES (?, unixepoch())", args: [name] });
    await transaction.commit();
    return true;
  } catch (error) {
    if (isBusy(error)) throw error;
    throw new Error(`${name} failed: ${messageOf(error)}. Running again goes on from there.`, {
      cause: error,
    });
  } finally {
    transaction.close();
  }
}

/** Asked inside the write transaction, so that no other migration can come between question and answer. */
async function isApplied(transaction: Transaction, name: string): Promise<boolean> {
  await transaction.execute(CREATE_TABLE);
  const found = await transaction.execute({
    sql: "SELECT 1 FROM schema_migration WHERE name = ?",
    args: [name],
  });
  return found.rows.length > 0;
}

/** With the cause's message: "fetch failed" alone tells nobody that there is no such host. */
function messageOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && !message.includes(cause.message)
    ? `${message} (${messageOf(cause)})`
    : message;
}

async function whenFree<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let waitedMs = 0; ; waitedMs += BUSY_PAUSE_MS) {
    try {
      return await work();
    } catch (error) {
      if (!isBusy(error) || waitedMs >= BUSY_LIMIT_MS) throw error;
      await sleep(BUSY_PAUSE_MS);
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof LibsqlError && error.code === "SQLITE_BUSY";
}

/** The process environment counts before .dev.vars, name by name. */
async function readSettings(): Promise<{ url: string; authToken: string | undefined }> {
  const text = await readFile(join(PROJECT_ROOT, ".dev.vars"), "utf8").catch(() => "");
  const settings = { ...parseDevVars(text), ...process.env };
  const { LIBSQL_URL: url, LIBSQL_AUTH_TOKEN: authToken } = settings;
  if (!url) {
    throw new Error(
      "LIBSQL_URL is not set. Say which database: LIBSQL_URL=libsql://… LIBSQL_AUTH_TOKEN=… npm run migrate:libsql",
    );
  }
  return { url, authToken: authToken || undefined };
}

async function main(): Promise<void> {
  const { url, authToken } = await readSettings();
  try {
    const client = createClient({ url, ...(authToken && { authToken }) });
    const applied = await applyMigrations(client, join(PROJECT_ROOT, "migrations"));
    for (const name of applied) console.log(`applied ${name}`);
    if (applied.length === 0) console.log("nothing to do");
    client.close();
  } catch (error) {
    throw new Error(withoutSecrets(messageOf(error), url, authToken));
  }
}

/** A URL may carry credentials as well, and the client's messages may quote it. */
function withoutSecrets(message: string, url: string, authToken: string | undefined): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const userInfo = /\/\/([^/?#]+)@/.exec(url)?.[1];
  const secrets = [authToken, userInfo, parsed?.password, parsed?.searchParams.get("authToken")];
  return secrets.reduce<string>(
    (told, secret) => (secret ? told.replaceAll(secret, "(secret)") : told),
    message,
  );
}

if (import.meta.main) {
  await main().catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
