import { and, eq, isNotNull } from "drizzle-orm";
import type { Context } from "../deps.ts";
import { type AccountKeyAlgorithm, generateAccountKey } from "../keyring/index.ts";
import {
  accept,
  Fault,
  KEYS_PER_ACCOUNT_MAX,
  type Problem,
  type Result,
  refuse,
  secondsOf,
} from "../protocol/index.ts";
import { insertSelect, newId, readBatch, type Statement, schema } from "../store/index.ts";
import { type RegisteredKey, readPublicKey } from "../trust/index.ts";
import { whileRoom } from "./account_members.ts";
import { stillHolds } from "./bindings/grants_version.ts";
import { isAt } from "./etag.ts";
import type { KeyRow, ServiceAccountRow } from "./locate.ts";
import { merged } from "./merge_patch.ts";
import { badMember } from "./problems.ts";

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
  if (await hasLeaked(context, key.thumbprint)) return refuse(REGISTERED_LEAK);
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
    leakedAt: null,
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

/** Whether this very key was reported as leaked, whosever it was: who asks has it, as others do. */
async function hasLeaked({ deps }: Context, thumbprint: string): Promise<boolean> {
  const { leakedAt } = serviceAccountKey;
  const query = deps.db
    .select({ leakedAt })
    .from(serviceAccountKey)
    .where(and(eq(serviceAccountKey.thumbprint, thumbprint), isNotNull(leakedAt)))
    .limit(1);
  const [rows] = await readBatch(deps.db, [query]);
  return rows.length > 0;
}

async function materialOf(
  input: KeyInput,
): Promise<Result<{ key: RegisteredKey; privateKey: string | undefined }, Problem>> {
  if (input.publicKey === undefined) {
    const pair = await generateAccountKey(input.algorithm ?? ALGORITHM_DEFAULT);
    const key = await readPublicKey(JSON.stringify(pair.publicJwk));
    if (!key.ok) throw new Fault("keyring", `a generated key ${key.refusal}`);
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

/** Inserted only while the account is there and has room. */
export function insertKey(context: Context, row: KeyRow): Statement {
  const room = { table: serviceAccountKey, max: KEYS_PER_ACCOUNT_MAX };
  return insertSelect(context.deps.db, serviceAccountKey, row, whileRoom(context, row, room));
}

/** The key after a change; refuses what may not be stored. */
export function changedKey({ deps }: Context, row: KeyRow, change: KeyChange): Result<KeyRow, Problem> {
  const now = secondsOf(deps.nowMs());
  const validUntil = merged(row.validUntil, change.validUntil);
  if (change.validUntil !== undefined && validUntil !== null && validUntil <= now) return refuse(PAST);
  if (change.active === true && row.leakedAt !== null) return refuse(LEAKED);
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

/** Changes the row only at the version that was read. */
export function updateKeyRow(context: Context, row: KeyRow, next: KeyRow): Statement {
  const { active, validUntil, expiryNotedAt, version, updatedAt } = next;
  return context.deps.db
    .update(serviceAccountKey)
    .set({ active, validUntil, expiryNotedAt, version, updatedAt })
    .where(and(isAt(serviceAccountKey, row), stillHolds(context, row.projectId)));
}

const REGISTERED_LEAK = badMember(
  "/publicKey",
  "unusable_key",
  "This key was reported as leaked: make a new pair and send its public half.",
);

const LEAKED: Problem = {
  code: "key_leaked",
  detail: "Somebody else has its private half, so it stays off: make another key and delete this one.",
};

const PAST: Problem = badMember(
  "/validUntil",
  "in_the_past",
  "validUntil has passed already; to end a key now, set active to false or delete it.",
);
