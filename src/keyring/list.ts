import { desc, gt, isNotNull, isNull, or } from "drizzle-orm";
import type { SigningAlgorithm } from "../config.ts";
import type { Deps } from "../deps.ts";
import { instantOf, secondsOf } from "../protocol/index.ts";
import { type Database, readBatch, schema } from "../store/index.ts";
import type { SigningKeyRow } from "./generate.ts";

/** Our keys and what they are needed for, in one snapshot. */
export interface Keyring {
  /** Every key that is published now, youngest first. */
  readonly keys: readonly SigningKeyRow[];
  /** The configured algorithm, and those that an API wants its tokens signed with. */
  readonly algorithmsInUse: readonly SigningAlgorithm[];
}

/** Every key that is published now, youngest first. */
export async function readPublishedKeys(deps: Deps): Promise<readonly SigningKeyRow[]> {
  const [rows] = await readBatch(deps.db, [publishedKeysQuery(deps.db, secondsOf(deps.nowMs()))]);
  return rows;
}

/** What rotation is decided from: rare work, so that all of `resource_server` is read for it. */
export async function readKeyring({ config, db, nowMs }: Deps): Promise<Keyring> {
  const { signingAlgorithm: algorithm } = schema.resourceServer;
  const wantedQuery = db
    .selectDistinct({ algorithm })
    .from(schema.resourceServer)
    .where(isNotNull(algorithm));
  const [keys, wanted] = await readBatch(db, [publishedKeysQuery(db, secondsOf(nowMs())), wantedQuery]);
  const ofApis = wanted.flatMap((row) => row.algorithm ?? []);
  return { keys, algorithmsInUse: [...new Set([config.signingAlgorithm, ...ofApis])] };
}

function publishedKeysQuery(db: Database, now: number) {
  const key = schema.signingKey;
  return db
    .select()
    .from(key)
    .where(or(isNull(key.expiresAt), gt(key.expiresAt, now)))
    .orderBy(desc(key.activatesAt), desc(key.kid));
}

/** What an operator sees of our keys. One of each algorithm is active. */
export async function listSigningKeys(deps: Deps): Promise<readonly SigningKeyItem[]> {
  const now = secondsOf(deps.nowMs());
  const rows = await readPublishedKeys(deps);
  const active = new Map<SigningAlgorithm, SigningKeyRow>();
  for (const row of rows) {
    if (canSign(row) && row.activatesAt <= now && !active.has(row.algorithm)) active.set(row.algorithm, row);
  }
  return rows.map((row) => {
    if (isNext(row, now)) return signingKeyItem(row, "next");
    return signingKeyItem(row, active.get(row.algorithm) === row ? "active" : "retired");
  });
}

/** Whether its private half is still there. */
export function canSign({ sealedPrivateKey }: SigningKeyRow): boolean {
  return sealedPrivateKey !== null;
}

/** Whether it is a successor that waits: one that was retired before its time does not. @param now seconds */
export function isNext(row: SigningKeyRow, now: number): boolean {
  return row.activatesAt > now && canSign(row);
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
