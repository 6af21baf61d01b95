import { and, asc, eq, gt, sql } from "drizzle-orm";
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
import { attempt, attemptChange, permitted } from "./attempt.ts";
import { listPage } from "./list_page.ts";
import {
  type AccountRef,
  locateProvider,
  locateServiceAccount,
  type ProviderRow,
  type ServiceAccountRow,
} from "./locate.ts";
import { type ProviderItem, providerItem, storedProvider } from "./provider_item.ts";
import {
  changedProvider,
  insertProvider,
  newProvider,
  type ProviderChange,
  type ProviderInput,
  updateRow,
} from "./provider_row.ts";
import { judgeTerms } from "./provider_rules.ts";
import { CHANGED_MEANWHILE, type Stored } from "./versioned.ts";

export type { ProviderItem } from "./provider_item.ts";
export type { ProviderChange, ProviderInput } from "./provider_row.ts";

const { federatedIdentityProvider: provider, keyPurge } = schema;

type Verdict = Promise<Result<Stored<ProviderItem>, Problem>>;

const place = (row: ProviderRow) => ({ projectId: row.projectId, serviceAccountId: row.serviceAccountId });
const within = (row: ServiceAccountRow) => ({ projectId: row.projectId, serviceAccountId: row.id });

export async function createProvider(context: Context, ref: AccountRef, input: ProviderInput): Verdict {
  const { deps } = context;
  const found = await locateServiceAccount(deps, ref.project, ref.serviceAccount);
  const event = {
    action: "federated_identity_provider.create",
    target: { type: "federated_identity_provider" },
    ...(found.ok ? within(found.value) : {}),
  } as const;
  const access = { found, permission: "federated-identity-providers:create", place: within } as const;
  return attempt(context, { ...access, event }, async (account) => {
    const keys = await judgeTerms(deps.config, { ...input, jwks: input.jwks ?? null });
    if (!keys.ok) return keys;
    const row = newProvider(context, account, input, keys.value);
    const committed = await commit(context, {
      event: { ...event, target: { ...event.target, id: row.id } },
      guarded: insertProvider(context, row),
    });
    if (committed.ok) return accept(storedProvider(row));
    if (committed.refusal === "unique") return refuse(nameTaken(input.name));
    const still = await locateServiceAccount(deps, ref.project, ref.serviceAccount);
    return still.ok ? refuse(LIMIT_REACHED) : still;
  });
}

export async function getProvider(context: Context, ref: AccountRef, id: string): Verdict {
  const found = await locateProvider(context.deps, ref.project, ref.serviceAccount, id);
  const access = { found, permission: "federated-identity-providers:read", place } as const;
  return permitted(context, access, async (row) => accept(storedProvider(row)));
}

export async function listProviders(
  context: Context,
  ref: AccountRef,
  request: PageRequest,
): Promise<Result<Page<ProviderItem>, Problem>> {
  const found = await locateServiceAccount(context.deps, ref.project, ref.serviceAccount);
  const access = { found, permission: "federated-identity-providers:read", place: within } as const;
  return permitted(context, access, (account) => {
    const query = (after: string, limit: number) =>
      context.deps.db
        .select()
        .from(provider)
        .where(and(eq(provider.serviceAccountId, account.id), gt(provider.id, after)))
        .orderBy(asc(provider.id))
        .limit(limit);
    return listPage(context, { name: "federated-identity-providers", query, render: providerItem }, request);
  });
}

export async function updateProvider(
  context: Context,
  ref: AccountRef,
  id: string,
  change: ProviderChange,
  ifMatch: readonly string[] | undefined,
): Verdict {
  const found = await locateProvider(context.deps, ref.project, ref.serviceAccount, id);
  const event = eventOf("update", found, id);
  const access = { found, permission: "federated-identity-providers:update", place } as const;
  return attemptChange(context, { ...access, event, ifMatch }, async (row) => {
    const next = await changedProvider(context, row, change);
    if (!next.ok) return next;
    const committed = await commit(context, {
      event: { ...event, detail: Object.keys(change).join(", ") },
      before: next.value.disabled && !row.disabled ? [revokeTokensOf(context, revokedWith(row))] : [],
      guarded: updateRow(context, row, next.value),
    });
    if (committed.ok) return accept(storedProvider(next.value));
    return refuse(committed.refusal === "unique" ? nameTaken(next.value.name) : CHANGED_MEANWHILE);
  });
}

/** Ends a trust; tokens that were got by it are revoked. */
export async function deleteProvider(
  context: Context,
  ref: AccountRef,
  id: string,
  ifMatch: readonly string[] | undefined,
): Promise<Result<true, Problem>> {
  const found = await locateProvider(context.deps, ref.project, ref.serviceAccount, id);
  const event = eventOf("delete", found, id);
  const access = { found, permission: "federated-identity-providers:delete", place } as const;
  return attemptChange(context, { ...access, event, ifMatch }, async (row) => {
    const thisState = and(
      eq(provider.projectId, row.projectId),
      eq(provider.id, row.id),
      eq(provider.version, row.version),
    );
    const committed = await commit(context, {
      event,
      before: [revokeTokensOf(context, revokedWith(row))],
      guarded: context.deps.db.delete(provider).where(thisState),
    });
    return committed.ok ? accept(true) : refuse(CHANGED_MEANWHILE);
  });
}

/**
 * For a compromised issuer key: the project believes no cached key of this issuer from the next exchange on, but
 * asks the issuer anew. Other projects keep their cache: tenants never meet.
 */
export async function purgeProviderKeys(
  context: Context,
  ref: AccountRef,
  id: string,
): Promise<Result<true, Problem>> {
  const { deps } = context;
  const found = await locateProvider(deps, ref.project, ref.serviceAccount, id);
  const event = eventOf("purge_keys", found, id);
  const access = { found, permission: "federated-identity-providers:purge-keys", place } as const;
  return attempt(context, { ...access, event }, async ({ projectId, issuer, jwks }) => {
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

function revokedWith(row: ProviderRow) {
  return { ...place(row), federatedIdentityProviderId: row.id };
}

function eventOf(verb: "update" | "delete" | "purge_keys", found: Result<ProviderRow, Problem>, id: string) {
  return {
    action: `federated_identity_provider.${verb}`,
    target: { type: "federated_identity_provider", id },
    ...(found.ok ? place(found.value) : {}),
  } as const;
}

const KEYS_UPLOADED: Problem = {
  code: "nothing_to_purge",
  detail: "This trust believes its uploaded jwks alone; replace those by PATCH, there is no cache to purge.",
};

const LIMIT_REACHED: Problem = {
  code: "limit_reached",
  detail: `A service account has at most ${PROVIDERS_PER_ACCOUNT_MAX} federated identity providers; delete one first.`,
};

function nameTaken(name: string): Problem {
  const detail = `Another federated identity provider of this account is named ${name}.`;
  return { code: "name_taken", detail, errors: [{ pointer: "/name", code: "name_taken", detail }] };
}
