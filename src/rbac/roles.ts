import { PERMISSIONS, type Permission } from "./permissions.ts";

/** Permissions that belong to no project: the operator's alone, in no role. */
const OPERATOR_PERMISSIONS: readonly Permission[] = [
  "projects:create",
  "projects:list",
  "audit-events:list",
  "signing-keys:read",
  "signing-keys:rotate",
  "leaked-credentials:report",
  "identity-providers:create",
  "identity-providers:read",
  "identity-providers:update",
  "identity-providers:delete",
];

/** What a role may hold of ours. */
export const PROJECT_PERMISSIONS: readonly Permission[] = (Object.keys(PERMISSIONS) as Permission[]).filter(
  (permission) => !OPERATOR_PERMISSIONS.includes(permission),
);

/** In a role: every permission that the project's APIs know, now and later; none of ours. */
export const ALL_OF_APIS = "*";

const READ = PROJECT_PERMISSIONS.filter((permission) => permission.endsWith(":read"));

/** Every permission of these kinds of resource. */
function allOf(...kinds: readonly string[]): readonly Permission[] {
  return PROJECT_PERMISSIONS.filter((permission) => kinds.includes(permission.split(":")[0] ?? ""));
}

/** Permissions that change who may do what, or end the project. */
const RULE: readonly Permission[] = [
  ...allOf("roles", "role-bindings").filter((permission) => !permission.endsWith(":read")),
  "access-tokens:create",
  "projects:delete",
];

/** A role that every project has. */
export interface BuiltInRole {
  readonly title: string;
  readonly permissions: readonly string[];
}

/** By name: Kubermatic's four groups, and narrow ones. `docs/permissions.md` shows the matrix. */
export const BUILT_IN_ROLES: Readonly<Record<string, BuiltInRole>> = {
  owner: {
    title: "All of the project, its APIs, its roles and its end",
    permissions: [...PROJECT_PERMISSIONS, ALL_OF_APIS],
  },
  editor: {
    title: "All of the project and its APIs, but who may do what, other accounts' tokens, and its end",
    permissions: [...PROJECT_PERMISSIONS.filter((permission) => !RULE.includes(permission)), ALL_OF_APIS],
  },
  viewer: { title: "Read all of the project", permissions: READ },
  "project-manager": {
    title: "Read all of the project, and say who may do as much",
    permissions: [...new Set([...READ, ...allOf("role-bindings")])],
  },
  "service-account-admin": {
    title: "Service accounts, but not their credentials",
    permissions: ["projects:read", ...allOf("service-accounts")],
  },
  "federation-admin": {
    title: "Whom service accounts trust",
    permissions: ["projects:read", "service-accounts:read", ...allOf("federated-identity-providers")],
  },
  "key-admin": {
    title: "Keys and project tokens of service accounts",
    permissions: [
      "projects:read",
      "service-accounts:read",
      ...allOf("service-account-keys", "project-tokens"),
    ],
  },
  "token-creator": { title: "Impersonate service accounts", permissions: ["access-tokens:create"] },
  auditor: {
    title: "Read the project's record, and review who may do what",
    permissions: [
      "projects:read",
      "audit-events:read",
      "access-reviews:read",
      "roles:read",
      "role-bindings:read",
      "revocations:read",
    ],
  },
};

/** A built-in role by its name. */
export function builtInRole(name: string): BuiltInRole | undefined {
  return Object.hasOwn(BUILT_IN_ROLES, name) ? BUILT_IN_ROLES[name] : undefined;
}
