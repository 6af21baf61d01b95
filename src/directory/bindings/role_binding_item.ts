import { type BindingCondition, type BindingResource, instantOf } from "../../protocol/index.ts";
import { etagOf, type Stored } from "../etag.ts";
import type { RoleBindingRow } from "../locate.ts";

export type RoleBindingItem = ReturnType<typeof roleBindingItem>;

/** A role binding as it is answered. `role` is a built-in role's name, or null where `roleId` names the project's own. */
export function roleBindingItem(row: RoleBindingRow) {
  return {
    id: row.id,
    projectId: row.projectId,
    principal: principalOf(row),
    role: row.builtInRole,
    roleId: row.roleId,
    effect: row.effect,
    resource: {
      type: row.resourceType,
      id: row.resourceId,
      ...(row.resourceType === "resource_server" ? { path: row.resourcePath } : {}),
    },
    condition: row.condition === null ? null : conditionItem(row.condition),
    description: row.description,
    createdAt: instantOf(row.createdAt),
    updatedAt: instantOf(row.updatedAt),
  };
}

/** A role binding as it is answered, with its tag. */
export function storedBinding(row: RoleBindingRow): Stored<RoleBindingItem> {
  return { item: roleBindingItem(row), etag: etagOf(row) };
}

/** On what a row binds. */
export function resourceOf(row: RoleBindingRow): BindingResource {
  return { type: row.resourceType, id: row.resourceId, path: row.resourcePath };
}

/** What names a principal in a row. */
export type PrincipalColumns = Pick<
  RoleBindingRow,
  "principalType" | "principalId" | "identityProviderId" | "assertions"
>;

/** A principal as it is answered. */
export function principalOf(row: PrincipalColumns) {
  const { principalId: id, identityProviderId, assertions } = row;
  switch (row.principalType) {
    case "service_account":
      return { type: "service_account", serviceAccountId: id } as const;
    case "person":
      return { type: "person", identityProviderId, subject: id } as const;
    case "person_email":
      return { type: "person", identityProviderId, email: id } as const;
    case "group":
      return { type: "group", identityProviderId, name: id } as const;
    case "workloads":
      return { type: "workloads", issuer: id, assertions: assertions ?? [] } as const;
  }
}

function conditionItem({ notBefore, notAfter, ...rest }: BindingCondition) {
  return {
    ...(notBefore === undefined ? {} : { notBefore: instantOf(notBefore) }),
    ...(notAfter === undefined ? {} : { notAfter: instantOf(notAfter) }),
    ...rest,
  };
}
