import { and } from "drizzle-orm";
import type { Context } from "../deps.ts";
import {
  accept,
  type ClaimAssertion,
  PROVIDERS_PER_ACCOUNT_MAX,
  type Problem,
  type Result,
  secondsOf,
} from "../protocol/index.ts";
import { insertSelect, newId, type Statement, schema } from "../store/index.ts";
import { whileRoom } from "./account_members.ts";
import { stillHolds } from "./bindings/grants_version.ts";
import { isAt } from "./etag.ts";
import type { ProviderRow, ServiceAccountRow } from "./locate.ts";
import { merged } from "./merge_patch.ts";
import { judgeTerms } from "./provider_rules.ts";

const { federatedIdentityProvider: provider } = schema;

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

/** A trust as it will be stored; refuses what may not be. */
export async function newProvider(
  { deps }: Context,
  account: ServiceAccountRow,
  input: ProviderInput,
): Promise<Result<ProviderRow, Problem>> {
  const keys = await judgeTerms(deps.config, { ...input, jwks: input.jwks ?? null });
  if (!keys.ok) return keys;
  const now = secondsOf(deps.nowMs());
  return accept({
    id: newId(deps.nowMs()),
    projectId: account.projectId,
    serviceAccountId: account.id,
    name: input.name,
    issuer: input.issuer,
    assertions: input.assertions,
    jwks: keys.value,
    tokenLifetime: input.tokenLifetime ?? null,
    disabled: input.disabled ?? false,
    lastUsedAt: null,
    version: 1,
    createdAt: now,
    updatedAt: now,
  });
}

/** The trust after a change; refuses what may not be stored. */
export async function changedProvider(
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

/** Inserted only while the account is there and has room. */
export function insertProvider(context: Context, row: ProviderRow): Statement {
  return insertSelect(
    context.deps.db,
    provider,
    row,
    whileRoom(context, row, { table: provider, max: PROVIDERS_PER_ACCOUNT_MAX }),
  );
}

/** Changes the row only at the version that was read. */
export function updateProviderRow(context: Context, row: ProviderRow, next: ProviderRow): Statement {
  const { id, projectId, serviceAccountId, createdAt, lastUsedAt, ...columns } = next;
  const guard = and(isAt(provider, row), stillHolds(context, row.projectId));
  return context.deps.db.update(provider).set(columns).where(guard);
}
