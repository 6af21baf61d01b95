import { sql } from "drizzle-orm";
import { commit } from "../audit/index.ts";
import type { SigningAlgorithm } from "../config.ts";
import type { Context } from "../deps.ts";
import { Fault, secondsOf } from "../protocol/index.ts";
import { insertSelect, readBatch, schema } from "../store/index.ts";
import { signingKeyOf, signingKeysQuery, waitingKeysQuery } from "./current.ts";
import { generateSigningKey, type SealedSigningKey } from "./generate.ts";

/**
 * The key that signs now with this algorithm, or with the service's default for null; makes the very first one.
 * However many race, one insert finds no such key and the others' batches are taken back: they read the winner's.
 * @throws Fault `storage`, `keyring`
 */
export async function ensureSigningKey(
  context: Context,
  algorithm: SigningAlgorithm | null = null,
): Promise<SealedSigningKey> {
  const existing = await readKey(context, algorithm);
  if (existing !== undefined) return existing;
  const { signingAlgorithm } = context.deps.config;
  // The default's key comes first: another algorithm's would otherwise stand in for one that was never made.
  if (algorithm !== null && algorithm !== signingAlgorithm) await ensureSigningKey(context);
  await makeFirstKey(context, algorithm);
  const made = await readKey(context, algorithm);
  if (made === undefined) throw new Fault("keyring", "no signing key is active");
  return made;
}

/**
 * Active at once, which no successor is. The very first key of all has nobody who could hold a key set without it; nor
 * has that of an algorithm that no API wanted before: its tokens are for the API alone that asks for it now.
 */
async function makeFirstKey(context: Context, algorithm: SigningAlgorithm | null): Promise<void> {
  const { config, db, nowMs } = context.deps;
  const now = secondsOf(nowMs());
  const key = await generateSigningKey(config, algorithm ?? config.signingAlgorithm, now, now);
  const ofAlgorithm = algorithm === null ? sql`` : sql` AND algorithm = ${algorithm}`;
  await commit(
    { ...context, actor: { type: "system" } },
    {
      event: { action: "signing_key.create", target: { type: "signing_key", id: key.kid } },
      guarded: insertSelect(
        db,
        schema.signingKey,
        key,
        sql`WHERE NOT EXISTS (SELECT 1 FROM ${schema.signingKey} WHERE sealed_private_key IS NOT NULL${ofAlgorithm})`,
      ),
    },
  );
}

/** One that waits signs early where nothing else could: a clock may lag behind the one that made the first key. */
async function readKey(
  { deps }: Context,
  algorithm: SigningAlgorithm | null,
): Promise<SealedSigningKey | undefined> {
  const { config, db, nowMs } = deps;
  const now = secondsOf(nowMs());
  const [signing, waiting] = await readBatch(db, [signingKeysQuery(db, now), waitingKeysQuery(db, now)]);
  return signingKeyOf(signing, config, algorithm) ?? signingKeyOf(waiting, config, algorithm);
}
