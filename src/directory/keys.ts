import { and, asc, eq, gt, isNull, or } from "drizzle-orm";
import { commit } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import {
  accept,
  type JsonWebKeyWithKid,
  KEYS_PER_ACCOUNT_MAX,
  type Problem,
  type Result,
  refuse,
  secondsOf,
} from "../protocol/index.ts";
import { type Page, type PageRequest, readBatch, schema } from "../store/index.ts";
import { revokeTokensOf } from "../tokens/index.ts";
import { isOwnedBy, whyNoRoom } from "./account_members.ts";
import { attempt, attemptChange, eventOn, permitted } from "./attempt.ts";
import { etagOf, isAt, type Stored } from "./etag.ts";
import { type KeyFile, type KeyItem, keyFile, keyItem, storedKey } from "./key_item.ts";
import { changedKey, insertKey, type KeyChange, type KeyInput, newKey, updateKeyRow } from "./key_row.ts";
import { listPage } from "./list_page.ts";
import { type AccountRef, type KeyRow, locateKey, locateServiceAccount, type MemberRef } from "./locate.ts";
import { membersOf, type Patch } from "./merge_patch.ts";
import { placeInAccount as place, placeOfAccount } from "./places.ts";
import { CHANGED_MEANWHILE } from "./problems.ts";

const { serviceAccountKey } = schema;

/** Registers a key. The answer is the key file: what it holds of a private half is nowhere else. */
export async function createKey(
  context: Context,
  ref: AccountRef,
  input: KeyInput,
): Promise<Result<Stored<KeyFile>, Problem>> {
  const found = await locateServiceAccount(context.deps, ref);
  const permission = "service-account-keys:create";
  const action = "service_account_key.create";
  const access = { found, permission, place: placeOfAccount, action, equips: true } as const;
  return attempt(context, access, async (account, event) => {
    const made = await newKey(context, account, input);
    if (!made.ok) return made;
    const { row } = made.value;
    const committed = await commit(context, {
      event: { ...eventOn(event, row.id), detail: row.keyAlgorithm },
      guarded: insertKey(context, row),
    });
    if (committed.ok) return accept({ item: await keyFile(context, account, made.value), etag: etagOf(row) });
    if (committed.refusal === "unique") return refuse(KEY_REGISTERED);
    return refuse(await whyNoRoom(context, ref, LIMIT_REACHED));
  });
}

/** A key by its id, never its private half. */
export async function getKey(context: Context, ref: MemberRef): Promise<Result<Stored<KeyItem>, Problem>> {
  const found = await locateKey(context.deps, ref);
  const access = { found, permission: "service-account-keys:read", place } as const;
  return permitted(context, access, async (row) => accept(await storedKey(context, row)));
}

/** Which keys the account has, and when and by whom each was used last: a rotation is complete when the old one rests. */
export async function listKeys(
  context: Context,
  ref: AccountRef,
  request: PageRequest,
): Promise<Result<Page<KeyItem>, Problem>> {
  const found = await locateServiceAccount(context.deps, ref);
  const access = { found, permission: "service-account-keys:read", place: placeOfAccount } as const;
  return permitted(context, access, async (account) => {
    const scope = isOwnedBy(serviceAccountKey, placeOfAccount(account));
    const render = (row: KeyRow) => keyItem(row, secondsOf(context.deps.nowMs()));
    const list = { name: "service-account-keys", table: serviceAccountKey, scope, render };
    const page = await listPage(context, list, request);
    return page.ok ? accept({ ...page.value, items: await Promise.all(page.value.items) }) : page;
  });
}

/** Switching a key off, or giving it an earlier end, revokes the tokens got by it that would outlive it. */
export async function updateKey(
  context: Context,
  ref: MemberRef,
  { change, ifMatch }: Patch<KeyChange>,
): Promise<Result<Stored<KeyItem>, Problem>> {
  const found = await locateKey(context.deps, ref);
  const permission = "service-account-keys:update";
  const action = "service_account_key.update";
  const equips = change.active === true || change.validUntil !== undefined;
  const access = { found, permission, place, action, id: ref.id, ifMatch, equips } as const;
  return attemptChange(context, access, async (row, event) => {
    const next = changedKey(context, row, change);
    if (!next.ok) return next;
    const end = endOf(next.value);
    const committed = await commit(context, {
      event: { ...event, detail: membersOf(change) },
      before: end < endOf(row) ? [revokeTokensOf(context, revokedWith(row), end)] : [],
      guarded: updateKeyRow(context, row, next.value),
    });
    return committed.ok ? accept(await storedKey(context, next.value)) : refuse(CHANGED_MEANWHILE);
  });
}

/** Until when a key is good, as integer seconds: one that is off was never good. */
function endOf({ active, validUntil }: KeyRow): number {
  return active ? (validUntil ?? Number.MAX_SAFE_INTEGER) : 0;
}

/** Deletes a key; the tokens got by it are revoked. */
export async function deleteKey(
  context: Context,
  ref: MemberRef,
  ifMatch: readonly string[] | undefined,
): Promise<Result<true, Problem>> {
  const found = await locateKey(context.deps, ref);
  const permission = "service-account-keys:delete";
  const action = "service_account_key.delete";
  const access = { found, permission, place, action, id: ref.id, ifMatch } as const;
  return attemptChange(context, access, async (row, event) => {
    const committed = await commit(context, {
      event,
      before: [revokeTokensOf(context, revokedWith(row))],
      guarded: context.deps.db.delete(serviceAccountKey).where(isAt(serviceAccountKey, row)),
    });
    return committed.ok ? accept(true) : refuse(CHANGED_MEANWHILE);
  });
}

function revokedWith(row: KeyRow) {
  return { ...place(row), serviceAccountKeyId: row.id };
}

/** The public keys that an account signs with now; an account that is none, or gets no token, has none. */
export async function publicKeysOf(context: Context, email: string): Promise<readonly JsonWebKeyWithKid[]> {
  const { db, nowMs } = context.deps;
  const now = secondsOf(nowMs());
  const { serviceAccount, project } = schema;
  const isAlive = and(
    eq(serviceAccount.email, email),
    eq(serviceAccount.disabled, false),
    eq(project.disabled, false),
    or(isNull(serviceAccount.expiresAt), gt(serviceAccount.expiresAt, now)),
  );
  const isUsable = and(
    eq(serviceAccountKey.active, true),
    or(isNull(serviceAccountKey.validUntil), gt(serviceAccountKey.validUntil, now)),
  );
  const query = db
    .select({ publicJwk: serviceAccountKey.publicJwk })
    .from(serviceAccountKey)
    .innerJoin(serviceAccount, eq(serviceAccount.id, serviceAccountKey.serviceAccountId))
    .innerJoin(project, eq(project.id, serviceAccount.projectId))
    .where(and(isAlive, isUsable))
    .orderBy(asc(serviceAccountKey.id));
  const [rows] = await readBatch(db, [query]);
  return rows.map(({ publicJwk }) => ({ use: "sig", ...publicJwk }));
}

const KEY_REGISTERED: Problem = {
  code: "key_registered",
  detail: "This account has this very key already; delete that one first, or send another.",
};

const LIMIT_REACHED: Problem = {
  code: "limit_reached",
  detail: `A service account has at most ${KEYS_PER_ACCOUNT_MAX} keys; delete one first.`,
};
