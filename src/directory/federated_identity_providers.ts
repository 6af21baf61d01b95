import { and, asc, eq, gt, sql } from "drizzle-orm";
import { commit } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import { accept, type Problem, type Result, refuse, secondsOf } from "../protocol/index.ts";
import { authorize, type Permission } from "../rbac/index.ts";
import {
  type ClaimAssertion,
  decodeCursor,
  insertSelect,
  newId,
  type Page,
  type PageRequest,
  pageOf,
  readBatch,
  type Statement,
  schema,
} from "../store/index.ts";
import { locateProvider, locateServiceAccount, type ProviderRow, type ServiceAccountRow } from "./locate.ts";
import { type ProviderItem, providerItem, storedProvider } from "./provider_item.ts";
import { judgeTerms } from "./provider_rules.ts";
import { recorded } from "./recorded.ts";
import { CHANGED_MEANWHILE, judgePrecondition, merged, notFound, type Stored } from "./versioned.ts";

export type { ProviderItem } from "./provider_item.ts";

const { federatedIdentityProvider: provider, keyPurge } = schema;
const LIST = "federated-identity-providers";
/** Trusts of one account. An exchange tries those of one issuer, so their number is a bound on its work. */
const PROVIDERS_MAX = 100;

export interface ProviderInput {
  readonly name: string;
  readonly issuer: string;
  readonly assertions: readonly ClaimAssertion[];
  /** The issuer's key set, where it cannot be fetched. */
  readonly jwks?: { readonly keys: readonly unknown[] } | undefined;
  /** Seconds. */
  readonly tokenLifetime?: number | undefined;
  readonly disabled?: boolean | undefined;
}

/** A merge patch; lists are replaced whole. @see RFC 7396 */
export interface ProviderChange {
  readonly name?: string | undefined;
  readonly issuer?: string | undefined;
  readonly assertions?: readonly ClaimAssertion[] | undefined;
  readonly jwks?: { readonly keys: readonly unknown[] } | null | undefined;
  readonly tokenLifetime?: number | null | undefined;
  readonly disabled?: boolean | undefined;
}

/** Where a trust lies: `{project}` and `{serviceAccount}` of the path. */
export interface AccountRef {
  readonly project: string;
  readonly serviceAccount: string;
}

type Verdict = Promise<Result<Stored<ProviderItem>, Problem>>;

export async function createProvider(context: Context, ref: AccountRef, input: ProviderInput): Verdict {
  const { deps } = context;
  const found = await locateServiceAccount(deps, ref.project, ref.serviceAccount);
  const account = found.ok ? found.value.account : undefined;
  const event = eventOf("federated_identity_provider.create", account, undefined);
  return recorded(context, event, async () => {
    if (!found.ok) return found;
    const allowed = allow(context, "federated-identity-providers:create", found.value.account);
    if (!allowed.ok) return allowed;
    const keys = await judgeTerms(deps.config, { ...input, jwks: input.jwks ?? null });
    if (!keys.ok) return keys;
    const row = newProvider(context, found.value.account, input, keys.value);
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
  if (!found.ok) return found;
  const allowed = allow(context, "federated-identity-providers:read", found.value.account);
  return allowed.ok ? accept(storedProvider(found.value.provider)) : allowed;
}

export async function listProviders(
  context: Context,
  ref: AccountRef,
  request: PageRequest,
): Promise<Result<Page<ProviderItem>, Problem>> {
  const { deps } = context;
  const found = await locateServiceAccount(deps, ref.project, ref.serviceAccount);
  if (!found.ok) return found;
  const allowed = allow(context, "federated-identity-providers:read", found.value.account);
  if (!allowed.ok) return allowed;
  const after = decodeCursor(LIST, request);
  if (!after.ok) return after;
  const query = deps.db
    .select()
    .from(provider)
    .where(and(eq(provider.serviceAccountId, found.value.account.id), gt(provider.id, after.value ?? "")))
    .orderBy(asc(provider.id))
    .limit(request.pageSize + 1);
  const [rows] = await readBatch(deps.db, [query]);
  return accept(pageOf(LIST, rows, request.pageSize, providerItem));
}

export async function updateProvider(
  context: Context,
  ref: AccountRef,
  id: string,
  change: ProviderChange,
  ifMatch: readonly string[] | undefined,
): Verdict {
  const { deps } = context;
  const found = await locateProvider(deps, ref.project, ref.serviceAccount, id);
  const event = eventOf("federated_identity_provider.update", found.ok ? found.value.account : undefined, id);
  return recorded(context, event, async () => {
    if (!found.ok) return found;
    const allowed = allow(context, "federated-identity-providers:update", found.value.account);
    if (!allowed.ok) return allowed;
    const row = found.value.provider;
    const current = judgePrecondition(row, ifMatch);
    if (!current.ok) return current;
    const next = await changedProvider(context, row, change);
    if (!next.ok) return next;
    const committed = await commit(context, {
      event: { ...event, detail: Object.keys(change).join(", ") },
      guarded: updateRow(context, row, next.value),
    });
    if (committed.ok) return accept(storedProvider(next.value));
    return refuse(committed.refusal === "unique" ? nameTaken(next.value.name) : CHANGED_MEANWHILE);
  });
}

export async function deleteProvider(
  context: Context,
  ref: AccountRef,
  id: string,
  ifMatch: readonly string[] | undefined,
): Promise<Result<true, Problem>> {
  const { deps } = context;
  const found = await locateProvider(deps, ref.project, ref.serviceAccount, id);
  const event = eventOf("federated_identity_provider.delete", found.ok ? found.value.account : undefined, id);
  return recorded(context, event, async () => {
    if (!found.ok) return found;
    const allowed = allow(context, "federated-identity-providers:delete", found.value.account);
    if (!allowed.ok) return allowed;
    const row = found.value.provider;
    const current = judgePrecondition(row, ifMatch);
    if (!current.ok) return current;
    const guarded = deps.db
      .delete(provider)
      .where(and(eq(provider.id, row.id), eq(provider.version, row.version)));
    const committed = await commit(context, { event, guarded });
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
  const event = eventOf(
    "federated_identity_provider.purge_keys",
    found.ok ? found.value.account : undefined,
    id,
  );
  return recorded(context, event, async () => {
    if (!found.ok) return found;
    const allowed = allow(context, "federated-identity-providers:purge-keys", found.value.account);
    if (!allowed.ok) return allowed;
    const { projectId, issuer } = found.value.provider;
    const mark = { generation: newId(deps.nowMs()), purgedAt: secondsOf(deps.nowMs()) };
    const guarded = deps.db
      .insert(keyPurge)
      .values({ projectId, issuer, ...mark })
      .onConflictDoUpdate({ target: [keyPurge.projectId, keyPurge.issuer], set: mark });
    const committed = await commit(context, { event: { ...event, detail: issuer }, guarded });
    return committed.ok ? accept(true) : notFound("project");
  });
}

function allow(context: Context, permission: Permission, account: ServiceAccountRow) {
  return authorize(context.actor, permission, { projectId: account.projectId, serviceAccountId: account.id });
}

type Verb = "create" | "update" | "delete" | "purge_keys";

function eventOf(
  action: `federated_identity_provider.${Verb}`,
  account: ServiceAccountRow | undefined,
  id: string | undefined,
) {
  return {
    action,
    target: { type: "federated_identity_provider", id },
    projectId: account?.projectId,
    serviceAccountId: account?.id,
  } as const;
}

function newProvider(
  { deps }: Context,
  account: ServiceAccountRow,
  input: ProviderInput,
  jwks: ProviderRow["jwks"],
): ProviderRow {
  const now = secondsOf(deps.nowMs());
  return {
    id: newId(deps.nowMs()),
    projectId: account.projectId,
    serviceAccountId: account.id,
    name: input.name,
    issuer: input.issuer,
    assertions: input.assertions,
    jwks,
    tokenLifetime: input.tokenLifetime ?? null,
    disabled: input.disabled ?? false,
    lastUsedAt: null,
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
}

/** Inserted only while the account is there and has room: of two that race for the last place one gets it. */
function insertProvider({ deps }: Context, row: ProviderRow): Statement {
  return insertSelect(
    deps.db,
    provider,
    row,
    sql`FROM service_account a WHERE a.id = ${row.serviceAccountId}
      AND (SELECT count(*) FROM federated_identity_provider f WHERE f.service_account_id = a.id) < ${PROVIDERS_MAX}`,
  );
}

function updateRow({ deps }: Context, row: ProviderRow, next: ProviderRow): Statement {
  const { id, projectId, serviceAccountId, createdAt, lastUsedAt, ...columns } = next;
  return deps.db
    .update(provider)
    .set(columns)
    .where(and(eq(provider.id, id), eq(provider.version, row.version)));
}

async function changedProvider(
  { deps }: Context,
  row: ProviderRow,
  change: ProviderChange,
): Promise<Result<ProviderRow, Problem>> {
  const issuer = change.issuer ?? row.issuer;
  const assertions = change.assertions ?? row.assertions;
  const keys = await judgeTerms(deps.config, { issuer, assertions, jwks: merged(row.jwks, change.jwks) });
  if (!keys.ok) return keys;
  return accept({
    ...row,
    issuer,
    assertions,
    jwks: keys.value,
    name: change.name ?? row.name,
    tokenLifetime: merged(row.tokenLifetime, change.tokenLifetime),
    disabled: change.disabled ?? row.disabled,
    version: row.version + 1,
    updatedAt: secondsOf(deps.nowMs()),
  });
}

const LIMIT_REACHED: Problem = {
  code: "limit_reached",
  detail: `A service account has at most ${PROVIDERS_MAX} federated identity providers; delete one first.`,
};

function nameTaken(name: string): Problem {
  const detail = `Another federated identity provider of this account is named ${name}.`;
  return { code: "name_taken", detail, errors: [{ pointer: "/name", code: "name_taken", detail }] };
}
