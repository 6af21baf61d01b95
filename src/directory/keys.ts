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
import { attempt, attemptChange, permitted } from "./attempt.ts";
import { type KeyFile, type KeyItem, keyFile, keyItem } from "./key_item.ts";
import {
  changedKey,
  insertKey,
  isThisKey,
  type KeyChange,
  type KeyInput,
  newKey,
  updateKeyRow,
} from "./key_row.ts";
import { listPage } from "./list_page.ts";
import {
  type AccountRef,
  type KeyRow,
  locateKey,
  locateServiceAccount,
  type ServiceAccountRow,
} from "./locate.ts";
import { CHANGED_MEANWHILE, etagOf, type Stored } from "./versioned.ts";

export type { KeyFile, KeyItem } from "./key_item.ts";
export type { KeyChange, KeyInput } from "./key_row.ts";

const { serviceAccountKey } = schema;

const place = (row: KeyRow) => ({ projectId: row.projectId, serviceAccountId: row.serviceAccountId });
const within = (row: ServiceAccountRow) => ({ projectId: row.projectId, serviceAccountId: row.id });

/** Registers a key. The answer is the key file: what it holds of a private half is nowhere else. */
export async function createKey(
  context: Context,
  ref: AccountRef,
  input: KeyInput,
): Promise<Result<Stored<KeyFile>, Problem>> {
  const found = await locateServiceAccount(context.deps, ref.project, ref.serviceAccount);
  const event = {
    action: "service_account_key.create",
    target: { type: "service_account_key" },
    ...(found.ok ? within(found.value) : {}),
  } as const;
  const access = { found, permission: "service-account-keys:create", place: within } as const;
  return attempt(context, { ...access, event }, async (account) => {
    const made = await newKey(context, account, input);
    if (!made.ok) return made;
    const { row } = made.value;
    const committed = await commit(context, {
      event: { ...event, target: { ...event.target, id: row.id }, detail: row.keyAlgorithm },
      guarded: insertKey(context, row),
    });
    if (committed.ok) return accept({ item: await keyFile(context, account, made.value), etag: etagOf(row) });
    if (committed.refusal === "unique") return refuse(KEY_REGISTERED);
    const still = await locateServiceAccount(context.deps, ref.project, ref.serviceAccount);
    return still.ok ? refuse(LIMIT_REACHED) : still;
  });
}

export async function getKey(
  context: Context,
  ref: AccountRef,
  id: string,
): Promise<Result<Stored<KeyItem>, Problem>> {
  const found = await locateKey(context.deps, ref, id);
  const access = { found, permission: "service-account-keys:read", place } as const;
  return permitted(context, access, async (row) => accept(await stored(context, row)));
}

/** Which keys the account has, and when and by whom each was used last: a rotation is complete when the old one rests. */
export async function listKeys(
  context: Context,
  ref: AccountRef,
  request: PageRequest,
): Promise<Result<Page<KeyItem>, Problem>> {
  const { deps } = context;
  const found = await locateServiceAccount(deps, ref.project, ref.serviceAccount);
  const access = { found, permission: "service-account-keys:read", place: within } as const;
  return permitted(context, access, async (account) => {
    const query = (after: string, limit: number) =>
      deps.db
        .select()
        .from(serviceAccountKey)
        .where(and(eq(serviceAccountKey.serviceAccountId, account.id), gt(serviceAccountKey.id, after)))
        .orderBy(asc(serviceAccountKey.id))
        .limit(limit);
    const render = (row: KeyRow) => keyItem(row, secondsOf(deps.nowMs()));
    const page = await listPage(context, { name: "service-account-keys", query, render }, request);
    return page.ok ? accept({ ...page.value, items: await Promise.all(page.value.items) }) : page;
  });
}

/** Switching a key off, or giving it an earlier end, revokes the tokens got by it that would outlive it. */
export async function updateKey(
  context: Context,
  ref: AccountRef,
  id: string,
  change: KeyChange,
  ifMatch: readonly string[] | undefined,
): Promise<Result<Stored<KeyItem>, Problem>> {
  const found = await locateKey(context.deps, ref, id);
  const event = eventOf("update", found, id);
  const access = { found, permission: "service-account-keys:update", place } as const;
  return attemptChange(context, { ...access, event, ifMatch }, async (row) => {
    const next = changedKey(row, change, secondsOf(context.deps.nowMs()));
    if (!next.ok) return next;
    const committed = await commit(context, {
      event: { ...event, detail: Object.keys(change).join(", ") },
      before: endsEarlier(row, next.value)
        ? [revokeTokensOf(context, revokedWith(row), endOf(next.value))]
        : [],
      guarded: updateKeyRow(context, row, next.value),
    });
    return committed.ok ? accept(await stored(context, next.value)) : refuse(CHANGED_MEANWHILE);
  });
}

/** Until when a key is good, as integer seconds: one that is off was never good. */
function endOf({ active, validUntil }: KeyRow): number {
  return active ? (validUntil ?? Number.MAX_SAFE_INTEGER) : 0;
}

function endsEarlier(row: KeyRow, next: KeyRow): boolean {
  return endOf(next) < endOf(row);
}

/** Deletes a key; the tokens got by it are revoked. */
export async function deleteKey(
  context: Context,
  ref: AccountRef,
  id: string,
  ifMatch: readonly string[] | undefined,
): Promise<Result<true, Problem>> {
  const found = await locateKey(context.deps, ref, id);
  const event = eventOf("delete", found, id);
  const access = { found, permission: "service-account-keys:delete", place } as const;
  return attemptChange(context, { ...access, event, ifMatch }, async (row) => {
    const committed = await commit(context, {
      event,
      before: [revokeTokensOf(context, revokedWith(row))],
      guarded: context.deps.db.delete(serviceAccountKey).where(isThisKey(row)),
    });
    return committed.ok ? accept(true) : refuse(CHANGED_MEANWHILE);
  });
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

async function stored({ deps }: Context, row: KeyRow): Promise<Stored<KeyItem>> {
  return { item: await keyItem(row, secondsOf(deps.nowMs())), etag: etagOf(row) };
}

function revokedWith(row: KeyRow) {
  return { ...place(row), serviceAccountKeyId: row.id };
}

function eventOf(verb: "update" | "delete", found: Result<KeyRow, Problem>, id: string) {
  return {
    action: `service_account_key.${verb}`,
    target: { type: "service_account_key", id },
    ...(found.ok ? place(found.value) : {}),
  } as const;
}

const KEY_REGISTERED: Problem = {
  code: "key_registered",
  detail: "This account has this very key already; delete that one first, or send another.",
};

const LIMIT_REACHED: Problem = {
  code: "limit_reached",
  detail: `A service account has at most ${KEYS_PER_ACCOUNT_MAX} keys; delete one first.`,
};
