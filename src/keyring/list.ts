import { and, desc, gt, isNotNull, isNull, lte, or, sql } from "drizzle-orm";
import type { Deps } from "../deps.ts";
import { instantOf, secondsOf } from "../protocol/index.ts";
import { type Database, prepared, readBatch, schema } from "../store/index.ts";
import type { SigningKeyRow } from "./generate.ts";

/** The key that signs at this instant, for a caller's own read batch; no row before the first key is made. */
export function currentSigningKeyQuery(db: Database, now: number) {
  return selectCurrent(db, { now });
}

const selectCurrent = prepared((db) => {
  const key = schema.signingKey;
  const { kid, algorithm, sealedPrivateKey, sealingKeyId } = key;
  return db
    .select({ kid, algorithm, sealedPrivateKey, sealingKeyId })
    .from(key)
    .where(and(lte(key.activatesAt, sql.placeholder("now")), isNotNull(key.sealedPrivateKey)))
    .orderBy(desc(key.activatesAt), desc(key.kid))
    .limit(1);
});

/** Every key that is published now, youngest first. */
export async function readPublishedKeys(deps: Deps): Promise<readonly SigningKeyRow[]> {
  const key = schema.signingKey;
  const now = secondsOf(deps.nowMs());
  const query = deps.db
    .select()
    .from(key)
    .where(or(isNull(key.expiresAt), gt(key.expiresAt, now)))
    .orderBy(desc(key.activatesAt), desc(key.kid));
  const [rows] = await readBatch(deps.db, [query]);
  return rows;
}

/** What an operator sees of our keys. */
export async function listSigningKeys(deps: Deps): Promise<readonly SigningKeyItem[]> {
  const now = secondsOf(deps.nowMs());
  const rows = await readPublishedKeys(deps);
  const signing = rows.find((row) => row.activatesAt <= now && row.sealedPrivateKey !== null);
  return rows.map((row) =>
    signingKeyItem(row, row === signing ? "active" : row.activatesAt > now ? "next" : "retired"),
  );
}

/** One of our keys as an operator sees it. */
export type SigningKeyItem = ReturnType<typeof signingKeyItem>;

/** `next` is published and does not sign yet; `retired` does not sign any more and still verifies. */
export function signingKeyItem(row: SigningKeyRow, state: "next" | "active" | "retired") {
  return {
    kid: row.kid,
    algorithm: row.algorithm,
    state,
    createdAt: instantOf(row.createdAt),
    activatesAt: instantOf(row.activatesAt),
    expiresAt: row.expiresAt === null ? null : instantOf(row.expiresAt),
  };
}
