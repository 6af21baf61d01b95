import { eq, type SQL, sql } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import { type Config, readConfig } from "../../src/config.ts";
import type { Context, Deps } from "../../src/deps.ts";
import { createProject, createProvider, createServiceAccount } from "../../src/directory/index.ts";
import { newSigningKeyCache } from "../../src/keyring/index.ts";
import { Fault, type Result } from "../../src/protocol/index.ts";
import { type Database, newId, type Statement, schema } from "../../src/store/index.ts";
import { newKeyCache } from "../../src/trust/index.ts";

const KV = {} as KVNamespace;
export const SEALING_KEY = "store-suite-sealing-key-0123456789abcdef";
const CONFIG: Config = readConfig({
  JWKS_CACHE: KV,
  ISSUER_URL: "https://sts.example.com",
  SEALING_KEY,
  PROJECT_TOKEN_KEY: "store-suite-project-token-key-0123456789",
});
export const ISSUER = "https://ci.example.com";

/**
 * A minute that no other test and no earlier run has used: refusals without an account share one bound per minute.
 * Somewhere in the nine years from 2026 on.
 */
export function freshMinuteMs(): number {
  const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
  return 1_790_000_000_000 - (1_790_000_000_000 % 60_000) + (random % 5_000_000) * 60_000;
}

/** A call of its own: own request id, own caches, a clock that stands still in a fresh minute. */
export function contextOn(db: Database, changes: Partial<Deps> = {}): Context {
  const nowMs = freshMinuteMs();
  const deps: Deps = {
    config: CONFIG,
    db,
    kv: KV,
    nowMs: () => nowMs,
    fetch: () => Promise.reject(new Error("nothing here fetches")),
    sleep: () => Promise.resolve(),
    log: () => undefined,
    keyCache: newKeyCache(),
    feedCache: { last: undefined },
    notedTokens: new Map(),
    crowds: new Set(),
    signingKeys: newSigningKeyCache(),
    ...changes,
  };
  const startedAtMs = deps.nowMs();
  const request = { id: newId(startedAtMs), ip: "192.0.2.7", userAgent: "store suite", startedAtMs };
  return { deps, request: { ...request, waitUntil: () => undefined }, actor: { type: "bootstrap" } };
}

type Statements = Readonly<[Statement, ...Statement[]]>;

/** The same database, whose batches this function runs: to see them, or to come between two of them. */
export function onBatch(db: Database, run: (statements: Statements) => Promise<unknown>): Database {
  return Object.assign(Object.create(db) as Database, { batch: run });
}

/** A name that nobody has. */
export function freshName(prefix = "n"): string {
  return `${prefix}${crypto.randomUUID().replaceAll("-", "")}`;
}

/** The value of a call that has to succeed. */
export function accepted<Value>(result: Result<Value, unknown>): Value {
  if (result.ok) return result.value;
  throw new Error(`refused: ${JSON.stringify(result.refusal)}`);
}

/** The refusal's code, or "ok": what a race counts. */
export function outcomeOf(result: Result<unknown, string | { readonly code: string }>): string {
  if (result.ok) return "ok";
  return typeof result.refusal === "string" ? result.refusal : result.refusal.code;
}

/** How often each outcome came. */
export function tally(outcomes: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

export async function thrownBy(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

/** The code of the Fault that a call has to throw. */
export async function faultOf(work: () => Promise<unknown>): Promise<string> {
  const error = await thrownBy(work);
  return error instanceof Fault ? error.code : `no Fault: ${String(error)}`;
}

/** How many rows a table has where the condition holds. */
export async function count(db: Database, table: SQLiteTable, where: SQL): Promise<number> {
  const [row] = await db.all<{ n: number }>(sql`SELECT count(*) AS n FROM ${table} WHERE ${where}`);
  return row?.n ?? 0;
}

export async function eventsOf(context: Context) {
  const { auditEvent } = schema;
  return context.deps.db.select().from(auditEvent).where(eq(auditEvent.requestId, context.request.id));
}

export async function givenProject(context: Context) {
  const { item } = accepted(await createProject(context, { name: freshName("p") }));
  const { project } = schema;
  const [row] = await context.deps.db.select().from(project).where(eq(project.id, item.id));
  return row as NonNullable<typeof row>;
}

export async function givenAccount(context: Context, projectId: string, name = freshName("a")) {
  const { item } = accepted(await createServiceAccount(context, projectId, { name }));
  const { serviceAccount } = schema;
  const [row] = await context.deps.db.select().from(serviceAccount).where(eq(serviceAccount.id, item.id));
  return row as NonNullable<typeof row>;
}

interface AccountRow {
  readonly id: string;
  readonly projectId: string;
}

export function providerInput(changes: { readonly name?: string; readonly issuer?: string } = {}) {
  const assertions = [{ item: "sub", operator: "equals", value: "repo:acme/shop" }] as const;
  return { name: freshName("f"), issuer: ISSUER, assertions, ...changes };
}

export async function givenProvider(context: Context, account: AccountRow, issuer = ISSUER) {
  const ref = { project: account.projectId, serviceAccount: account.id };
  const { item } = accepted(await createProvider(context, ref, providerInput({ issuer })));
  const { federatedIdentityProvider: provider } = schema;
  const [row] = await context.deps.db.select().from(provider).where(eq(provider.id, item.id));
  return row as NonNullable<typeof row>;
}

/** A project, an account in it and whom that one trusts. */
export async function givenTrust(context: Context) {
  const project = await givenProject(context);
  const account = await givenAccount(context, project.id);
  return { project, account, provider: await givenProvider(context, account) };
}
