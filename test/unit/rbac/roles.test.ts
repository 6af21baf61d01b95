import { describe, expect, it } from "vitest";
import {
  ALL_OF_APIS,
  BUILT_IN_ROLES,
  builtInRole,
  decide,
  gives,
  grantedSomewhere,
  heldBindingsOf,
  isPermission,
  PERMISSIONS,
  PROJECT_PERMISSIONS,
  weigh,
} from "../../../src/rbac/index.ts";
import { heldBinding } from "../held_binding.ts";

/** Written out: what belongs to no project must not slip into one by a new name. */
const OPERATORS = [
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
const ALL = Object.keys(PERMISSIONS);
const ROLES = Object.entries(BUILT_IN_ROLES);
const permissionsOf = (name: string) => builtInRole(name)?.permissions ?? [];

describe("the built-in roles", () => {
  it.each(ROLES)("%s holds what we know, once, and nothing that is the operator's", (_name, role) => {
    const ours = role.permissions.filter((permission) => permission !== ALL_OF_APIS);
    expect(ours.filter((permission) => !ALL.includes(permission))).toEqual([]);
    expect(ours.filter((permission) => OPERATORS.includes(permission))).toEqual([]);
    expect(new Set(role.permissions).size).toBe(role.permissions.length);
  });

  it("every permission is the owner's or the operator's alone", () => {
    const owner = permissionsOf("owner").filter((permission) => permission !== ALL_OF_APIS);
    expect([...owner, ...OPERATORS].toSorted()).toEqual(ALL.toSorted());
    expect([...PROJECT_PERMISSIONS].toSorted()).toEqual(owner.toSorted());
  });

  it("an owner holds all that any other role does", () => {
    const owner = permissionsOf("owner");
    for (const [, { permissions }] of ROLES)
      expect(permissions.filter((one) => !owner.includes(one))).toEqual([]);
  });

  it("only owners and editors hold all of the APIs", () => {
    const holders = ROLES.filter(([, { permissions }]) => permissions.includes(ALL_OF_APIS));
    expect(holders.map(([name]) => name)).toEqual(["owner", "editor"]);
  });

  it("a viewer reads, all that a project has and nothing else", () => {
    const readable = ALL.filter(
      (permission) => permission.endsWith(":read") && !OPERATORS.includes(permission),
    );
    expect([...permissionsOf("viewer")].toSorted()).toEqual(readable.toSorted());
  });

  it("an editor lacks of the owner's just what says who may do what, other accounts' tokens, and the end", () => {
    const editor = permissionsOf("editor");
    expect(permissionsOf("owner").filter((one) => !editor.includes(one))).toEqual([
      "projects:delete",
      "roles:create",
      "roles:update",
      "roles:delete",
      "role-bindings:create",
      "role-bindings:update",
      "role-bindings:delete",
      "access-tokens:create",
    ]);
  });

  it.each<readonly [name: string, writes: readonly string[]]>([
    ["viewer", []],
    ["auditor", []],
    ["project-manager", ["role-bindings:create", "role-bindings:delete", "role-bindings:update"]],
    ["token-creator", ["access-tokens:create"]],
    [
      "service-account-admin",
      ["service-accounts:create", "service-accounts:delete", "service-accounts:update"],
    ],
  ])("%s may do no more than %j beside reading", (name, writes) => {
    expect(
      permissionsOf(name)
        .filter((one) => !one.endsWith(":read"))
        .toSorted(),
    ).toEqual(writes);
  });

  it.each(["", "Owner", "owner ", "__proto__", "constructor", "toString", "hasOwnProperty"])(
    "%j is none",
    (name) => {
      expect(builtInRole(name)).toBeUndefined();
      expect(isPermission(name)).toBe(false);
    },
  );
});

const bound = (permissions: readonly string[]) => heldBinding({ permissions });

describe("all of the APIs", () => {
  const wild = bound([ALL_OF_APIS]);
  const weighed = weigh([wild], { now: 0, ip: null });

  it.each(ALL)("is not %s", (permission) => {
    expect(gives(wild, permission)).toBe(false);
    for (const place of [{ projectId: "p1" }, { projectId: "p1", serviceAccountId: "s2" }, {}])
      expect(decide(weighed, permission, place).allowed).toBe(false);
    expect(grantedSomewhere(weighed).has(permission)).toBe(false);
  });

  it.each(["orders:read", "projects:reads", "Projects:read", "projects", "*"])("is %s", (permission) => {
    expect(gives(wild, permission)).toBe(true);
    expect(gives(bound(["orders:*"]), permission)).toBe(false);
  });

  it("an operator's permission on the service itself comes by no binding, whatever its role holds", () => {
    const greedy = weigh([bound([...ALL, ALL_OF_APIS])], { now: 0, ip: null });
    for (const permission of ALL) expect(decide(greedy, permission, {})).toEqual({ allowed: false });
  });
});

describe("a stored binding", () => {
  const row = (builtIn: string | null, permissions: readonly string[] | null) =>
    JSON.stringify([
      [
        "b1",
        "p1",
        "service_account",
        "s1",
        "allow",
        builtIn,
        permissions,
        "resource_server",
        "a1",
        "/x",
        null,
        null,
      ],
    ]);

  it.each<readonly [name: string, column: string, permissions: readonly string[]]>([
    ["a built-in role has its permissions", row("token-creator", null), ["access-tokens:create"]],
    ["a role of the project has its own", row(null, ["orders:read"]), ["orders:read"]],
    ["a built-in role that we do not know permits nothing", row("emperor", null), []],
    ["one that every object inherits permits nothing", row("constructor", null), []],
    ["a role that is gone permits nothing", row(null, null), []],
  ])("%s", (_name, column, permissions) => {
    const resource = { type: "resource_server", id: "a1", path: "/x" } as const;
    expect(heldBindingsOf(column)).toEqual([{ ...bound(permissions), resource }]);
  });

  it("may be none", () => {
    expect(heldBindingsOf("[]")).toEqual([]);
  });
});
