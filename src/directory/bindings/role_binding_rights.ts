import { type SQL, sql } from "drizzle-orm";
import type { Context } from "../../deps.ts";
import {
  type ActingParty,
  type Actor,
  accept,
  type BindingEffect,
  type Problem,
  type Result,
  refuse,
} from "../../protocol/index.ts";
import { builtInRole, type Handout, notHeldOutright, placeOf } from "../../rbac/index.ts";
import type { LocatedBinding, RoleBindingRow } from "../locate.ts";
import { notHeld } from "../problems.ts";
import { stillHolds } from "./grants_version.ts";
import { type Acknowledged, judgeOwnersWithout } from "./owners.ts";
import { resourceOf } from "./role_binding_item.ts";

/** Where a binding binds: to change it there is to be permitted there. */
export function placeOfBinding(row: RoleBindingRow) {
  return placeOf(row.projectId, resourceOf(row));
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
  if (isOwn(context.actor, row)) return refuse(OWN_RIGHTS);
  return mayTakeBack(context, row.projectId, [boundBy(row, permissions)]);
}

/** What a binding permits, or denies. */
export interface Bound extends Handout {
  readonly effect: BindingEffect;
}

/** What a binding does, by the permissions of its role. */
export function boundBy(row: RoleBindingRow, permissions: readonly string[]): Bound {
  return { effect: row.effect, place: placeOfBinding(row), permissions };
}

/** Nobody takes back what he does not hold. A denial is an owner's affair: anybody else could lock the owners out. */
export function mayTakeBack(
  context: Context,
  projectId: string,
  bound: readonly Bound[],
): Result<true, Problem> {
  const denies = bound.some(({ effect }) => effect === "deny");
  const all: Handout = { place: { projectId }, permissions: builtInRole("owner")?.permissions ?? [] };
  const missing = notHeldOutright(context, denies ? [...bound, all] : bound);
  if (missing.length === 0) return accept(true);
  return refuse(denies ? OWNERS_DENY : notHeld(missing));
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
 * What a write on a binding is guarded by: that rights are as they were when the actor was permitted; where it may end
 * an ownership, that there is another, and a clear word where there is none.
 */
export async function guardOf(
  context: Context,
  { id, projectId }: RoleBindingRow,
  { endsIt, acknowledge }: Acknowledged & { readonly endsIt: boolean },
): Promise<Result<SQL, Problem>> {
  const holds = stillHolds(context, projectId);
  if (!endsIt) return accept(holds);
  const condition = sql`role_binding.id = ${id}`;
  const owned = await judgeOwnersWithout(context, projectId, { condition, acknowledge, detail: LAST_OWNER });
  return owned.ok ? accept(sql`${holds} AND ${owned.value}`) : owned;
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

const LAST_OWNER =
  "This is the project's last owner without a condition: bind another one first, or delete with acknowledge=last_owner.";
