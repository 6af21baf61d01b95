import { and, eq, type SQL, sql } from "drizzle-orm";
import type { AuditEvent } from "../../audit/index.ts";
import type { Context } from "../../deps.ts";
import { accept, type Problem, type Result, refuse } from "../../protocol/index.ts";
import { type Handout, heldBindingsOf, heldColumn, notHeldOutright, placeOf } from "../../rbac/index.ts";
import { readBatch, type Statement, schema } from "../../store/index.ts";
import { NAMED_MAX, notHeld } from "../problems.ts";
import { type Acknowledged, ownersWithout } from "./owners.ts";
import { mayTakeBack } from "./role_binding_rights.ts";

const { project, roleBinding } = schema;

/** What a caller says that he knows, when he deletes. */
export interface Deletion extends Acknowledged {
  readonly ifMatch: readonly string[] | undefined;
  /** Takes along what hangs on it. */
  readonly cascade?: boolean | undefined;
}

/** What is to be deleted, and what the caller said of the bindings that hang on it. */
interface Ending extends Acknowledged {
  readonly projectId: string;
  /** A condition on `role_binding`, within the project. */
  readonly hangsOn: SQL;
  readonly cascade: boolean;
  /** What one must hold outright to take bindings along, beside what these permit. */
  readonly handouts?: readonly Handout[];
  /** Whether whom they deny something goes too, or that on which they do: such a denial has hit nobody any more. */
  readonly endsWhatIsDenied?: boolean;
}

/** How a deletion treats what hangs on it: parts of its `commit`. */
export interface TakingAlong {
  /** A binding that is made meanwhile is not taken along unasked. */
  readonly guard: SQL;
  readonly before: readonly Statement[];
  readonly event: Pick<AuditEvent, "detail">;
}

/**
 * Whether something may be deleted though role bindings hang on it, and whether the actor may take these along.
 * @throws Fault `storage`
 */
export async function judgeTakingAlong(
  context: Context,
  ending: Ending,
): Promise<Result<TakingAlong, Problem>> {
  const free = await judgeHanging(context, ending);
  if (!free.ok) return free;
  if (!ending.cascade) return accept({ guard: free.value, before: [], event: {} });
  const missing = notHeldOutright(context, ending.handouts ?? []);
  if (missing.length > 0) return refuse(notHeld(missing));
  const allowed = await mayTakeAlong(context, ending);
  if (!allowed.ok) return allowed;
  const before = [deleteBindings(context, ending)];
  return accept({ guard: free.value, before, event: { detail: "cascade" } });
}

async function judgeHanging(
  { deps }: Context,
  { projectId, hangsOn, cascade, acknowledge }: Ending,
): Promise<Result<SQL, Problem>> {
  const isHanging = sql`role_binding.project_id = ${projectId} AND (${hangsOn})`;
  const query = deps.db
    .select({ id: roleBinding.id })
    .from(roleBinding)
    .where(isHanging)
    .limit(NAMED_MAX + 1);
  const owners = ownersWithout(deps, projectId, hangsOn);
  const [rows, left] = await readBatch(deps.db, [query, owners.query]);
  if (cascade) return owners.judge(left, { acknowledge, detail: LAST_OWNER_GOES });
  if (rows.length > 0) return refuse(inUse(rows.map(({ id }) => id)));
  return accept(sql`NOT EXISTS (SELECT 1 FROM role_binding WHERE ${isHanging})`);
}

/**
 * He must hold all that the bindings permit, or deny, where they do. Else what he may not take back he would by deleting
 * what it hangs on.
 */
async function mayTakeAlong(
  context: Context,
  { projectId, hangsOn, endsWhatIsDenied = false }: Ending,
): Promise<Result<true, Problem>> {
  if (context.actor.type === "bootstrap") return accept(true);
  const { db } = context.deps;
  // One of each kind: thousands may be bound to one role on one account.
  const held = heldColumn(sql`b.id IN (SELECT min(role_binding.id) FROM role_binding
    WHERE role_binding.project_id = ${projectId} AND (${hangsOn})
    GROUP BY effect, built_in_role, role_id, resource_type, resource_id, resource_path)`);
  const query = db
    .select({ held: held.as("held") })
    .from(project)
    .where(eq(project.id, projectId));
  const [[row]] = await readBatch(db, [query]);
  const bound = heldBindingsOf(row?.held ?? "[]").map(({ effect, resource, permissions }) => ({
    effect: endsWhatIsDenied ? "allow" : effect,
    place: placeOf(projectId, resource),
    permissions,
  }));
  return mayTakeBack(context, projectId, bound);
}

const LAST_OWNER_GOES =
  "The project's last owner would go along: bind another one first, or repeat with acknowledge=last_owner too.";

/** Says what hangs on a resource, and how to go on. */
function inUse(ids: readonly string[]): Problem {
  const more = ids.length > NAMED_MAX ? " and more" : "";
  const named = ids.slice(0, NAMED_MAX).join(", ");
  return {
    code: "in_use",
    detail: `Role bindings hang on it: ${named}${more}. Delete those first, or repeat with cascade=true to take them along.`,
  };
}

/** In the batch that deletes what they hang on; may match nothing. The write moves the grants itself, behind its guard. */
function deleteBindings({ deps }: Context, { projectId, hangsOn }: Ending): Statement {
  return deps.db.delete(roleBinding).where(and(eq(roleBinding.projectId, projectId), hangsOn));
}
