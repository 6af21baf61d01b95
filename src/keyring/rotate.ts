import { and, eq, isNotNull, isNull, lte, sql } from "drizzle-orm";
import { commit } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import {
  ACCESS_TOKEN_MAX_SECONDS,
  OWN_CLOCKS_APART_SECONDS,
  secondsOf,
  VERIFIER_LEEWAY_SECONDS,
} from "../protocol/index.ts";
import { insertSelect, readBatch, schema } from "../store/index.ts";
import { ensureSigningKey } from "./ensure.ts";
import { generateSigningKey } from "./generate.ts";
import { readPublishedKeys, type SigningKeyItem, signingKeyItem } from "./list.ts";
import { OWN_KEY_SET_MAX_AGE_SECONDS } from "./publish.ts";
import { seal, sealingKeyId, unseal } from "./seal.ts";

/** Age at which a signing key gets its successor. */
const ROTATION_PERIOD_SECONDS = 30 * 24 * 3600;
/** Published before its first use for as long as a key set may be cached, and a little for clocks. */
const PUBLISHED_BEFORE_USE_SECONDS = OWN_KEY_SET_MAX_AGE_SECONDS + 60;

const key = schema.signingKey;

/**
 * Publishes the successor of the key that signs now. Asked again before that one signs, answers the same one:
 * safe to repeat, and nobody fills the key set. `created` tells the two apart.
 */
export async function rotateSigningKey(context: Context): Promise<{ created: boolean; key: SigningKeyItem }> {
  await ensureSigningKey(context);
  const now = secondsOf(context.deps.nowMs());
  const pending = (await readPublishedKeys(context.deps)).find((row) => row.activatesAt > now);
  if (pending !== undefined) return { created: false, key: signingKeyItem(pending, "next") };
  const activatesAt = now + PUBLISHED_BEFORE_USE_SECONDS;
  const successor = await generateSigningKey(context.deps.config, now, activatesAt);
  const committed = await commit(context, {
    event: { action: "signing_key.rotate", target: { type: "signing_key", id: successor.kid } },
    guarded: insertSelect(
      context.deps.db,
      key,
      successor,
      sql`WHERE NOT EXISTS (SELECT 1 FROM ${key} WHERE activates_at > ${now})`,
    ),
    after: [
      context.deps.db
        .update(key)
        .set({ expiresAt: activatesAt + ACCESS_TOKEN_MAX_SECONDS + VERIFIER_LEEWAY_SECONDS })
        .where(and(isNull(key.expiresAt), lte(key.activatesAt, now))),
    ],
  });
  if (!committed.ok) return rotateSigningKey(context);
  return { created: true, key: signingKeyItem(successor, "next") };
}

/** The clock's work: make the first key, rotate what is due, drop private halves and dead keys, re-seal. */
export async function tendSigningKeys(context: Context): Promise<void> {
  const { deps } = context;
  await ensureSigningKey(context);
  await dropPrivateHalves(context);
  await removeDeadKeys(context);
  const now = secondsOf(deps.nowMs());
  const [youngest] = await readPublishedKeys(deps);
  const dueAt = (youngest?.activatesAt ?? 0) + ROTATION_PERIOD_SECONDS - PUBLISHED_BEFORE_USE_SECONDS;
  if (dueAt <= now) await rotateSigningKey(context);
  await resealUnderCurrentKey(context);
}

/** A key that has been succeeded signs no more: its private half goes, its public half stays to verify. */
async function dropPrivateHalves(context: Context): Promise<void> {
  const { deps } = context;
  const now = secondsOf(deps.nowMs());
  const rows = await readPublishedKeys(deps);
  const current = rows.find((row) => row.activatesAt <= now - OWN_CLOCKS_APART_SECONDS);
  const succeeded = rows.filter(
    (row) => current !== undefined && row.activatesAt < current.activatesAt && row.sealedPrivateKey !== null,
  );
  for (const row of succeeded) {
    deps.signingKeys.delete(row.kid);
    await commit(context, {
      event: { action: "signing_key.retire", target: { type: "signing_key", id: row.kid } },
      guarded: deps.db
        .update(key)
        .set({ sealedPrivateKey: null, sealingKeyId: null })
        .where(and(eq(key.kid, row.kid), isNotNull(key.sealedPrivateKey))),
    });
  }
}

/** A key whose last token has expired verifies nothing any more. */
async function removeDeadKeys(context: Context): Promise<void> {
  const { db } = context.deps;
  const isDead = lte(key.expiresAt, secondsOf(context.deps.nowMs()));
  const [rows] = await readBatch(db, [db.select({ kid: key.kid }).from(key).where(isDead)]);
  for (const { kid } of rows) {
    await commit(context, {
      event: { action: "signing_key.remove", target: { type: "signing_key", id: kid } },
      guarded: db.delete(key).where(and(eq(key.kid, kid), isDead)),
    });
  }
}

/** After SEALING_KEY was changed: what the previous one sealed is sealed under the current one. */
async function resealUnderCurrentKey(context: Context): Promise<void> {
  const { config, db } = context.deps;
  const currentId = await sealingKeyId(config.sealingKeys[0]);
  const [rows] = await readBatch(db, [db.select().from(key).where(isNotNull(key.sealedPrivateKey))]);
  for (const { kid, sealedPrivateKey: sealed, sealingKeyId: oldId } of rows) {
    if (sealed === null || oldId === null || oldId === currentId) continue;
    const opened = await unseal(config, { sealed, sealingKeyId: oldId }, kid);
    const resealed = await seal(config, opened, kid);
    await commit(context, {
      event: { action: "signing_key.reseal", target: { type: "signing_key", id: kid } },
      guarded: db
        .update(key)
        .set({ sealedPrivateKey: resealed.sealed, sealingKeyId: resealed.sealingKeyId })
        .where(and(eq(key.kid, kid), eq(key.sealingKeyId, oldId))),
    });
  }
}
