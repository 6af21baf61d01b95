import { eq } from "drizzle-orm";
import { commit } from "../../audit/index.ts";
import type { Context, Deps } from "../../deps.ts";
import {
  accept,
  type BindingResource,
  type MemberProblem,
  type Problem,
  type Result,
  ROLE_BINDINGS_PER_PRINCIPAL_MAX,
  ROLE_BINDINGS_PER_PROJECT_MAX,
  refuse,
  WORKLOAD_BINDINGS_PER_ISSUER_MAX,
} from "../../protocol/index.ts";
import { placeOf } from "../../rbac/index.ts";
import { type Page, type PageRequest, schema } from "../../store/index.ts";
import { attempt, attemptChange, eventOn, permitted } from "../attempt.ts";
import type { Stored } from "../etag.ts";
import { listPage } from "../list_page.ts";
import {
  locateProject,
  locateRoleBinding,
  type ProjectMemberRef,
  type ProjectRow,
  type RoleBindingRow,
} from "../locate.ts";
import { membersOf, type Patch } from "../merge_patch.ts";
import { placeOfProject } from "../places.ts";
import { CHANGED_MEANWHILE } from "../problems.ts";
import { haveGrantsMoved, moveGrants, stillHolds } from "./grants_version.ts";
import type { Deletion } from "./hanging.ts";
import { endDenied } from "./role_binding_end.ts";
import type { RoleBindingChange, RoleBindingInput } from "./role_binding_input.ts";
import { type RoleBindingItem, roleBindingItem, storedBinding } from "./role_binding_item.ts";
import { findResource } from "./role_binding_names.ts";
import {
  boundBy,
  guardOf,
  mayBind,
  mayTakeBack,
  permissionsOf,
  placeOfBinding,
} from "./role_binding_rights.ts";
import {
  changedBinding,
  deleteBindingRow,
  insertBinding,
  newBinding,
  updateBindingRow,
} from "./role_binding_row.ts";

const { roleBinding } = schema;

type Verdict = Promise<Result<Stored<RoleBindingItem>, Problem>>;

/** Gives a role to somebody on something, or denies it to him: of what the caller holds there himself, and not to himself. */
export async function createRoleBinding(
  context: Context,
  projectRef: string,
  input: RoleBindingInput,
): Verdict {
  const found = await locateWhere(context.deps, projectRef, input);
  const place = ({ project, resource }: Where) =>
    placeOf(project.id, resource.ok ? resource.value : sought(input));
  const access = { found, permission: "role-bindings:create", place, action: "role_binding.create" } as const;
  return attempt(context, access, async ({ project, resource }, event) => {
    const made = await newBinding(context, project, resource, input);
    if (!made.ok) return made;
    const { row, role } = made.value;
    const allowed = mayBind(context, row, role.permissions);
    if (!allowed.ok) return allowed;
    const committed = await commit(context, {
      event: { ...eventOn(event, row.id), projectId: project.id, detail: summaryOf(row) },
      before: endDenied(context, row),
      guarded: insertBinding(context, made.value, stillHolds(context, project.id)),
      after: [moveGrants(context, project.id)],
    });
    if (committed.ok) return accept(storedBinding(row));
    return refuse((await haveGrantsMoved(context, project.id)) ? CHANGED_MEANWHILE : NO_ROOM);
  });
}

/** Where a role is to be bound. */
interface Where {
  readonly project: ProjectRow;
  readonly resource: Result<BindingResource, MemberProblem>;
}

async function locateWhere(
  deps: Deps,
  projectRef: string,
  { resource }: RoleBindingInput,
): Promise<Result<Where, Problem>> {
  const project = await locateProject(deps, projectRef);
  if (!project.ok) return project;
  return accept({ project: project.value, resource: await findResource(deps, project.value.id, resource) });
}

/** What is not there is asked for like what is not the caller's to see: he is told of both in the same words. */
function sought({ resource = { type: "project" } }: RoleBindingInput): BindingResource {
  switch (resource.type) {
    case "project":
      return { type: "project", id: "", path: "" };
    case "service_account":
      return { type: "service_account", id: resource.serviceAccount, path: "" };
    case "resource_server":
      return { type: "resource_server", id: resource.resourceServer, path: "" };
  }
}

/** A role binding by its id. */
export async function getRoleBinding(context: Context, ref: ProjectMemberRef): Verdict {
  const found = await locateRoleBinding(context.deps, ref);
  const access = { found, permission: "role-bindings:read", place: placeOfBinding } as const;
  return permitted(context, access, async (row) => accept(storedBinding(row)));
}

/** Who may do what in a project. */
export async function listRoleBindings(
  context: Context,
  projectRef: string,
  request: PageRequest,
): Promise<Result<Page<RoleBindingItem>, Problem>> {
  const found = await locateProject(context.deps, projectRef);
  const access = { found, permission: "role-bindings:read", place: placeOfProject } as const;
  return permitted(context, access, ({ id }) => {
    const scope = eq(roleBinding.projectId, id);
    const list = { name: "role-bindings", table: roleBinding, scope, render: roleBindingItem };
    return listPage(context, list, request);
  });
}

/** Changes when a binding holds. */
export async function updateRoleBinding(
  context: Context,
  ref: ProjectMemberRef,
  { change, ifMatch }: Patch<RoleBindingChange>,
): Verdict {
  const found = await locateRoleBinding(context.deps, ref);
  const permission = "role-bindings:update";
  const access = {
    found,
    permission,
    place: placeOfBinding,
    action: "role_binding.update",
    id: ref.id,
    ifMatch,
  } as const;
  return attemptChange(context, access, async (row, event) => {
    const next = changedBinding(context, row, change);
    if (!next.ok) return next;
    const allowed = mayBind(context, row, permissionsOf(row));
    if (!allowed.ok) return allowed;
    const guard = await guardOf(context, row, { endsIt: next.value.condition !== null });
    if (!guard.ok) return guard;
    const committed = await commit(context, {
      event: { ...event, detail: membersOf(change) },
      before: change.condition === undefined ? [] : endDenied(context, row),
      guarded: updateBindingRow(context, row, next.value, guard.value),
      after: [moveGrants(context, row.projectId)],
    });
    return committed.ok ? accept(storedBinding(next.value)) : refuse(CHANGED_MEANWHILE);
  });
}

/** Takes a role back, or a denial; what somebody holds himself alone he may take from another. */
export async function deleteRoleBinding(
  context: Context,
  ref: ProjectMemberRef,
  { ifMatch, acknowledge }: Deletion,
): Promise<Result<true, Problem>> {
  const found = await locateRoleBinding(context.deps, ref);
  const permission = "role-bindings:delete";
  const access = {
    found,
    permission,
    place: placeOfBinding,
    action: "role_binding.delete",
    id: ref.id,
    ifMatch,
  } as const;
  return attemptChange(context, access, async (row, event) => {
    const allowed = mayTakeBack(context, row.projectId, [boundBy(row, permissionsOf(row))]);
    if (!allowed.ok) return allowed;
    const guard = await guardOf(context, row, { endsIt: true, acknowledge });
    if (!guard.ok) return guard;
    const committed = await commit(context, {
      event: { ...event, detail: summaryOf(row) },
      guarded: deleteBindingRow(context, row, guard.value),
      after: [moveGrants(context, row.projectId)],
    });
    return committed.ok ? accept(true) : refuse(CHANGED_MEANWHILE);
  });
}

/** For the record: who got what, on what. */
function summaryOf(row: RoleBindingRow): string {
  const { principalType, principalId, builtInRole: name, roleId, effect, resourceType, resourceId } = row;
  const where = `${resourceType} ${resourceId}${row.resourcePath}`;
  return `${effect} ${name ?? roleId} to ${principalType} ${principalId} on ${where}`;
}

const NO_ROOM: Problem = {
  code: "limit_reached",
  detail: `A project has at most ${ROLE_BINDINGS_PER_PROJECT_MAX} role bindings, ${ROLE_BINDINGS_PER_PRINCIPAL_MAX} of one principal and ${WORKLOAD_BINDINGS_PER_ISSUER_MAX} of one issuer's workloads; or something that this one names was deleted just now.`,
};
