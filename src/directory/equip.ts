import { eq, type SQL, sql } from "drizzle-orm";
import type { Context } from "../deps.ts";
import { accept, type Problem, type Result, refuse } from "../protocol/index.ts";
import { grantsOf, heldBindingsOf, heldColumn, notHeldOutright, type Place, placeOf } from "../rbac/index.ts";
import { readBatch, schema } from "../store/index.ts";
import { notHeld } from "./problems.ts";

const { project, serviceAccount } = schema;

/**
 * Whether the actor may give an account another credential, or let those that it has be good again or for longer:
 * whoever can use one is the account, so he must hold all that it holds. Else the way to more than one's own rights would
 * lead over a second account.
 */
export async function mayEquip(context: Context, place: Place): Promise<Result<true, Problem>> {
  const { actor, deps } = context;
  const { serviceAccountId } = place;
  if (actor.type === "bootstrap" || serviceAccountId === undefined) return accept(true);
  const held = heldColumn(sql`b.principal_type = 'service_account' AND b.principal_id = ${serviceAccountId}`);
  const query = deps.db
    .select({ held: held.as("held") })
    .from(serviceAccount)
    .where(eq(serviceAccount.id, serviceAccountId));
  const [[row]] = await readBatch(deps.db, [query]);
  const missing = notHeldOutright(context, grantsOf(heldBindingsOf(row?.held ?? "[]")));
  if (missing.length === 0) return accept(true);
  const named = missing.slice(0, 10).join(", ");
  const detail = `Nobody makes a credential for more than he holds: this account holds ${named}, which would have to be yours there too, without a condition.`;
  return refuse({ code: "permission_denied", detail });
}

/**
 * Whether the actor may take bindings along with what they hang on: he must hold all that they permit, or deny, where they
 * do. Else what he may not unbind he would unbind by deleting somebody.
 * @param hangsOn a condition on `role_binding`, within the project
 */
export async function mayUnbind(
  context: Context,
  projectId: string,
  hangsOn: SQL,
): Promise<Result<true, Problem>> {
  if (context.actor.type === "bootstrap") return accept(true);
  const { db } = context.deps;
  // One of each kind: thousands may be bound to one role on one account.
  const held = heldColumn(sql`b.id IN (SELECT min(role_binding.id) FROM role_binding
    WHERE role_binding.project_id = ${projectId} AND (${hangsOn})
    GROUP BY built_in_role, role_id, resource_type, resource_id, resource_path)`);
  const query = db
    .select({ held: held.as("held") })
    .from(project)
    .where(eq(project.id, projectId));
  const [[row]] = await readBatch(db, [query]);
  const grants = heldBindingsOf(row?.held ?? "[]").map(({ resource, permissions }) => ({
    place: placeOf(projectId, resource),
    permissions,
  }));
  const missing = notHeldOutright(context, grants);
  return missing.length === 0 ? accept(true) : refuse(notHeld(missing));
}
