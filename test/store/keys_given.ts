import { and, desc, eq } from "drizzle-orm";
import type { Context } from "../../src/deps.ts";
import { currentSigningKeyQuery } from "../../src/keyring/index.ts";
import { type Database, readBatch, schema } from "../../src/store/index.ts";
import { contextOn, freshMinuteMs } from "./given.ts";

const { signingKey, auditEvent } = schema;

/** Seconds, and what stands still until a test moves it. */
export interface Clock {
  now: number;
}

/** A database without signing keys, and a clock that all contexts of the test share. */
export async function givenNoKeys(db: Database): Promise<Clock> {
  await db.delete(signingKey);
  return { now: freshMinuteMs() / 1000 };
}

/** An isolate of its own: nothing cached. */
export function isolateAt(
  db: Database,
  clock: Clock,
  config: Partial<Context["deps"]["config"]> = {},
): Context {
  const context = contextOn(db, { nowMs: () => clock.now * 1000 });
  return { ...context, deps: { ...context.deps, config: { ...context.deps.config, ...config } } };
}

/** All keys that are stored, youngest first. */
export function storedKeys(db: Database) {
  return db.select().from(signingKey).orderBy(desc(signingKey.activatesAt), desc(signingKey.createdAt));
}

export async function signingKid(db: Database, clock: Clock): Promise<string | undefined> {
  const [[row]] = await readBatch(db, [currentSigningKeyQuery(db, clock.now)]);
  return row?.kid;
}

/** What the record says was done to this key. */
export async function actionsOn(db: Database, kid: string): Promise<readonly string[]> {
  const where = and(eq(auditEvent.targetType, "signing_key"), eq(auditEvent.targetId, kid));
  const rows = await db.select().from(auditEvent).where(where);
  return rows.map(({ action }) => action);
}
