import { and, eq, isNull, lte, sql } from "drizzle-orm";
import { commit } from "../audit/index.ts";
import type { Config, SigningAlgorithm } from "../config.ts";
import type { Context } from "../deps.ts";
import { secondsOf } from "../protocol/index.ts";
import { insertSelect, schema } from "../store/index.ts";
import { ensureSigningKey } from "./ensure.ts";
import { generateSigningKey } from "./generate.ts";
import {
  canSign,
  isNext,
  type Keyring,
  readKeyring,
  readPublishedKeys,
  type SigningKeyItem,
  signingKeyItem,
} from "./list.ts";
import {
  PUBLISHED_AFTER_USE_SECONDS,
  PUBLISHED_BEFORE_USE_SECONDS,
  ROTATION_PERIOD_SECONDS,
} from "./periods.ts";
import { resealUnderCurrentKey } from "./reseal.ts";
import { removeDeadKeys, retireKeys } from "./retire.ts";

const key = schema.signingKey;

/** The successor of one algorithm's key; `created` is false where it waited already. */
export interface Rotation {
  readonly created: boolean;
  readonly key: SigningKeyItem;
}

/**
 * Publishes a successor of the key of every algorithm in use; answers the configured one's. Asked again before that one
 * signs, answers the same one: safe to repeat, and nobody fills the key set. @throws Fault `storage`, `keyring`
 */
export async function rotateSigningKey(context: Context): Promise<Rotation> {
  await ensureSigningKey(context);
  const { config } = context.deps;
  const [configured, ...others] = algorithmsWithKeys(await readKeyring(context.deps), config);
  const rotation = await publishSuccessor(context, configured);
  for (const algorithm of others) await publishSuccessor(context, algorithm);
  return rotation;
}

/** The configured algorithm has none right after the variable was changed: its first key waits like a successor. */
function algorithmsWithKeys({ keys, algorithmsInUse }: Keyring, { signingAlgorithm }: Config) {
  const others = algorithmsInUse.filter(
    (algorithm) =>
      algorithm !== signingAlgorithm && keys.some((row) => row.algorithm === algorithm && canSign(row)),
  );
  return [signingAlgorithm, ...others] as const;
}

async function publishSuccessor(context: Context, algorithm: SigningAlgorithm): Promise<Rotation> {
  const { deps } = context;
  const now = secondsOf(deps.nowMs());
  const published = await readPublishedKeys(deps);
  const pending = published.find((row) => row.algorithm === algorithm && isNext(row, now));
  if (pending !== undefined) return { created: false, key: signingKeyItem(pending, "next") };
  const activatesAt = now + PUBLISHED_BEFORE_USE_SECONDS;
  const successor = await generateSigningKey(deps.config, algorithm, now, activatesAt);
  const isPending = sql`algorithm = ${algorithm} AND activates_at > ${now} AND sealed_private_key IS NOT NULL`;
  const isCurrent = and(eq(key.algorithm, algorithm), isNull(key.expiresAt), lte(key.activatesAt, now));
  const committed = await commit(context, {
    event: { action: "signing_key.rotate", target: { type: "signing_key", id: successor.kid } },
    guarded: insertSelect(
      deps.db,
      key,
      successor,
      sql`WHERE NOT EXISTS (SELECT 1 FROM ${key} WHERE ${isPending})`,
    ),
    after: [
      deps.db
        .update(key)
        .set({ expiresAt: activatesAt + PUBLISHED_AFTER_USE_SECONDS })
        .where(isCurrent),
    ],
  });
  if (!committed.ok) return publishSuccessor(context, algorithm);
  return { created: true, key: signingKeyItem(successor, "next") };
}

/** The clock's work: make the first key, rotate what is due, drop private halves and dead keys, re-seal. */
export async function tendSigningKeys(context: Context): Promise<void> {
  await ensureSigningKey(context);
  await retireKeys(context);
  await removeDeadKeys(context);
  await rotateDueKeys(context);
  await resealUnderCurrentKey(context);
}

async function rotateDueKeys(context: Context): Promise<void> {
  const { config, nowMs } = context.deps;
  const keyring = await readKeyring(context.deps);
  const bornBy = secondsOf(nowMs()) - ROTATION_PERIOD_SECONDS + PUBLISHED_BEFORE_USE_SECONDS;
  for (const algorithm of algorithmsWithKeys(keyring, config)) {
    const youngest = keyring.keys.find((row) => row.algorithm === algorithm && canSign(row));
    if ((youngest?.activatesAt ?? 0) <= bornBy) await publishSuccessor(context, algorithm);
  }
}
