import { and, eq, type SQL, sql } from "drizzle-orm";
import type { RunnableQuery } from "drizzle-orm/runnable-query";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { Deps } from "../deps.ts";
import { accept, notFound, type Problem, type Result } from "../protocol/index.ts";
import { isUuid, readBatch, schema } from "../store/index.ts";

const {
  project,
  serviceAccount,
  federatedIdentityProvider: provider,
  identityProvider,
  projectToken,
  resourceServer,
  role,
  roleBinding,
  revocation,
  serviceAccountKey,
} = schema;

export type ProjectRow = typeof project.$inferSelect;
export type ServiceAccountRow = typeof serviceAccount.$inferSelect;
export type ProviderRow = typeof provider.$inferSelect;
export type IdentityProviderRow = typeof identityProvider.$inferSelect;
export type KeyRow = typeof serviceAccountKey.$inferSelect;
export type ProjectTokenRow = typeof projectToken.$inferSelect;
export type ResourceServerRow = typeof resourceServer.$inferSelect;
export type RoleRow = typeof role.$inferSelect;
export type RoleBindingRow = typeof roleBinding.$inferSelect;
export type RevocationRow = typeof revocation.$inferSelect;

/** `{project}` and `{serviceAccount}` of a path: the former an id or a name, the latter an e-mail too. */
export interface AccountRef {
  readonly project: string;
  readonly serviceAccount: string;
}

/** Something that an account owns, by its id. */
export interface MemberRef extends AccountRef {
  readonly id: string;
}

/** Something that a project owns, by its id. */
export interface ProjectMemberRef {
  readonly project: string;
  readonly id: string;
}

type Located<Value> = Promise<Result<Value, Problem>>;

/** `{project}` of a path: an id or a name. */
export async function locateProject(deps: Deps, ref: string): Located<ProjectRow> {
  const [rows] = await readBatch(deps.db, [projectQuery(deps, ref)]);
  return rows[0] === undefined ? notFound("project") : accept(rows[0]);
}

/** An account, in this project alone. */
export async function locateServiceAccount(deps: Deps, ref: AccountRef): Located<ServiceAccountRow> {
  const [projects, accounts] = await readBatch(deps.db, [
    projectQuery(deps, ref.project),
    accountQuery(deps, ref),
  ]);
  if (projects[0] === undefined) return notFound("project");
  if (accounts[0] === undefined) return notFound("service account");
  return accept(accounts[0]);
}

/** A trust by its id, of this account of this project alone. */
export async function locateProvider(deps: Deps, ref: MemberRef): Located<ProviderRow> {
  const query = deps.db
    .select()
    .from(provider)
    .where(isMember(deps, provider, ref));
  const found = await locateOwned(deps, ref, { what: "federated identity provider", query });
  return found.ok ? accept(found.value.row) : found;
}

/** A key by its id, of this account of this project alone. */
export async function locateKey(deps: Deps, ref: MemberRef): Located<KeyRow> {
  const query = deps.db
    .select()
    .from(serviceAccountKey)
    .where(isMember(deps, serviceAccountKey, ref));
  const found = await locateOwned(deps, ref, { what: "key", query });
  return found.ok ? accept(found.value.row) : found;
}

/** A project token and whose it is. */
export type OwnedProjectToken = ProjectTokenRow & { readonly account: ServiceAccountRow };

/** A project token that is not revoked, with its account. */
export async function locateProjectToken(deps: Deps, ref: MemberRef): Located<OwnedProjectToken> {
  const query = deps.db
    .select()
    .from(projectToken)
    .where(isMember(deps, projectToken, ref));
  const found = await locateOwned(deps, ref, { what: "project token", query });
  if (!found.ok) return found;
  const { row, account } = found.value;
  return row.revokedAt === null ? accept({ ...row, account }) : notFound("project token");
}

/** Rows of one table, not read yet, and what one of them is called. */
interface Sought<Row> {
  readonly what: string;
  readonly query: RunnableQuery<Row[], "sqlite">;
}

async function locateOwned<Row extends { readonly serviceAccountId: string }>(
  deps: Deps,
  ref: AccountRef,
  { what, query }: Sought<Row>,
): Located<{ readonly row: Row; readonly account: ServiceAccountRow }> {
  const [projects, accounts, rows] = await readBatch(deps.db, [
    projectQuery(deps, ref.project),
    accountQuery(deps, ref),
    query,
  ]);
  const account = accounts[0];
  if (projects[0] === undefined) return notFound("project");
  if (account === undefined) return notFound("service account");
  const row = rows.find(({ serviceAccountId }) => serviceAccountId === account.id);
  return row === undefined ? notFound(what) : accept({ row, account });
}

/** A resource server by its id, of this project alone. */
export async function locateResourceServer(deps: Deps, ref: ProjectMemberRef): Located<ResourceServerRow> {
  const query = deps.db
    .select()
    .from(resourceServer)
    .where(isMember(deps, resourceServer, ref));
  return locateIn(deps, ref.project, { what: "resource server", query });
}

/** A role of the project's own, by its id. */
export async function locateRole(deps: Deps, ref: ProjectMemberRef): Located<RoleRow> {
  const query = deps.db
    .select()
    .from(role)
    .where(isMember(deps, role, ref));
  return locateIn(deps, ref.project, { what: "role", query });
}

/** A role binding by its id, with the permissions of its role. */
export type LocatedBinding = RoleBindingRow & { readonly role: RoleRow | null };

/** A role binding by its id, of this project alone. */
export async function locateRoleBinding(deps: Deps, ref: ProjectMemberRef): Located<LocatedBinding> {
  const isThis = isMember(deps, roleBinding, ref);
  const binding = deps.db.select().from(roleBinding).where(isThis);
  const roleId = deps.db.select({ id: roleBinding.roleId }).from(roleBinding).where(isThis);
  const roles = deps.db.select().from(role).where(sql`${role.id} = (${roleId})`);
  const [projects, bindings, found] = await readBatch(deps.db, [
    projectQuery(deps, ref.project),
    binding,
    roles,
  ]);
  if (projects[0] === undefined) return notFound("project");
  return bindings[0] === undefined
    ? notFound("role binding")
    : accept({ ...bindings[0], role: found[0] ?? null });
}

/** A revocation by its id, of this project alone. */
export async function locateRevocation(deps: Deps, ref: ProjectMemberRef): Located<RevocationRow> {
  const query = deps.db
    .select()
    .from(revocation)
    .where(isMember(deps, revocation, ref));
  return locateIn(deps, ref.project, { what: "revocation", query });
}

async function locateIn<Row>(deps: Deps, projectRef: string, { what, query }: Sought<Row>): Located<Row> {
  const [projects, rows] = await readBatch(deps.db, [projectQuery(deps, projectRef), query]);
  if (projects[0] === undefined) return notFound("project");
  return rows[0] === undefined ? notFound(what) : accept(rows[0]);
}

/** An identity provider by its id or name; it is in no project. */
export async function locateIdentityProvider(deps: Deps, ref: string): Located<IdentityProviderRow> {
  const isThis = isUuid(ref) ? eq(identityProvider.id, ref) : eq(identityProvider.name, ref);
  const [rows] = await readBatch(deps.db, [deps.db.select().from(identityProvider).where(isThis)]);
  return rows[0] === undefined ? notFound("identity provider") : accept(rows[0]);
}

/** What a path names by its id, in the path's project alone. */
function isMember(
  deps: Deps,
  table: Readonly<Record<"id" | "projectId", SQLiteColumn>>,
  ref: ProjectMemberRef,
): SQL | undefined {
  return and(eq(table.id, ref.id), eq(table.projectId, ofProject(deps, ref.project)));
}

function isProject(ref: string) {
  return isUuid(ref) ? eq(project.id, ref) : eq(project.name, ref);
}

function projectQuery(deps: Deps, ref: string) {
  return deps.db.select().from(project).where(isProject(ref));
}

/** The id of the project that a path names, inside another query. */
function ofProject(deps: Deps, ref: string) {
  return sql`(${deps.db.select({ id: project.id }).from(project).where(isProject(ref))})`;
}

function accountQuery(deps: Deps, ref: AccountRef) {
  return deps.db
    .select()
    .from(serviceAccount)
    .where(and(eq(serviceAccount.projectId, ofProject(deps, ref.project)), isAccount(ref.serviceAccount)));
}

function isAccount(ref: string) {
  if (isUuid(ref)) return eq(serviceAccount.id, ref);
  return ref.includes("@") ? eq(serviceAccount.email, ref) : eq(serviceAccount.name, ref);
}
