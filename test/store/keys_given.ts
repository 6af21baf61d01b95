import { and, desc, eq } from "drizzle-orm";
import type { SigningAlgorithm } from "../../src/config.ts";
import type { Context } from "../../src/deps.ts";
import { signingKeyOf, signingKeysQuery } from "../../src/keyring/index.ts";
import { type Database, readBatch, schema } from "../../src/store/index.ts";
import { contextOn, freshMinuteMs, freshName, givenProject } from "./given.ts";

const { signingKey, auditEvent, resourceServer } = schema;

/** Seconds, and what stands still until a test moves it. */
export interface Clock {
  now: number;
}

/** A database without signing keys and without APIs that want some, and a clock that all contexts of the test share. */
export async function givenNoKeys(db: Database): Promise<Clock> {
  await db.delete(signingKey);
  await db.update(resourceServer).set({ signingAlgorithm: null });
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

/** The kid that signs, by default or with this algorithm, in an isolate that is configured for ES256 or for this one. */
export async function signingKid(
  db: Database,
  clock: Clock,
  algorithm: SigningAlgorithm | null = null,
  signingAlgorithm: SigningAlgorithm = "ES256",
): Promise<string | undefined> {
  const [rows] = await readBatch(db, [signingKeysQuery(db, clock.now)]);
  return signingKeyOf(rows, { signingAlgorithm }, algorithm)?.kid;
}

/** An API that wants its tokens signed with this algorithm; answers its id. */
export async function givenApi(db: Database, signingAlgorithm: SigningAlgorithm): Promise<string> {
  const { id: projectId } = await givenProject(contextOn(db));
  const id = crypto.randomUUID();
  const name = freshName("r");
  await db.insert(resourceServer).values({
    id,
    projectId,
    name,
    audience: `urn:${name}`,
    signingAlgorithm,
    createdAt: 1,
    updatedAt: 1,
  });
  return id;
}

/** The API changes its mind. */
export async function wantInstead(db: Database, id: string, signingAlgorithm: SigningAlgorithm | null) {
  await db.update(resourceServer).set({ signingAlgorithm }).where(eq(resourceServer.id, id));
}

/** What the record says was done to this key. */
export async function actionsOn(db: Database, kid: string): Promise<readonly string[]> {
  const where = and(eq(auditEvent.targetType, "signing_key"), eq(auditEvent.targetId, kid));
  const rows = await db.select().from(auditEvent).where(where);
  return rows.map(({ action }) => action);
}
