import { and, eq, gt, isNull, lte, or, type SQL, sql } from "drizzle-orm";
import { type SQLiteColumn, unionAll } from "drizzle-orm/sqlite-core";
import type { Deps } from "../../deps.ts";
import { instantOf } from "../../protocol/index.ts";
import { schema } from "../../store/index.ts";
import { isGoodProjectToken } from "../../tokens/index.ts";

const { serviceAccount, serviceAccountKey, projectToken, federatedIdentityProvider: provider } = schema;

export type UnusedKind =
  | "service_account"
  | "service_account_key"
  | "project_token"
  | "federated_identity_provider";

/** What is sought: instants as integer seconds. */
interface Sought {
  readonly projectId: string;
  readonly now: number;
  /** Neither made nor used after this one. */
  readonly before: number;
  /** Ids of the page are above it. */
  readonly after: string;
  readonly limit: number;
}

/** Accounts and credentials that are good now, and were neither made nor used lately; by id, so the oldest first. */
export function unusedQuery({ db }: Deps, sought: Sought) {
  const { now, before } = sought;
  const isAlive = and(eq(serviceAccount.disabled, false), isOpen(serviceAccount.expiresAt, now));
  const isOfAlive = (table: OwnedTable, isGood: SQL | undefined) =>
    and(isAlive, eq(serviceAccount.id, table.serviceAccountId), isUnused(table, sought), isGood);
  const isGoodKey = and(
    eq(serviceAccountKey.active, true),
    isNull(serviceAccountKey.leakedAt),
    isOpen(serviceAccountKey.validUntil, now),
  );
  const isGoodToken = and(
    isGoodProjectToken(now),
    // One that was made anew is as young as that.
    lte(projectToken.issuedAt, before),
  );
  return unionAll(
    db
      .select(columnsOf("service_account", serviceAccount, sql`${serviceAccount.name}`))
      .from(serviceAccount)
      .where(and(isAlive, isUnused(serviceAccount, sought))),
    db
      .select(columnsOf("service_account_key", serviceAccountKey, sql`NULL`))
      .from(serviceAccountKey)
      .innerJoin(serviceAccount, isOfAlive(serviceAccountKey, isGoodKey)),
    db
      .select(columnsOf("project_token", projectToken, sql`${projectToken.name}`))
      .from(projectToken)
      .innerJoin(serviceAccount, isOfAlive(projectToken, isGoodToken)),
    db
      .select(columnsOf("federated_identity_provider", provider, sql`${provider.name}`))
      .from(provider)
      .innerJoin(serviceAccount, isOfAlive(provider, eq(provider.disabled, false))),
  )
    .orderBy(sql`id`)
    .limit(sought.limit);
}

type UsedTable = Readonly<Record<"id" | "projectId" | "lastUsedAt" | "createdAt", SQLiteColumn>>;
type OwnedTable = UsedTable & { readonly serviceAccountId: SQLiteColumn };

/** Each by its own name: rows of a batch are told by the names of their columns. */
function columnsOf(kind: UnusedKind, table: UsedTable, name: SQL) {
  return {
    kind: sql<UnusedKind>`${kind}`.as("kind"),
    id: sql<string>`${table.id}`.as("id"),
    name: sql<string | null>`${name}`.as("name"),
    serviceAccountId: sql<string>`${serviceAccount.id}`.as("service_account_id"),
    serviceAccountName: sql<string>`${serviceAccount.name}`.as("service_account_name"),
    lastUsedAt: sql<number | null>`${table.lastUsedAt}`.as("last_used_at"),
    createdAt: sql<number>`${table.createdAt}`.as("created_at"),
  };
}

function isUnused(table: UsedTable, { projectId, before, after }: Sought): SQL | undefined {
  const isIdle = or(isNull(table.lastUsedAt), lte(table.lastUsedAt, before));
  return and(eq(table.projectId, projectId), gt(table.id, after), lte(table.createdAt, before), isIdle);
}

function isOpen(end: SQLiteColumn, now: number): SQL | undefined {
  return or(isNull(end), gt(end, now));
}

export type UnusedRow = ReturnType<typeof unusedItem>;

/** What was found as it is answered; keys have no name. @param now integer seconds */
export function unusedItem(
  { createdAt, lastUsedAt, ...row }: Awaited<ReturnType<typeof unusedQuery>>[number],
  now: number,
) {
  return {
    ...row,
    lastUsedAt: lastUsedAt === null ? null : instantOf(lastUsedAt),
    createdAt: instantOf(createdAt),
    ageDays: Math.floor((now - createdAt) / (24 * 3600)),
  };
}
