import { asc, sql } from "drizzle-orm";
import { commit } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import { Fault, secondsOf } from "../protocol/index.ts";
import { insertSelect, readBatch, schema } from "../store/index.ts";
import { generateSigningKey, type SealedSigningKey } from "./generate.ts";
import { currentSigningKeyQuery } from "./list.ts";

/**
 * The key that signs now; makes the very first one. However many cold starts race, one insert finds the table
 * empty and the others' batches are taken back: they read the winner's key.
 */
export async function ensureSigningKey(context: Context): Promise<SealedSigningKey> {
  const existing = await readCurrent(context);
  if (existing !== undefined) return existing;
  const now = secondsOf(context.deps.nowMs());
  const key = await generateSigningKey(context.deps.config, now, now);
  await commit(
    { ...context, actor: { type: "system" } },
    {
      event: { action: "signing_key.create", target: { type: "signing_key", id: key.kid } },
      guarded: insertSelect(
        context.deps.db,
        schema.signingKey,
        key,
        sql`WHERE NOT EXISTS (SELECT 1 FROM ${schema.signingKey})`,
      ),
    },
  );
  const current = (await readCurrent(context)) ?? (await readFirst(context));
  if (current === undefined) throw new Fault("keyring", "no signing key is active");
  return current;
}

async function readCurrent({ deps }: Context): Promise<SealedSigningKey | undefined> {
  const [rows] = await readBatch(deps.db, [currentSigningKeyQuery(deps.db, secondsOf(deps.nowMs()))]);
  return rows[0];
}

/** For a clock that lags behind the one that made the first key: nothing else could sign yet. */
async function readFirst({ deps }: Context): Promise<SealedSigningKey | undefined> {
  const { signingKey } = schema;
  const query = deps.db.select().from(signingKey).orderBy(asc(signingKey.activatesAt)).limit(1);
  const [rows] = await readBatch(deps.db, [query]);
  return rows.find(({ sealedPrivateKey }) => sealedPrivateKey !== null);
}
