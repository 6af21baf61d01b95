import { and, eq, sql } from "drizzle-orm";
import { commit } from "../../audit/index.ts";
import type { Context } from "../../deps.ts";
import { accept, type Problem, type Result, ROLES_PER_PROJECT_MAX, refuse } from "../../protocol/index.ts";
import { notHeldOutright } from "../../rbac/index.ts";
import { type Page, type PageRequest, schema } from "../../store/index.ts";
import { attempt, attemptChange, eventOn, permitted } from "../attempt.ts";
import { isAt, type Stored } from "../etag.ts";
import { listPage } from "../list_page.ts";
import { locateProject, locateRole, type ProjectMemberRef, type ProjectRow } from "../locate.ts";
import { membersOf, type Patch } from "../merge_patch.ts";
import { placeInProject as place, placeOfProject } from "../places.ts";
import { CHANGED_MEANWHILE, nameTaken, notHeld } from "../problems.ts";
import { moveGrants, stillHolds } from "./grants_version.ts";
import { type Deletion, judgeTakingAlong } from "./hanging.ts";
import { endDeniedByRole } from "./role_binding_end.ts";
import {
  BUILT_IN_ROLE_ITEMS,
  type BuiltInRoleItem,
  type RoleItem,
  roleItem,
  storedRole,
} from "./role_item.ts";
import {
  changedRole,
  insertRole,
  newRole,
  type RoleChange,
  type RoleInput,
  updateRoleRow,
} from "./role_row.ts";

const { role } = schema;

type Verdict = Promise<Result<Stored<ReturnType<typeof roleItem>>, Problem>>;

/** What can be bound in a project. */
export interface RolePage extends Page<RoleItem> {
  readonly builtIn: readonly BuiltInRoleItem[];
}

/** How a name that is taken is told. */
const KIND = "role of this project";

/** Makes a role. It gives nobody anything until it is bound. */
export async function createRole(context: Context, projectRef: string, input: RoleInput): Verdict {
  const found = await locateProject(context.deps, projectRef);
  const access = { found, permission: "roles:create", place: placeOfProject, action: "role.create" } as const;
  return attempt(context, access, async (project, event) => {
    const made = await newRole(context, project.id, input);
    if (!made.ok) return made;
    const row = made.value;
    const committed = await commit(context, {
      event: { ...eventOn(event, row.id), detail: row.permissions.join(" ") },
      guarded: insertRole(context, row),
    });
    if (committed.ok) return accept(storedRole(row));
    if (committed.refusal === "unique") return refuse(nameTaken(KIND, row.name));
    const still = await locateProject(context.deps, project.id);
    return still.ok ? refuse(LIMIT_REACHED) : still;
  });
}

/** A role of the project's own, by its id. */
export async function getRole(context: Context, ref: ProjectMemberRef): Verdict {
  const found = await locateRole(context.deps, ref);
  return permitted(context, { found, permission: "roles:read", place }, async (row) =>
    accept(storedRole(row)),
  );
}

/** The roles of a project's own, page by page; beside them the built-in ones, which every project has. */
export async function listRoles(
  context: Context,
  projectRef: string,
  request: PageRequest,
): Promise<Result<RolePage, Problem>> {
  const found = await locateProject(context.deps, projectRef);
  const access = { found, permission: "roles:read", place: placeOfProject } as const;
  return permitted<ProjectRow, RolePage>(context, access, async ({ id }) => {
    const list = { name: "roles", table: role, scope: eq(role.projectId, id), render: roleItem };
    const page = await listPage(context, list, request);
    return page.ok ? accept({ ...page.value, builtIn: BUILT_IN_ROLE_ITEMS }) : page;
  });
}

/** Changes a role for all whom it is bound to, so whoever does must hold all that it permitted and will. */
export async function updateRole(
  context: Context,
  ref: ProjectMemberRef,
  { change, ifMatch }: Patch<RoleChange>,
): Verdict {
  const found = await locateRole(context.deps, ref);
  const permission = "roles:update";
  const access = { found, permission, place, action: "role.update", id: ref.id, ifMatch } as const;
  return attemptChange(context, access, async (row, event) => {
    const next = await changedRole(context, row, change);
    if (!next.ok) return next;
    const permissions =
      change.permissions === undefined ? [] : [...row.permissions, ...next.value.permissions];
    const missing = notHeldOutright(context, [{ place: place(row), permissions }]);
    if (missing.length > 0) return refuse(notHeld(missing));
    const committed = await commit(context, {
      event: { ...event, detail: membersOf(change) },
      before: change.permissions === undefined ? [] : [endDeniedByRole(context, row)],
      guarded: updateRoleRow(context, row, next.value),
      after: [moveGrants(context, row.projectId)],
    });
    if (committed.ok) return accept(storedRole(next.value));
    return refuse(committed.refusal === "unique" ? nameTaken(KIND, next.value.name) : CHANGED_MEANWHILE);
  });
}

/** Deletes a role; says what hangs on it, or takes that along. */
export async function deleteRole(
  context: Context,
  ref: ProjectMemberRef,
  { ifMatch, cascade = false }: Deletion,
): Promise<Result<true, Problem>> {
  const found = await locateRole(context.deps, ref);
  const permission = "roles:delete";
  const access = { found, permission, place, action: "role.delete", id: ref.id, ifMatch } as const;
  return attemptChange(context, access, async (row, event) => {
    const hangsOn = sql`role_binding.role_id = ${row.id}`;
    const handouts = [{ place: place(row), permissions: [...row.permissions, "role-bindings:delete"] }];
    const along = await judgeTakingAlong(context, { projectId: row.projectId, hangsOn, cascade, handouts });
    if (!along.ok) return along;
    const committed = await commit(context, {
      event: { ...event, ...along.value.event },
      before: along.value.before,
      guarded: context.deps.db
        .delete(role)
        .where(and(isAt(role, row), along.value.guard, stillHolds(context, row.projectId))),
      after: [moveGrants(context, row.projectId)],
    });
    return committed.ok ? accept(true) : refuse(CHANGED_MEANWHILE);
  });
}

const LIMIT_REACHED: Problem = {
  code: "limit_reached",
  detail: `A project has at most ${ROLES_PER_PROJECT_MAX} roles of its own; delete one first.`,
};
