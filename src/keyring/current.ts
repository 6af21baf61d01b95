import { and, asc, desc, gt, isNotNull, lte, sql } from "drizzle-orm";
import type { Config, SigningAlgorithm } from "../config.ts";
import { type Database, prepared, schema } from "../store/index.ts";
import type { SealedSigningKey } from "./generate.ts";
import { PUBLISHED_BEFORE_USE_SECONDS } from "./periods.ts";

const key = schema.signingKey;

/** Keys that may sign at once: of each algorithm in use the current one and, until the clock's work, those before. */
const SIGNING_KEYS_MAX = 12;

/** A key that may sign. */
export interface SigningKeyChoice extends SealedSigningKey {
  /** Published for so long that nobody holds a key set without it; an algorithm's first key signs before. */
  readonly isKnown: boolean;
}

/**
 * The keys of all algorithms that may sign at this instant, youngest first, for a caller's own read batch and then
 * `signingKeyOf`; none before the first key is made. @param now seconds
 */
export function signingKeysQuery(db: Database, now: number) {
  return selectSigning(db, instants(now));
}

/** Keys that are published and do not sign yet, the next one first. @param now seconds */
export function waitingKeysQuery(db: Database, now: number) {
  return selectWaiting(db, instants(now));
}

/**
 * The current key of this algorithm; undefined where there is none: `ensureSigningKey` makes it.
 * @param rows as `signingKeysQuery` reads them
 * @param algorithm null for the service's default: the configured algorithm, or, for as long as verifiers may not know
 * its key, the youngest key that they do know
 */
export function signingKeyOf(
  rows: readonly SigningKeyChoice[],
  { signingAlgorithm }: Pick<Config, "signingAlgorithm">,
  algorithm: SigningAlgorithm | null,
): SealedSigningKey | undefined {
  if (algorithm !== null) return rows.find((row) => row.algorithm === algorithm);
  const known = rows.filter(({ isKnown }) => isKnown);
  // Nobody knows a service's very first key, and it signs all the same.
  const candidates = known.length > 0 ? known : rows;
  return candidates.find((row) => row.algorithm === signingAlgorithm) ?? candidates[0];
}

function instants(now: number) {
  return { now, publishedBy: now - PUBLISHED_BEFORE_USE_SECONDS };
}

const { kid, algorithm, sealedPrivateKey, sealingKeyId } = key;
const isKnown = sql<boolean>`${key.createdAt} <= ${sql.placeholder("publishedBy")}`
  .mapWith(Boolean)
  .as("is_known");
const CHOICE = { kid, algorithm, sealedPrivateKey, sealingKeyId, isKnown };

const selectSigning = prepared((db) =>
  db
    .select(CHOICE)
    .from(key)
    .where(and(lte(key.activatesAt, sql.placeholder("now")), isNotNull(key.sealedPrivateKey)))
    .orderBy(desc(key.activatesAt), desc(key.kid))
    .limit(SIGNING_KEYS_MAX),
);

const selectWaiting = prepared((db) =>
  db
    .select(CHOICE)
    .from(key)
    .where(and(gt(key.activatesAt, sql.placeholder("now")), isNotNull(key.sealedPrivateKey)))
    .orderBy(asc(key.activatesAt), asc(key.kid))
    .limit(SIGNING_KEYS_MAX),
);
