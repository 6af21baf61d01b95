import { and, eq, sql } from "drizzle-orm";
import type { Context } from "../deps.ts";
import { type AccountKeyAlgorithm, generateAccountKey } from "../keyring/index.ts";
import {
  accept,
  KEYS_PER_ACCOUNT_MAX,
  type MemberProblem,
  type Problem,
  type Result,
  refuse,
  secondsOf,
} from "../protocol/index.ts";
import { insertSelect, newId, type Statement, schema } from "../store/index.ts";
import { type RegisteredKey, readPublicKey } from "../trust/index.ts";
import type { KeyRow, ServiceAccountRow } from "./locate.ts";
import { merged } from "./versioned.ts";

const { serviceAccountKey } = schema;

export interface KeyInput {
  /** The user's own public key, in any form that `readPublicKey` reads; without it a pair is made. */
  readonly publicKey?: string | undefined;
  readonly algorithm?: AccountKeyAlgorithm | undefined;
  /** Integer seconds since the epoch. */
  readonly validUntil?: number | undefined;
}

/** A merge patch. @see RFC 7396 */
export interface KeyChange {
  readonly active?: boolean | undefined;
  readonly validUntil?: number | null | undefined;
}

/** A key as it will be stored, and its private half where we made it. */
export interface NewKey {
  readonly row: KeyRow;
  readonly privateKey: string | undefined;
}

const ALGORITHM_DEFAULT: AccountKeyAlgorithm = "RSA_2048";

/** Makes a pair, or reads the user's public key; refuses what is weak or malformed with its place. */
export async function newKey(
  context: Context,
  account: ServiceAccountRow,
  input: KeyInput,
): Promise<Result<NewKey, Problem>> {
  const now = secondsOf(context.deps.nowMs());
  if (input.validUntil !== undefined && input.validUntil <= now) return refuse(PAST);
  const material = await materialOf(input);
  if (!material.ok) return material;
  const { key, privateKey } = material.value;
  const id = newId(context.deps.nowMs());
  const row: KeyRow = {
    id,
    projectId: account.projectId,
    serviceAccountId: account.id,
    keyAlgorithm: key.keyAlgorithm,
    keyOrigin: privateKey === undefined ? "USER_PROVIDED" : "GENERATED",
    publicJwk: { ...key.jwk, kid: id },
    thumbprint: key.thumbprint,
    active: true,
    validUntil: input.validUntil ?? null,
    lastUsedAt: null,
    lastUsedIp: null,
    lastUsedUserAgent: null,
    expiryNotedAt: null,
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
  return accept({ row, privateKey });
}

async function materialOf(
  input: KeyInput,
): Promise<Result<{ key: RegisteredKey; privateKey: string | undefined }, Problem>> {
  if (input.publicKey === undefined) {
    const pair = await generateAccountKey(input.algorithm ?? ALGORITHM_DEFAULT);
    const key = await readPublicKey(JSON.stringify(pair.publicJwk));
    if (!key.ok) throw new Error(`a generated key ${key.refusal}`);
    return accept({ key: key.value, privateKey: pair.privateKey });
  }
  const key = await readPublicKey(input.publicKey);
  if (!key.ok) return refuse(badMember("/publicKey", "unusable_key", key.refusal));
  const { algorithm } = input;
  if (algorithm === undefined || algorithm === key.value.keyAlgorithm) {
    return accept({ key: key.value, privateKey: undefined });
  }
  const detail = `publicKey is ${key.value.keyAlgorithm}; leave algorithm out, or send a key of it.`;
  return refuse(badMember("/algorithm", "contradiction", detail));
}

/** Inserted only while the account is there and has room: of two that race for the last place one gets it. */
export function insertKey({ deps }: Context, row: KeyRow): Statement {
  return insertSelect(
    deps.db,
    serviceAccountKey,
    row,
    sql`FROM service_account a WHERE a.id = ${row.serviceAccountId}
      AND (SELECT count(*) FROM service_account_key k WHERE k.service_account_id = a.id) < ${KEYS_PER_ACCOUNT_MAX}`,
  );
}

export function changedKey(row: KeyRow, change: KeyChange, now: number): Result<KeyRow, Problem> {
  const validUntil = merged(row.validUntil, change.validUntil);
  if (change.validUntil !== undefined && validUntil !== null && validUntil <= now) return refuse(PAST);
  return accept({
    ...row,
    active: change.active ?? row.active,
    validUntil,
    // A new end is worth a new note.
    expiryNotedAt: validUntil === row.validUntil ? row.expiryNotedAt : null,
    version: row.version + 1,
    updatedAt: now,
  });
}

/** This key in exactly this state. */
export function isThisKey(row: KeyRow) {
  return and(
    eq(serviceAccountKey.projectId, row.projectId),
    eq(serviceAccountKey.id, row.id),
    eq(serviceAccountKey.version, row.version),
  );
}

export function updateKeyRow({ deps }: Context, row: KeyRow, next: KeyRow): Statement {
  const { active, validUntil, expiryNotedAt, version, updatedAt } = next;
  return deps.db
    .update(serviceAccountKey)
    .set({ active, validUntil, expiryNotedAt, version, updatedAt })
    .where(isThisKey(row));
}

const PAST: Problem = badMember(
  "/validUntil",
  "in_the_past",
  "validUntil has passed already; to end a key now, set active to false or delete it.",
);

function badMember(pointer: string, code: string, detail: string): Problem {
  const errors: readonly MemberProblem[] = [{ pointer, code, detail }];
  return { code: "invalid_body", detail, errors };
}
