import { and, type SQL, sql } from "drizzle-orm";
import type { Context } from "../deps.ts";
import { accept, type Problem, type Result, secondsOf } from "../protocol/index.ts";
import { insertSelect, newId, type Statement, schema } from "../store/index.ts";
import { generateEmail } from "./email.ts";
import { isAt } from "./etag.ts";
import { type Labels, type LabelsChange, mergeLabels } from "./labels.ts";
import type { ServiceAccountRow } from "./locate.ts";
import { merged } from "./merge_patch.ts";

const { serviceAccount } = schema;

export interface ServiceAccountInput {
  readonly name: string;
  readonly displayName?: string | undefined;
  readonly description?: string | undefined;
  readonly owner?: string | undefined;
  readonly labels?: Labels | undefined;
  readonly disabled?: boolean | undefined;
  /** Integer seconds since the epoch. */
  readonly expiresAt?: number | undefined;
  readonly allowedAudiences?: readonly string[] | undefined;
  /** Seconds. */
  readonly tokenLifetime?: number | undefined;
}

/** A merge patch. @see RFC 7396 */
export interface ServiceAccountChange {
  readonly name?: string | undefined;
  readonly displayName?: string | null | undefined;
  readonly description?: string | null | undefined;
  readonly owner?: string | null | undefined;
  readonly labels?: LabelsChange | undefined;
  readonly disabled?: boolean | undefined;
  readonly expiresAt?: number | null | undefined;
  readonly allowedAudiences?: readonly string[] | null | undefined;
  readonly tokenLifetime?: number | null | undefined;
}

/** An account as it will be stored, under an e-mail of its own. */
export function newAccount(
  { deps }: Context,
  projectId: string,
  input: ServiceAccountInput,
): ServiceAccountRow {
  const now = secondsOf(deps.nowMs());
  return {
    id: newId(deps.nowMs()),
    projectId,
    name: input.name,
    email: generateEmail(input.name, deps.config.emailDomain),
    displayName: input.displayName ?? null,
    description: input.description ?? null,
    owner: input.owner ?? null,
    labels: input.labels ?? {},
    allowedAudiences: input.allowedAudiences ?? [],
    tokenLifetime: input.tokenLifetime ?? null,
    disabled: input.disabled ?? false,
    expiresAt: input.expiresAt ?? null,
    lastUsedAt: null,
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
}

/** Inserted only while the project is there, whether or not the database keeps foreign keys. */
export function insertAccount({ deps }: Context, row: ServiceAccountRow): Statement {
  return insertSelect(deps.db, serviceAccount, row, sql`FROM project p WHERE p.id = ${row.projectId}`);
}

/** The account after a change; refuses what may not be stored. */
export function changedAccount(
  { deps }: Context,
  row: ServiceAccountRow,
  change: ServiceAccountChange,
): Result<ServiceAccountRow, Problem> {
  const labels = mergeLabels(row.labels, change.labels);
  if (!labels.ok) return labels;
  return accept({
    ...row,
    name: change.name ?? row.name,
    displayName: merged(row.displayName, change.displayName),
    description: merged(row.description, change.description),
    owner: merged(row.owner, change.owner),
    labels: labels.value,
    allowedAudiences: merged(row.allowedAudiences, change.allowedAudiences) ?? [],
    tokenLifetime: merged(row.tokenLifetime, change.tokenLifetime),
    disabled: change.disabled ?? row.disabled,
    expiresAt: merged(row.expiresAt, change.expiresAt),
    version: row.version + 1,
    updatedAt: secondsOf(deps.nowMs()),
  });
}

/**
 * Whether a change may let an account be good again or for longer, or for more: the credentials that it has are then worth
 * more than they were.
 */
export function mayRevive({ disabled, expiresAt, allowedAudiences }: ServiceAccountChange): boolean {
  return disabled === false || expiresAt !== undefined || allowedAudiences !== undefined;
}

/** Until when an account is good, as integer seconds: one that is disabled was never good. */
export function endOf({ disabled, expiresAt }: ServiceAccountRow): number {
  return disabled ? 0 : (expiresAt ?? Number.MAX_SAFE_INTEGER);
}

/** Changes the row only at the version that was read. @param guard what else must hold then */
export function updateAccountRow(
  { deps }: Context,
  row: ServiceAccountRow,
  next: ServiceAccountRow,
  guard: SQL,
): Statement {
  const { id, projectId, email, createdAt, lastUsedAt, ...columns } = next;
  return deps.db
    .update(serviceAccount)
    .set(columns)
    .where(and(isAt(serviceAccount, row), guard));
}
