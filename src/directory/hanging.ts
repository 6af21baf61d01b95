import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Context } from "../deps.ts";
import { accept, type Problem, type Result, refuse } from "../protocol/index.ts";
import { readBatch, type Statement, schema } from "../store/index.ts";

const { roleBinding } = schema;

/** What a caller says that he knows. */
export interface Acknowledged {
  /** Warnings that he has read: `last_owner`. */
  readonly acknowledge?: readonly string[] | undefined;
}

/** What a caller says that he knows, when he deletes. */
export interface Deletion extends Acknowledged {
  readonly ifMatch: readonly string[] | undefined;
  /** Takes along what hangs on it. */
  readonly cascade?: boolean | undefined;
}

/** Bindings that a refusal names, at most. */
const NAMED_MAX = 5;

/** Which bindings hang on something, and what the caller said of them. */
interface Hanging {
  /** A condition on `role_binding`, within the project. */
  readonly hangsOn: SQL;
  readonly cascade: boolean;
  readonly acknowledge?: readonly string[];
}

/**
 * Whether something may be deleted though role bindings hang on it. The answer is the condition that the deletion is
 * guarded by: a binding that is made meanwhile is not taken along unasked.
 */
export async function judgeHanging(
  { deps }: Context,
  { projectId }: { readonly projectId: string },
  { hangsOn, cascade, acknowledge = [] }: Hanging,
): Promise<Result<SQL, Problem>> {
  const isHanging = sql`role_binding.project_id = ${projectId} AND (${hangsOn})`;
  const query = deps.db
    .select({ id: roleBinding.id })
    .from(roleBinding)
    .where(isHanging)
    .limit(NAMED_MAX + 1);
  const { found, staying } = ownersWithout(deps, projectId, hangsOn);
  const [rows, [owners]] = await readBatch(deps.db, [query, found]);
  if (!cascade) {
    if (rows.length > 0) return refuse(inUse(rows.map(({ id }) => id)));
    return accept(sql`NOT EXISTS (SELECT 1 FROM role_binding WHERE ${isHanging})`);
  }
  if (owners?.go !== 1 || acknowledge.includes("last_owner")) return accept(sql`1`);
  return owners.stay === 1 ? accept(staying) : refuse(LAST_OWNER_GOES);
}

/**
 * Whether a project keeps an owner though an account that is good is switched off, or gets an end. The answer is the
 * condition that the change is guarded by, as for `judgeHanging`.
 */
export async function judgeOwnerEnds(
  { deps }: Context,
  { id, projectId }: { readonly id: string; readonly projectId: string },
  { acknowledge = [] }: Acknowledged,
): Promise<Result<SQL, Problem>> {
  if (acknowledge.includes("last_owner")) return accept(sql`1`);
  const isItsOwn = sql`role_binding.principal_type = 'service_account' AND role_binding.principal_id = ${id}`;
  const { found, staying } = ownersWithout(deps, projectId, isItsOwn);
  const [[owners]] = await readBatch(deps.db, [found]);
  if (owners?.go !== 1) return accept(sql`1`);
  return owners.stay === 1 ? accept(staying) : refuse(LAST_OWNER_ENDS);
}

/**
 * Whether owners of a project go with the bindings for which a condition holds, and whether others stay. That they do is
 * asked again when it is written: of two owners that go at the same time one stays.
 */
function ownersWithout({ db }: Context["deps"], projectId: string, condition: SQL) {
  const { project } = schema;
  const bindings = sql`EXISTS (SELECT 1 FROM role_binding WHERE role_binding.project_id = ${projectId}`;
  const going = sql<number>`${bindings} AND ${HAS_OWNER_ROLE} AND (${condition}))`;
  const staying = sql<number>`${bindings} AND ${IS_OWNERSHIP} AND NOT (${condition}))`;
  const found = db
    .select({ go: going.as("go"), stay: staying.as("stay") })
    .from(project)
    .where(eq(project.id, projectId));
  return { found, staying };
}

/**
 * What makes somebody an owner of a project for good: outright, on all of it, and as one who gets in now and has no end.
 * @param alias of `role_binding`
 */
export function isOwnershipIn(alias: string): SQL {
  const b = sql.raw(alias);
  return sql`(${hasOwnerRole(alias)}
    AND (${b}.principal_type <> 'service_account' OR EXISTS (SELECT 1 FROM service_account a
      WHERE a.id = ${b}.principal_id AND a.disabled = 0 AND a.expires_at IS NULL))
    AND (${b}.identity_provider_id IS NULL OR EXISTS (SELECT 1 FROM identity_provider i
      WHERE i.id = ${b}.identity_provider_id AND i.disabled = 0)))`;
}

/** As `isOwnershipIn`, but who is off, or comes to an end, has it still. */
function hasOwnerRole(alias: string): SQL {
  const b = sql.raw(alias);
  return sql`(${b}.built_in_role = 'owner' AND ${b}.effect = 'allow' AND ${b}.resource_type = 'project'
    AND ${b}.condition IS NULL AND ${b}.principal_type <> 'workloads')`;
}

/** `isOwnershipIn`, where the table has its own name. */
export const IS_OWNERSHIP = isOwnershipIn("role_binding");

/** `hasOwnerRole`, where the table has its own name. */
export const HAS_OWNER_ROLE = hasOwnerRole("role_binding");

const LAST_OWNER_ENDS: Problem = {
  code: "last_owner",
  detail:
    "This is the account of the project's last owner: bind another one first, or repeat with acknowledge=last_owner.",
};

const LAST_OWNER_GOES: Problem = {
  code: "last_owner",
  detail:
    "The project's last owner would go along: bind another one first, or repeat with acknowledge=last_owner too.",
};

/** Says what hangs on a resource, and how to go on. */
function inUse(ids: readonly string[]): Problem {
  const more = ids.length > NAMED_MAX ? " and more" : "";
  const named = ids.slice(0, NAMED_MAX).join(", ");
  return {
    code: "in_use",
    detail: `Role bindings hang on it: ${named}${more}. Delete those first, or repeat with cascade=true to take them along.`,
  };
}

/**
 * Takes bindings along, in the batch that deletes what they hang on; may match nothing. The write moves the grants itself,
 * behind its guard.
 */
export function deleteBindings({ deps }: Context, projectId: string, condition: SQL | undefined): Statement {
  return deps.db.delete(roleBinding).where(and(eq(roleBinding.projectId, projectId), condition));
}
