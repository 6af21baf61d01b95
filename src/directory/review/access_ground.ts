import { asc, eq, getTableColumns, type SQL, sql } from "drizzle-orm";
import type { Context } from "../../deps.ts";
import { BUILT_IN_ROLES, gives, IMPERSONATE } from "../../rbac/index.ts";
import { type Database, readBatch, schema } from "../../store/index.ts";
import type {
  IdentityProviderRow,
  ProjectRow,
  RoleBindingRow,
  RoleRow,
  ServiceAccountRow,
} from "../locate.ts";

const { roleBinding, serviceAccount, role, identityProvider, resourceServer } = schema;

/** Bindings that let their holders impersonate, of one page. */
export const IMPERSONATIONS_MAX = 1000;

/** A binding, and by whom it was made where the record says so. */
export type ReviewedBinding = RoleBindingRow & { readonly createdBy: string | null };

/** An API that a binding may be on; its permissions by name. */
export interface ReviewedApi {
  readonly id: string;
  readonly name: string;
  readonly audience: string;
  readonly permissions: readonly string[];
}

/** All that the rows of one page are made from, as it was at one moment. */
export interface AccessGround {
  readonly project: Pick<ProjectRow, "id" | "name">;
  readonly bindings: readonly ReviewedBinding[];
  /** What lets others impersonate accounts that hold bindings of the page: the first, and one more where there are more. */
  readonly impersonations: readonly RoleBindingRow[];
  /** What denies it to somebody. */
  readonly denials: readonly RoleBindingRow[];
  readonly accounts: ReadonlyMap<string, ServiceAccountRow>;
  readonly roles: ReadonlyMap<string, RoleRow>;
  readonly identityProviders: ReadonlyMap<string, IdentityProviderRow>;
  readonly apis: ReadonlyMap<string, ReviewedApi>;
  /** Of all of them. */
  readonly apiPermissions: readonly string[];
}

/** Which bindings: those whose ids come after this one, so many. */
interface Slice {
  readonly after: string;
  readonly limit: number;
}

/** Reads a page of bindings with all that they name, and who can impersonate their holders; one batch. */
export async function readAccess(
  { deps: { db } }: Context,
  project: ProjectRow,
  slice: Slice,
): Promise<AccessGround> {
  const { id } = project;
  const impersonating = impersonatingIn(id, slice);
  const named = namedIn(id, slice, impersonating);
  const impersonations = (effect: "allow" | "deny") =>
    db
      .select()
      .from(roleBinding)
      .where(sql`${impersonating} AND role_binding.effect = ${effect}`)
      .orderBy(asc(roleBinding.id));
  const [bindings, allows, denials, accounts, roles, providers, apiRows] = await readBatch(db, [
    db
      .select({ ...getTableColumns(roleBinding), createdBy: CREATED_BY.as("created_by") })
      .from(roleBinding)
      .where(sql`role_binding.project_id = ${id} AND role_binding.id > ${slice.after}`)
      .orderBy(asc(roleBinding.id))
      .limit(slice.limit),
    impersonations("allow").limit(IMPERSONATIONS_MAX + 1),
    impersonations("deny"),
    db
      .select()
      .from(serviceAccount)
      .where(sql`service_account.project_id = ${id} AND service_account.id IN (${named.accounts})`),
    db.select().from(role).where(sql`role.project_id = ${id} AND role.id IN (${named.roles})`),
    db.select().from(identityProvider).where(sql`identity_provider.id IN (${named.providers})`),
    apisOf(db, id),
  ]);
  const apis = apiRows.map(({ names, ...api }) => ({ ...api, permissions: JSON.parse(names) as string[] }));
  return {
    project,
    bindings,
    impersonations: allows,
    denials,
    accounts: byId(accounts),
    roles: byId(roles),
    identityProviders: byId(providers),
    apis: byId(apis),
    apiPermissions: [...new Set(apis.flatMap(({ permissions }) => permissions))],
  };
}

function apisOf(db: Database, projectId: string) {
  const names = sql<string>`(SELECT json_group_array(json_extract(p.value, '$.name'))
    FROM json_each(resource_server.permissions) p)`;
  const { id, name, audience } = resourceServer;
  return db
    .select({ id, name, audience, names: names.as("names") })
    .from(resourceServer)
    .where(eq(resourceServer.projectId, projectId))
    .orderBy(asc(id));
}

/** A binding and its event are made by one call: its event is among the first after it, so reading stops there. */
const EVENT_WITHIN_SECONDS = 10;
const LAST_MS = `printf('%012x', (role_binding.created_at + ${EVENT_WITHIN_SECONDS}) * 1000)`;
const CREATED_BY = sql<string | null>`(SELECT e.actor_type || ' ' || e.actor_id FROM audit_event e
  WHERE e.project_id = role_binding.project_id AND e.id >= substr(role_binding.id, 1, 13)
    AND e.id < substr(${sql.raw(LAST_MS)}, 1, 8) || '-' || substr(${sql.raw(LAST_MS)}, 9, 4)
    AND e.target_id = role_binding.id AND e.action = 'role_binding.create' AND e.outcome = 'granted' LIMIT 1)`;

/** The bindings of the page, inside another query. */
function pageOf(projectId: string, { after, limit }: Slice): SQL {
  return sql`(SELECT * FROM role_binding p WHERE p.project_id = ${projectId} AND p.id > ${after}
    ORDER BY p.id LIMIT ${limit})`;
}

const IMPERSONATING_ROLES = Object.entries(BUILT_IN_ROLES)
  .filter(([, builtIn]) => gives(builtIn, IMPERSONATE))
  .map(([name]) => name);

/** Bindings whose role lets one impersonate, on the project or on an account that holds a binding of the page. */
function impersonatingIn(projectId: string, slice: Slice): SQL {
  const holders = sql`SELECT h.principal_id FROM ${pageOf(projectId, slice)} h
    WHERE h.principal_type = 'service_account'`;
  const own = sql`SELECT r.id FROM role r WHERE r.project_id = ${projectId}
    AND EXISTS (SELECT 1 FROM json_each(r.permissions) WHERE value = ${IMPERSONATE})`;
  return sql`role_binding.project_id = ${projectId}
    AND (role_binding.built_in_role IN ${IMPERSONATING_ROLES} OR role_binding.role_id IN (${own}))
    AND (role_binding.resource_type = 'project' AND EXISTS (${holders})
      OR role_binding.resource_type = 'service_account' AND role_binding.resource_id IN (${holders}))`;
}

/** Ids of what bindings of the page name, and of who can impersonate. */
function namedIn(projectId: string, slice: Slice, impersonating: SQL) {
  const page = pageOf(projectId, slice);
  return {
    accounts: sql`SELECT principal_id FROM ${page} WHERE principal_type = 'service_account'
      UNION SELECT resource_id FROM ${page} WHERE resource_type = 'service_account'
      UNION SELECT principal_id FROM role_binding WHERE principal_type = 'service_account' AND ${impersonating}`,
    roles: sql`SELECT role_id FROM ${page}`,
    providers: sql`SELECT identity_provider_id FROM ${page}
      UNION SELECT identity_provider_id FROM role_binding WHERE ${impersonating}`,
  };
}

function byId<Row extends { readonly id: string }>(rows: readonly Row[]): ReadonlyMap<string, Row> {
  return new Map(rows.map((row) => [row.id, row]));
}
