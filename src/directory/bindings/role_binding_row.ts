import { and, type SQL, sql } from "drizzle-orm";
import type { Context } from "../../deps.ts";
import {
  accept,
  type BindingCondition,
  type BindingResource,
  type MemberProblem,
  type Problem,
  type Result,
  ROLE_BINDINGS_PER_PRINCIPAL_MAX,
  ROLE_BINDINGS_PER_PROJECT_MAX,
  refuse,
  secondsOf,
  WORKLOAD_BINDINGS_PER_ISSUER_MAX,
} from "../../protocol/index.ts";
import { insertSelect, newId, type Statement, schema } from "../../store/index.ts";
import { isAt } from "../etag.ts";
import type { LocatedBinding, ProjectRow, RoleBindingRow } from "../locate.ts";
import { merged } from "../merge_patch.ts";
import { notStorable } from "../problems.ts";
import { judgeAssertions, judgeIssuer } from "../provider_rules.ts";
import { conditionProblems } from "./binding_condition.ts";
import type { PrincipalInput, RoleBindingChange, RoleBindingInput } from "./role_binding_input.ts";
import { type FoundRole, findPrincipal, findRole } from "./role_binding_names.ts";

const { roleBinding } = schema;

/** How it is told what cannot be stored. */
const KIND = "role binding";

/** A binding as it will be stored, with what its role permits. */
export interface NewBinding {
  readonly row: RoleBindingRow;
  readonly role: FoundRole;
  /** Of the identity provider as it was found; null where there is none. */
  readonly issuer: string | null;
}

/** Finds all that a binding names and judges what it says; all problems at once. */
export async function newBinding(
  context: Context,
  project: ProjectRow,
  resource: Result<BindingResource, MemberProblem>,
  input: RoleBindingInput,
): Promise<Result<NewBinding, Problem>> {
  const { deps } = context;
  const nowMs = deps.nowMs();
  const now = secondsOf(nowMs);
  const [principal, role] = [
    await findPrincipal(deps, project.id, input.principal),
    await findRole(deps, project.id, input.role),
  ];
  const condition = input.condition ?? null;
  const errors = [
    ...(principal.ok ? [] : [principal.refusal]),
    ...workloadProblems(context, input.principal),
    ...(role.ok ? [] : [role.refusal]),
    ...(resource.ok ? [] : [resource.refusal]),
    ...conditionProblems(condition, now),
  ];
  if (!principal.ok || !role.ok || !resource.ok || errors.length > 0)
    return refuse(notStorable(KIND, errors));
  const { issuer, ...principalColumns } = principal.value;
  const row: RoleBindingRow = {
    id: newId(nowMs),
    projectId: project.id,
    ...principalColumns,
    assertions: input.principal.type === "workloads" ? input.principal.assertions : null,
    builtInRole: role.value.builtInRole,
    roleId: role.value.roleId,
    effect: input.effect ?? "allow",
    resourceType: resource.value.type,
    resourceId: resource.value.id,
    resourcePath: resource.value.path,
    condition,
    description: input.description ?? null,
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
  return accept({ row, role: role.value, issuer });
}

function workloadProblems({ deps }: Context, principal: PrincipalInput): readonly MemberProblem[] {
  if (principal.type !== "workloads") return [];
  const { issuer, assertions } = principal;
  // Whether it can be fetched is for the trust to say that its tokens come by.
  return [...judgeIssuer(deps.config, { issuer, jwks: { keys: [] } }), ...judgeAssertions(assertions)].map(
    (problem) => ({ ...problem, pointer: `/principal${problem.pointer}` }),
  );
}

/** The binding after a change; refuses a condition that means nothing. */
export function changedBinding(
  { deps }: Context,
  { role, ...row }: LocatedBinding,
  change: RoleBindingChange,
): Result<RoleBindingRow, Problem> {
  const now = secondsOf(deps.nowMs());
  const condition = mergedCondition(row.condition, change.condition);
  const errors = change.condition === undefined ? [] : conditionProblems(condition, now);
  if (errors.length > 0) return refuse(notStorable(KIND, errors));
  const description = merged(row.description, change.description);
  return accept({ ...row, condition, description, version: row.version + 1, updatedAt: now });
}

/** Members are merged one by one; a schedule is one thing. @see RFC 7396 s2 */
function mergedCondition(
  current: BindingCondition | null,
  change: RoleBindingChange["condition"],
): BindingCondition | null {
  if (change === undefined || change === null) return merged(current, change);
  const members = Object.entries({ ...current, ...change }).filter(([, value]) => value !== null);
  // The cast is safe: both parts are conditions, and only members that are null were left out.
  return members.length === 0 ? null : (Object.fromEntries(members) as BindingCondition);
}

/** Inserted only while all that it names is there and there is room, for this principal too. */
export function insertBinding({ deps }: Context, { row, issuer }: NewBinding, guard: SQL): Statement {
  const max =
    row.principalType === "workloads" ? WORKLOAD_BINDINGS_PER_ISSUER_MAX : ROLE_BINDINGS_PER_PRINCIPAL_MAX;
  return insertSelect(
    deps.db,
    roleBinding,
    row,
    sql`FROM project p WHERE p.id = ${row.projectId} AND ${namesAreThere(row, issuer)} AND ${guard}
      AND (SELECT count(*) FROM role_binding b WHERE b.project_id = p.id) < ${ROLE_BINDINGS_PER_PROJECT_MAX}
      AND (SELECT count(*) FROM role_binding b WHERE b.principal_type = ${row.principalType}
        AND b.principal_id = ${row.principalId} AND b.project_id = p.id) < ${max}`,
  );
}

function namesAreThere(row: RoleBindingRow, issuer: string | null): SQL {
  const accounts = [
    ...(row.principalType === "service_account" ? [row.principalId] : []),
    ...(row.resourceType === "service_account" ? [row.resourceId] : []),
  ];
  const conditions = [
    ...accounts.map(
      (id) => sql`EXISTS (SELECT 1 FROM service_account a WHERE a.id = ${id} AND a.project_id = p.id)`,
    ),
    row.resourceType === "resource_server"
      ? sql`EXISTS (SELECT 1 FROM resource_server s WHERE s.id = ${row.resourceId} AND s.project_id = p.id)`
      : sql`1`,
    row.roleId === null
      ? sql`1`
      : sql`EXISTS (SELECT 1 FROM role r WHERE r.id = ${row.roleId} AND r.project_id = p.id)`,
    row.identityProviderId === null
      ? sql`1`
      : sql`EXISTS (SELECT 1 FROM identity_provider i
          WHERE i.id = ${row.identityProviderId} AND i.issuer = ${issuer})`,
  ];
  return sql.join(conditions, sql` AND `);
}

/** Changes the row only at the version that was read. */
export function updateBindingRow(
  { deps }: Context,
  row: RoleBindingRow,
  { condition, description, version, updatedAt }: RoleBindingRow,
  guard: SQL,
): Statement {
  return deps.db
    .update(roleBinding)
    .set({ condition, description, version, updatedAt })
    .where(and(isAt(roleBinding, row), guard));
}

/** Deletes the row only at the version that was read. */
export function deleteBindingRow({ deps }: Context, row: RoleBindingRow, guard: SQL): Statement {
  return deps.db.delete(roleBinding).where(and(isAt(roleBinding, row), guard));
}
