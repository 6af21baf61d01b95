import { and, sql } from "drizzle-orm";
import type { Context } from "../../deps.ts";
import {
  accept,
  type MemberProblem,
  type Problem,
  type Result,
  ROLES_PER_PROJECT_MAX,
  refuse,
  secondsOf,
} from "../../protocol/index.ts";
import { builtInRole, isPermission, PROJECT_PERMISSIONS } from "../../rbac/index.ts";
import { insertSelect, newId, readBatch, type Statement, schema } from "../../store/index.ts";
import { isAt } from "../etag.ts";
import type { RoleRow } from "../locate.ts";
import { merged } from "../merge_patch.ts";
import { memberTaken, notStorable } from "../problems.ts";
import { stillHolds } from "./grants_version.ts";

const { role, resourceServer } = schema;

/** A role as a caller describes it. */
export interface RoleInput {
  readonly name: string;
  readonly description?: string | undefined;
  readonly permissions: readonly string[];
}

/** A merge patch. @see RFC 7396 */
export interface RoleChange {
  readonly name?: string | undefined;
  readonly description?: string | null | undefined;
  readonly permissions?: readonly string[] | undefined;
}

/** A role as it will be stored; refuses names and permissions that mean something else, or nothing. */
export async function newRole(
  context: Context,
  projectId: string,
  input: RoleInput,
): Promise<Result<RoleRow, Problem>> {
  const judged = await judge(context, projectId, input);
  if (!judged.ok) return judged;
  const nowMs = context.deps.nowMs();
  return accept({
    id: newId(nowMs),
    projectId,
    name: input.name,
    description: input.description ?? null,
    permissions: input.permissions,
    version: 1,
    createdAt: secondsOf(nowMs),
    updatedAt: secondsOf(nowMs),
  });
}

/** The role after a change. Permissions that it has already may stay, though their API has gone. */
export async function changedRole(
  context: Context,
  row: RoleRow,
  change: RoleChange,
): Promise<Result<RoleRow, Problem>> {
  const judged = await judge(context, row.projectId, change, row.permissions);
  if (!judged.ok) return judged;
  return accept({
    ...row,
    name: change.name ?? row.name,
    description: merged(row.description, change.description),
    permissions: change.permissions ?? row.permissions,
    version: row.version + 1,
    updatedAt: secondsOf(context.deps.nowMs()),
  });
}

async function judge(
  context: Context,
  projectId: string,
  { name, permissions = [] }: RoleChange,
  already: readonly string[] = [],
): Promise<Result<true, Problem>> {
  const known = await permissionsOfApis(context, projectId);
  const errors = permissions.flatMap((permission, index): readonly MemberProblem[] => {
    const isNew = !already.includes(permission);
    const pointer = `/permissions/${index}`;
    if (permissions.indexOf(permission) < index)
      return [{ pointer, code: "duplicate", detail: `${permission} is named twice.` }];
    if (!isNew || known.has(permission) || isProjectPermission(permission)) return [];
    if (isPermission(permission)) {
      const detail = `${permission} belongs to no project: it is the operator's alone.`;
      return [{ pointer, code: "operator_permission", detail }];
    }
    const detail = `Neither this service nor a resource server of the project knows a permission ${permission}; register it there first.`;
    return [{ pointer, code: "unknown_permission", detail }];
  });
  if (name !== undefined && builtInRole(name) !== undefined) {
    errors.unshift(memberTaken("/name", `${name} is a built-in role; use another name.`));
  }
  if (errors.length === 0) return accept(true);
  return refuse(notStorable("role", errors));
}

function isProjectPermission(text: string): boolean {
  return PROJECT_PERMISSIONS.some((permission) => permission === text);
}

async function permissionsOfApis({ deps }: Context, projectId: string): Promise<ReadonlySet<string>> {
  const { permissions } = resourceServer;
  const query = deps.db
    .select({ permissions })
    .from(resourceServer)
    .where(sql`${resourceServer.projectId} = ${projectId}`);
  const [rows] = await readBatch(deps.db, [query]);
  return new Set(rows.flatMap((row) => row.permissions.map(({ name }) => name)));
}

/** Inserted only while the project is there and has room. */
export function insertRole({ deps }: Context, row: RoleRow): Statement {
  return insertSelect(
    deps.db,
    role,
    row,
    sql`FROM project p WHERE p.id = ${row.projectId}
      AND (SELECT count(*) FROM role r WHERE r.project_id = p.id) < ${ROLES_PER_PROJECT_MAX}`,
  );
}

/** Changes the row only at the version that was read, and while the actor holds what he held. */
export function updateRoleRow(context: Context, row: RoleRow, next: RoleRow): Statement {
  const { id, projectId, createdAt, ...columns } = next;
  const guard = and(isAt(role, row), stillHolds(context, row.projectId));
  return context.deps.db.update(role).set(columns).where(guard);
}
