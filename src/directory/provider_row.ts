import { and, eq, sql } from "drizzle-orm";
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
import type { ProviderRow, ServiceAccountRow } from "./locate.ts";
import { judgeTerms } from "./provider_rules.ts";
import { merged } from "./versioned.ts";

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

export function newProvider(
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
export function insertProvider({ deps }: Context, row: ProviderRow): Statement {
  return insertSelect(
    deps.db,
    provider,
    row,
    sql`FROM service_account a WHERE a.id = ${row.serviceAccountId}
      AND (SELECT count(*) FROM federated_identity_provider f WHERE f.service_account_id = a.id) < ${PROVIDERS_PER_ACCOUNT_MAX}`,
  );
}

export function updateRow({ deps }: Context, row: ProviderRow, next: ProviderRow): Statement {
  const { id, projectId, serviceAccountId, createdAt, lastUsedAt, ...columns } = next;
  return deps.db
    .update(provider)
    .set(columns)
    .where(and(eq(provider.projectId, projectId), eq(provider.id, id), eq(provider.version, row.version)));
}

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
