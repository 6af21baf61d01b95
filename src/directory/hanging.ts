import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Context } from "../deps.ts";
import { accept, type Problem, type Result, refuse } from "../protocol/index.ts";
import { readBatch, type Statement, schema } from "../store/index.ts";
import { moveGrants } from "./grants_version.ts";

const { roleBinding } = schema;

/** What a caller says that he knows, when he deletes. */
export interface Deletion {
  readonly ifMatch: readonly string[] | undefined;
  /** Takes along what hangs on it. */
  readonly cascade?: boolean | undefined;
  /** Warnings that he has read: `last_owner`. */
  readonly acknowledge?: readonly string[] | undefined;
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
  const staying = sql`EXISTS (SELECT 1 FROM role_binding WHERE role_binding.project_id = ${projectId}
    AND ${IS_OWNERSHIP} AND NOT (${hangsOn}))`;
  const { project } = schema;
  const owners = deps.db
    .select({
      go: sql<number>`EXISTS (SELECT 1 FROM role_binding WHERE ${isHanging} AND ${isOwnerRole("role_binding")})`.as(
        "go",
      ),
      stay: sql<number>`${staying}`.as("stay"),
    })
    .from(project)
    .where(eq(project.id, projectId));
  const [rows, [found]] = await readBatch(deps.db, [query, owners]);
  if (!cascade) {
    if (rows.length > 0) return refuse(inUse(rows.map(({ id }) => id)));
    return accept(sql`NOT EXISTS (SELECT 1 FROM role_binding WHERE ${isHanging})`);
  }
  if (found?.go !== 1 || acknowledge.includes("last_owner")) return accept(sql`1`);
  // Asked again when it is written: of two owners that go at the same time one stays.
  return found.stay === 1 ? accept(staying) : refuse(LAST_OWNER_GOES);
}

/** What makes somebody an owner of a project for good: outright, and on all of it. @param alias of `role_binding` */
export function isOwnershipIn(alias: string): SQL {
  const b = sql.raw(alias);
  return sql`(${isOwnerRole(alias)} AND (${b}.principal_type <> 'service_account'
    OR EXISTS (SELECT 1 FROM service_account a WHERE a.id = ${b}.principal_id AND a.disabled = 0)))`;
}

/** As `isOwnershipIn`, but an account that is off has it still. */
function isOwnerRole(alias: string): SQL {
  const b = sql.raw(alias);
  return sql`(${b}.built_in_role = 'owner' AND ${b}.effect = 'allow' AND ${b}.resource_type = 'project'
    AND ${b}.condition IS NULL AND ${b}.principal_type <> 'workloads')`;
}

/** `isOwnershipIn`, where the table has its own name. */
export const IS_OWNERSHIP = isOwnershipIn("role_binding");

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

/** Takes bindings along, in the batch that deletes what they hang on; may match nothing. */
export function endBindings(
  context: Context,
  projectId: string,
  condition: SQL | undefined,
): readonly Statement[] {
  return [
    moveGrants(context, projectId),
    context.deps.db.delete(roleBinding).where(and(eq(roleBinding.projectId, projectId), condition)),
  ];
}
