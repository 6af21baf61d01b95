import { sql } from "drizzle-orm";
import { commit } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import {
  accept,
  notFound,
  PROVIDERS_PER_ACCOUNT_MAX,
  type Problem,
  type Result,
  refuse,
  secondsOf,
} from "../protocol/index.ts";
import { insertSelect, newId, type Page, type PageRequest, schema } from "../store/index.ts";
import { revokeTokensOf } from "../tokens/index.ts";
import { isOwnedBy, whyNoRoom } from "./account_members.ts";
import { attempt, attemptChange, eventOn, permitted } from "./attempt.ts";
import { isAt, type Stored } from "./etag.ts";
import { listPage } from "./list_page.ts";
import {
  type AccountRef,
  locateProvider,
  locateServiceAccount,
  type MemberRef,
  type ProviderRow,
} from "./locate.ts";
import { membersOf, type Patch } from "./merge_patch.ts";
import { placeInAccount as place, placeOfAccount } from "./places.ts";
import { CHANGED_MEANWHILE, nameTaken } from "./problems.ts";
import { type ProviderItem, providerItem, storedProvider, UNUSED } from "./provider_item.ts";
import {
  changedProvider,
  insertProvider,
  newProvider,
  type ProviderChange,
  updateProviderRow,
} from "./provider_row.ts";
import { inputOf, type ProviderWish } from "./provider_wish.ts";
import { usesOf } from "./trust_use.ts";

const { federatedIdentityProvider: provider, keyPurge } = schema;

type Verdict = Promise<Result<Stored<ProviderItem>, Problem>>;

/** How a name that is taken is told. */
const KIND = "federated identity provider of this account";

/** Lets an account trust an issuer, for tokens that its assertions hold for. */
export async function createProvider(context: Context, ref: AccountRef, wanted: ProviderWish): Verdict {
  const found = await locateServiceAccount(context.deps, ref);
  const access = {
    found,
    permission: "federated-identity-providers:create",
    place: placeOfAccount,
    action: "federated_identity_provider.create",
    equips: true,
  } as const;
  return attempt(context, access, async (account, event) => {
    const input = inputOf(wanted);
    if (!input.ok) return input;
    const made = await newProvider(context, account, input.value);
    if (!made.ok) return made;
    const row = made.value;
    const committed = await commit(context, {
      event: eventOn(event, row.id),
      guarded: insertProvider(context, row),
    });
    if (committed.ok) return accept(storedProvider(row, UNUSED));
    if (committed.refusal === "unique") return refuse(nameTaken(KIND, row.name));
    return refuse(await whyNoRoom(context, ref, LIMIT_REACHED));
  });
}

/** A trust by its id. */
export async function getProvider(context: Context, ref: MemberRef): Verdict {
  const found = await locateProvider(context.deps, ref);
  const access = { found, permission: "federated-identity-providers:read", place } as const;
  return permitted(context, access, async (row) => accept(await withUse(context, row)));
}

/** Whom an account trusts. */
export async function listProviders(
  context: Context,
  ref: AccountRef,
  request: PageRequest,
): Promise<Result<Page<ProviderItem>, Problem>> {
  const found = await locateServiceAccount(context.deps, ref);
  const access = { found, permission: "federated-identity-providers:read", place: placeOfAccount } as const;
  return permitted(context, access, async (account) => {
    const scope = isOwnedBy(provider, placeOfAccount(account));
    const render = (row: ProviderRow) => row;
    const list = { name: "federated-identity-providers", table: provider, scope, render };
    const page = await listPage(context, list, request);
    if (!page.ok) return page;
    const { items: rows, ...rest } = page.value;
    const useOf = await usesOf(
      context,
      rows.map(({ id }) => id),
    );
    return accept({ ...rest, items: rows.map((row) => providerItem(row, useOf(row.id))) });
  });
}

/** Disabling a trust, or putting it into shadow, revokes the tokens that were got by it. */
export async function updateProvider(
  context: Context,
  ref: MemberRef,
  { change, ifMatch }: Patch<ProviderChange>,
): Verdict {
  const found = await locateProvider(context.deps, ref);
  const permission = "federated-identity-providers:update";
  const action = "federated_identity_provider.update";
  // To end a trust in a hurry is everybody's who may change it.
  const equips = Object.entries(change).some(([member, value]) => member !== "disabled" || value !== true);
  const access = { found, permission, place, action, id: ref.id, ifMatch, equips } as const;
  return attemptChange(context, access, async (row, event) => {
    const next = await changedProvider(context, row, change);
    if (!next.ok) return next;
    const isEnded =
      (next.value.disabled && !row.disabled) || (next.value.mode === "shadow" && row.mode === "enforce");
    const committed = await commit(context, {
      event: { ...event, detail: membersOf(change) },
      before: isEnded ? [revokeTokensOf(context, revokedWith(row))] : [],
      guarded: updateProviderRow(context, row, next.value),
    });
    if (committed.ok) return accept(await withUse(context, next.value));
    return refuse(committed.refusal === "unique" ? nameTaken(KIND, next.value.name) : CHANGED_MEANWHILE);
  });
}

/** Ends a trust; tokens that were got by it are revoked. */
export async function deleteProvider(
  context: Context,
  ref: MemberRef,
  ifMatch: readonly string[] | undefined,
): Promise<Result<true, Problem>> {
  const found = await locateProvider(context.deps, ref);
  const permission = "federated-identity-providers:delete";
  const action = "federated_identity_provider.delete";
  const access = { found, permission, place, action, id: ref.id, ifMatch } as const;
  return attemptChange(context, access, async (row, event) => {
    const committed = await commit(context, {
      event,
      before: [revokeTokensOf(context, revokedWith(row))],
      guarded: context.deps.db.delete(provider).where(isAt(provider, row)),
    });
    return committed.ok ? accept(true) : refuse(CHANGED_MEANWHILE);
  });
}

/**
 * For a compromised issuer key: the project believes no cached key of this issuer from the next exchange on, but
 * asks the issuer anew. Other projects keep their cache: tenants never meet.
 */
export async function purgeProviderKeys(context: Context, ref: MemberRef): Promise<Result<true, Problem>> {
  const { deps } = context;
  const found = await locateProvider(deps, ref);
  const permission = "federated-identity-providers:purge-keys";
  const action = "federated_identity_provider.purge_keys";
  const access = { found, permission, place, action, id: ref.id } as const;
  return attempt(context, access, async ({ projectId, issuer, jwks }, event) => {
    if (jwks !== null) return refuse(KEYS_UPLOADED);
    const mark = { generation: newId(deps.nowMs()), purgedAt: secondsOf(deps.nowMs()) };
    const guarded = insertSelect(
      deps.db,
      keyPurge,
      { projectId, issuer, ...mark },
      sql`FROM project p WHERE p.id = ${projectId}`,
    ).onConflictDoUpdate({ target: [keyPurge.projectId, keyPurge.issuer], set: mark });
    const committed = await commit(context, { event: { ...event, detail: issuer }, guarded });
    return committed.ok ? accept(true) : notFound("project");
  });
}

async function withUse(context: Context, row: ProviderRow): Promise<Stored<ProviderItem>> {
  const useOf = await usesOf(context, [row.id]);
  return storedProvider(row, useOf(row.id));
}

function revokedWith(row: ProviderRow) {
  return { ...place(row), federatedIdentityProviderId: row.id };
}

const KEYS_UPLOADED: Problem = {
  code: "nothing_to_purge",
  detail: "This trust believes its uploaded jwks alone; replace those by PATCH, there is no cache to purge.",
};

const LIMIT_REACHED: Problem = {
  code: "limit_reached",
  detail: `A service account has at most ${PROVIDERS_PER_ACCOUNT_MAX} federated identity providers; delete one first.`,
};
