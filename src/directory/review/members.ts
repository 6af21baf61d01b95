import { and, eq, getTableColumns, type SQL, sql } from "drizzle-orm";
import type { Context } from "../../deps.ts";
import { accept, type Problem, type Result } from "../../protocol/index.ts";
import { decodeCursor, type Page, type PageRequest, pageOf, readBatch, schema } from "../../store/index.ts";
import { permitted } from "../attempt.ts";
import { principalOf, roleBindingItem } from "../bindings/role_binding_item.ts";
import { locateProject, type RoleBindingRow } from "../locate.ts";
import { placeOfProject as place } from "../places.ts";

const { roleBinding } = schema;
const LIST = "members";

/** Bindings that are shown of one member. */
const BINDINGS_SHOWN_MAX = 100;

/**
 * Who has a role in a project, or is denied one: a principal with his bindings, in the order of type, identity provider
 * and name. A binding of workloads is a member by itself: what it asserts says who they are.
 */
export async function listMembers(
  context: Context,
  projectRef: string,
  request: PageRequest,
): Promise<Result<Page<MemberItem>, Problem>> {
  const found = await locateProject(context.deps, projectRef);
  return permitted(context, { found, permission: "role-bindings:read", place }, async ({ id }) => {
    const after = decodeCursor(LIST, request);
    if (!after.ok) return after;
    const scope = and(eq(roleBinding.projectId, id), isAfter(after.value));
    const [rows] = await readBatch(context.deps.db, [
      bindingsOfMembers(context, scope, request.pageSize + 1),
    ]);
    return accept(pageOf(LIST, membersIn(rows), request.pageSize, memberItem));
  });
}

/** A binding with what its principal is called. */
interface NamedBinding extends RoleBindingRow {
  readonly accountName: string | null;
  readonly accountEmail: string | null;
  readonly identityProviderName: string | null;
}

/** `id` is the member's own, in page tokens. */
interface Member {
  readonly id: string;
  readonly rows: readonly [NamedBinding, ...NamedBinding[]];
}

/** What makes a member, in the order of the list; `keyOf` says the same of a row. */
const KEY = sql.raw(`role_binding.principal_type, coalesce(role_binding.identity_provider_id, ''),
  role_binding.principal_id, CASE role_binding.principal_type WHEN 'workloads' THEN role_binding.id ELSE '' END`);

/** As text that a page token takes: ASCII, and nothing in it is refused when it is read back. */
function keyOf({ principalType, identityProviderId, principalId, id }: RoleBindingRow): string {
  const parts = [
    principalType,
    identityProviderId ?? "",
    principalId,
    principalType === "workloads" ? id : "",
  ];
  return new URLSearchParams(parts.map((part) => ["k", part])).toString();
}

function isAfter(key: string | undefined): SQL | undefined {
  if (key === undefined) return undefined;
  const [type = "", provider = "", name = "", id = ""] = new URLSearchParams(key).getAll("k");
  return sql`(${KEY}) > (${type}, ${provider}, ${name}, ${id})`;
}

/** Of each of the first members so many bindings, and one to know that there are more. */
function bindingsOfMembers({ deps }: Context, scope: SQL | undefined, members: number) {
  const ranked = sql`(SELECT id, dense_rank() OVER (ORDER BY ${KEY}) AS member,
    row_number() OVER (PARTITION BY ${KEY} ORDER BY role_binding.id) AS nth FROM role_binding WHERE ${scope})`;
  return deps.db
    .select({
      ...getTableColumns(roleBinding),
      accountName: nameOf("service_account", "name", "principal_id").as("account_name"),
      accountEmail: nameOf("service_account", "email", "principal_id").as("account_email"),
      identityProviderName: nameOf("identity_provider", "name", "identity_provider_id").as("provider_name"),
    })
    .from(roleBinding)
    .where(
      sql`${roleBinding.id} IN (SELECT id FROM ${ranked}
        WHERE member <= ${members} AND nth <= ${BINDINGS_SHOWN_MAX + 1})`,
    )
    .orderBy(KEY, sql`role_binding.id`);
}

function nameOf(table: string, column: string, reference: string) {
  return sql<
    string | null
  >`(SELECT ${sql.raw(`n.${column} FROM ${table} n WHERE n.id = role_binding.${reference}`)})`;
}

/** Rows of one member are neighbours. */
function membersIn(rows: readonly NamedBinding[]): readonly Member[] {
  const members: { id: string; rows: [NamedBinding, ...NamedBinding[]] }[] = [];
  for (const row of rows) {
    const id = keyOf(row);
    const last = members.at(-1);
    if (last?.id === id) last.rows.push(row);
    else members.push({ id, rows: [row] });
  }
  return members;
}

export type MemberItem = ReturnType<typeof memberItem>;

/** A member as it is answered. */
function memberItem({ rows }: Member) {
  return {
    principal: namedPrincipal(rows[0]),
    bindings: rows.slice(0, BINDINGS_SHOWN_MAX).map(bindingOf),
    more: rows.length > BINDINGS_SHOWN_MAX,
  };
}

function namedPrincipal(row: NamedBinding) {
  const principal = principalOf(row);
  switch (principal.type) {
    case "service_account":
      return { ...principal, name: row.accountName, email: row.accountEmail };
    case "person":
    case "group":
      return { ...principal, identityProviderName: row.identityProviderName };
    case "workloads":
      return principal;
  }
}

function bindingOf(row: NamedBinding) {
  const { id, role, roleId, effect, resource, condition } = roleBindingItem(row);
  return { id, role, roleId, effect, resource, condition };
}
