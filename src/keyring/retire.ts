import { and, eq, isNotNull, lte, type SQL, sql } from "drizzle-orm";
import { commit } from "../audit/index.ts";
import type { Config } from "../config.ts";
import type { Context } from "../deps.ts";
import { OWN_CLOCKS_APART_SECONDS, secondsOf } from "../protocol/index.ts";
import { readBatch, schema } from "../store/index.ts";
import type { SigningKeyRow } from "./generate.ts";
import { canSign, type Keyring, readKeyring } from "./list.ts";
import { PUBLISHED_AFTER_USE_SECONDS, PUBLISHED_BEFORE_USE_SECONDS } from "./periods.ts";

const key = schema.signingKey;

/** A key that is to sign no more, and the one that signs in its place by every clock of ours. */
interface Retirement {
  readonly row: SigningKeyRow;
  readonly heir: SigningKeyRow;
  /** Holds for as long as it may go. */
  readonly condition?: SQL;
}

/**
 * A key that has been succeeded, or whose algorithm is neither configured nor wanted by any API, signs no more: its
 * private half goes, its public half stays to verify.
 */
export async function retireKeys(context: Context): Promise<void> {
  const { config, nowMs } = context.deps;
  const now = secondsOf(nowMs());
  for (const retirement of retirementsOf(await readKeyring(context.deps), config, now)) {
    // What it was decided from has moved: the next hour decides anew.
    if (!(await retire(context, retirement, now)).ok) return;
  }
}

/** Oldest first: where one has to stay after all, its successor is still there. */
function retirementsOf(
  { keys, algorithmsInUse }: Keyring,
  config: Config,
  now: number,
): readonly Retirement[] {
  const settled = keys.filter((row) => canSign(row) && row.activatesAt <= now - OWN_CLOCKS_APART_SECONDS);
  // What the default signs with: a first key is active before verifiers of other APIs know it.
  const knownSince = now - OWN_CLOCKS_APART_SECONDS - PUBLISHED_BEFORE_USE_SECONDS;
  const ofDefault = settled.find(
    (row) => row.algorithm === config.signingAlgorithm && row.createdAt <= knownSince,
  );
  const retirements = keys.filter(canSign).flatMap((row): readonly Retirement[] => {
    const successor = settled.find(({ algorithm }) => algorithm === row.algorithm);
    if (successor !== undefined && row.activatesAt < successor.activatesAt) return [{ row, heir: successor }];
    if (ofDefault === undefined || algorithmsInUse.includes(row.algorithm)) return [];
    return [{ row, heir: ofDefault, condition: isUnwanted(row) }];
  });
  return retirements.reverse();
}

function isUnwanted({ algorithm }: SigningKeyRow): SQL {
  return sql`NOT EXISTS (SELECT 1 FROM ${schema.resourceServer} WHERE signing_algorithm = ${algorithm})`;
}

/** Takes the half only while the heir has its own: two that disagree on what is configured leave a key that signs. */
async function retire(context: Context, { row, heir, condition }: Retirement, now: number) {
  const { db, signingKeys } = context.deps;
  // Whoever read it just before signs with it still, by a clock that may be ahead of ours.
  const expiresAt = row.expiresAt ?? now + OWN_CLOCKS_APART_SECONDS + PUBLISHED_AFTER_USE_SECONDS;
  const heirSigns = sql`EXISTS (SELECT 1 FROM ${key} AS heir WHERE heir.kid = ${heir.kid} AND heir.sealed_private_key IS NOT NULL)`;
  signingKeys.delete(row.kid);
  return commit(context, {
    event: { action: "signing_key.retire", target: { type: "signing_key", id: row.kid } },
    guarded: db
      .update(key)
      .set({ sealedPrivateKey: null, sealingKeyId: null, expiresAt })
      .where(and(eq(key.kid, row.kid), isNotNull(key.sealedPrivateKey), heirSigns, condition)),
  });
}

/** A key whose last token has expired verifies nothing any more. */
export async function removeDeadKeys(context: Context): Promise<void> {
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
