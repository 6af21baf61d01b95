import { type SQL, sql } from "drizzle-orm";
import type { BindingCondition, ClaimAssertion, HeldBinding } from "../protocol/index.ts";
import { builtInRole } from "./roles.ts";

/**
 * Role bindings as one column of a caller's own query: whoever reads an account reads in the same statement what it
 * may do. JSON, since it may be none or hundreds.
 * @param where a condition on `b`, the bindings
 */
export function heldColumn(where: SQL): SQL<string> {
  return sql<string>`(SELECT json_group_array(json_array(b.id, b.project_id, b.principal_type, b.principal_id,
    b.effect, b.built_in_role, json(r.permissions), b.resource_type, b.resource_id, b.resource_path, json(b.condition),
    json(b.assertions))) FROM role_binding b LEFT JOIN role r ON r.id = b.role_id WHERE ${where})`;
}

type HeldRow = readonly [
  id: string,
  projectId: string,
  principalType: HeldBinding["principalType"],
  principalId: string,
  effect: HeldBinding["effect"],
  builtInRole: string | null,
  permissions: readonly string[] | null,
  resourceType: HeldBinding["resource"]["type"],
  resourceId: string,
  resourcePath: string,
  condition: BindingCondition | null,
  assertions: readonly ClaimAssertion[] | null,
];

/** What `heldColumn` read. The cast is safe: our own query wrote that text, in just this order. */
export function heldBindingsOf(column: string): readonly HeldBinding[] {
  return column === "[]" ? [] : (JSON.parse(column) as readonly HeldRow[]).map(bindingOf);
}

function bindingOf(row: HeldRow): HeldBinding {
  const [id, projectId, principalType, principalId, effect, builtIn, permissions, type, ...rest] = row;
  const [resourceId, path, condition, assertions] = rest;
  return {
    id,
    projectId,
    principalType,
    principalId,
    effect,
    // A role that this version does not know permits nothing.
    permissions: (builtIn === null ? permissions : builtInRole(builtIn)?.permissions) ?? [],
    resource: { type, id: resourceId, path },
    condition,
    assertions,
  };
}
