import { eq, type SQL, sql } from "drizzle-orm";
import type { Context } from "../deps.ts";
import {
  type ActingParty,
  type Actor,
  accept,
  type Problem,
  type Result,
  refuse,
} from "../protocol/index.ts";
import { builtInRole, type Grant, notHeldOutright, placeOf } from "../rbac/index.ts";
import { readBatch, schema } from "../store/index.ts";
import { stillHolds } from "./grants_version.ts";
import type { LocatedBinding, RoleBindingRow } from "./locate.ts";
import { notHeld } from "./problems.ts";
import { hasOtherOwner } from "./role_binding_row.ts";

/** Where a binding binds: to change it there is to be permitted there. */
export function placeOfBinding(row: RoleBindingRow) {
  const { resourceType: type, resourceId: id, resourcePath: path } = row;
  return placeOf(row.projectId, { type, id, path });
}

/** What the role of a binding permits now. */
export function permissionsOf({ role, builtInRole: name }: LocatedBinding): readonly string[] {
  return role?.permissions ?? builtInRole(name ?? "")?.permissions ?? [];
}

/** Nobody grants more than he holds, or changes what he holds himself. */
export function mayBind(
  context: Context,
  row: RoleBindingRow,
  permissions: readonly string[],
): Result<true, Problem> {
  return isOwn(context.actor, row) ? refuse(OWN_RIGHTS) : mayUnbind(context, row, permissions);
}

/** Nobody takes back what he does not hold. A denial is an owner's affair: anybody else could lock the owners out. */
export function mayUnbind(
  context: Context,
  row: RoleBindingRow,
  permissions: readonly string[],
): Result<true, Problem> {
  const all: Grant = {
    place: { projectId: row.projectId },
    permissions: builtInRole("owner")?.permissions ?? [],
  };
  const grants = [{ place: placeOfBinding(row), permissions }, ...(row.effect === "deny" ? [all] : [])];
  const missing = notHeldOutright(context, grants);
  if (missing.length === 0) return accept(true);
  return refuse(row.effect === "deny" ? OWNERS_DENY : notHeld(missing));
}

/** Whether a binding is the actor's own, or that of somebody who acts as him. */
function isOwn(actor: Actor, row: RoleBindingRow): boolean {
  const { principalType, principalId, identityProviderId } = row;
  if (actor.type === "service_account") {
    const isNamed = ({ type, id }: Pick<ActingParty, "type" | "id">) =>
      type === principalType && id === principalId;
    return [actor, ...actor.act].some(isNamed);
  }
  if (actor.type !== "person" || identityProviderId !== actor.identityProviderId) return false;
  if (principalType === "group") return actor.groups.includes(principalId);
  return principalId === (principalType === "person" ? actor.subject : actor.email);
}

/**
 * What a write on a binding is guarded by: that rights are as they were when the actor was permitted; where it would end
 * an ownership, that there is another, and a clear word where there is none.
 */
export async function guardOf(
  context: Context,
  row: RoleBindingRow,
  endsOwnership: boolean,
): Promise<Result<SQL, Problem>> {
  const { db } = context.deps;
  const holds = stillHolds(context, row.projectId);
  if (!endsOwnership) return accept(holds);
  const hasOther = hasOtherOwner(row);
  const { project } = schema;
  const query = db
    .select({ hasOther: sql<number>`${hasOther}`.as("has_other") })
    .from(project)
    .where(eq(project.id, row.projectId));
  const [[found]] = await readBatch(db, [query]);
  return found?.hasOther === 1 ? accept(sql`${holds} AND ${hasOther}`) : refuse(LAST_OWNER);
}

const OWN_RIGHTS: Problem = {
  code: "permission_denied",
  detail: "Nobody changes what he may do himself; another one who holds the role's permissions has to do it.",
};

const OWNERS_DENY: Problem = {
  code: "permission_denied",
  detail:
    "Only an owner of the project denies, or ends a denial: the role owner would have to be yours, without a condition.",
};

const LAST_OWNER: Problem = {
  code: "last_owner",
  detail:
    "This is the project's last owner without a condition: bind another one first, or delete with acknowledge=last_owner.",
};
