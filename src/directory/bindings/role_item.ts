import { instantOf } from "../../protocol/index.ts";
import { BUILT_IN_ROLES } from "../../rbac/index.ts";
import { etagOf, type Stored } from "../etag.ts";
import type { RoleRow } from "../locate.ts";

export type RoleItem = ReturnType<typeof roleItem>;

/** A role of a project's own, as it is answered. */
export function roleItem(row: RoleRow) {
  return {
    id: row.id,
    projectId: row.projectId,
    name: row.name,
    description: row.description,
    permissions: row.permissions,
    createdAt: instantOf(row.createdAt),
    updatedAt: instantOf(row.updatedAt),
  };
}

/** A role of a project's own, with its tag. */
export function storedRole(row: RoleRow): Stored<RoleItem> {
  return { item: roleItem(row), etag: etagOf(row) };
}

/** A role that every project has; its name is all that names it. */
export type BuiltInRoleItem = Pick<RoleItem, "name" | "description" | "permissions">;

/** All of them, in the order in which they are listed. */
export const BUILT_IN_ROLE_ITEMS: readonly BuiltInRoleItem[] = Object.entries(BUILT_IN_ROLES).map(
  ([name, { title, permissions }]) => ({ name, description: title, permissions }),
);
