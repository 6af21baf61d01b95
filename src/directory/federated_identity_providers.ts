import { and, asc, eq, gt } from "drizzle-orm";
import { commit } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import {
  accept,
  PROVIDERS_PER_ACCOUNT_MAX,
  type Problem,
  type Result,
  refuse,
  secondsOf,
} from "../protocol/index.ts";
import { authorize, type Permission } from "../rbac/index.ts";
import {
  decodeCursor,
  newId,
  type Page,
  type PageRequest,
  pageOf,
  readBatch,
  schema,
} from "../store/index.ts";
import { locateProvider, locateServiceAccount, type ServiceAccountRow } from "./locate.ts";
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
import { recorded } from "./recorded.ts";
import { CHANGED_MEANWHILE, judgePrecondition, notFound, type Stored } from "./versioned.ts";

export type { ProviderItem } from "./provider_item.ts";
export type { ProviderChange, ProviderInput } from "./provider_row.ts";

const { federatedIdentityProvider: provider, keyPurge } = schema;
const LIST = "federated-identity-providers";

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

const LIMIT_REACHED: Problem = {
  code: "limit_reached",
  detail: `A service account has at most ${PROVIDERS_PER_ACCOUNT_MAX} federated identity providers; delete one first.`,
};

function nameTaken(name: string): Problem {
  const detail = `Another federated identity provider of this account is named ${name}.`;
  return { code: "name_taken", detail, errors: [{ pointer: "/name", code: "name_taken", detail }] };
}
