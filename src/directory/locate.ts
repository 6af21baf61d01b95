import { and, eq, sql } from "drizzle-orm";
import type { RunnableQuery } from "drizzle-orm/runnable-query";
import type { Deps } from "../deps.ts";
import { accept, notFound, type Problem, type Result } from "../protocol/index.ts";
import { isUuid, readBatch, schema } from "../store/index.ts";

const {
  project,
  serviceAccount,
  federatedIdentityProvider: provider,
  projectToken,
  resourceServer,
  revocation,
  serviceAccountKey,
} = schema;

export type ProjectRow = typeof project.$inferSelect;
export type ServiceAccountRow = typeof serviceAccount.$inferSelect;
export type ProviderRow = typeof provider.$inferSelect;
export type KeyRow = typeof serviceAccountKey.$inferSelect;
export type ProjectTokenRow = typeof projectToken.$inferSelect;
export type ResourceServerRow = typeof resourceServer.$inferSelect;

/** `{project}` and `{serviceAccount}` of a path. */
export interface AccountRef {
  readonly project: string;
  readonly serviceAccount: string;
}

export type RevocationRow = typeof revocation.$inferSelect;

type Located<Value> = Promise<Result<Value, Problem>>;

/** `{project}` of a path: an id or a name. */
export async function locateProject(deps: Deps, ref: string): Located<ProjectRow> {
  const [rows] = await readBatch(deps.db, [projectQuery(deps, ref)]);
  return rows[0] === undefined ? notFound("project") : accept(rows[0]);
}

/** `{project}` and `{serviceAccount}` of a path, the latter an id, an e-mail or a name, in this project alone. */
export async function locateServiceAccount(
  deps: Deps,
  projectRef: string,
  accountRef: string,
): Located<ServiceAccountRow> {
  const [projects, accounts] = await readBatch(deps.db, [
    projectQuery(deps, projectRef),
    accountQuery(deps, projectRef, accountRef),
  ]);
  if (projects[0] === undefined) return notFound("project");
  if (accounts[0] === undefined) return notFound("service account");
  return accept(accounts[0]);
}

/** A trust by its id, of this account of this project alone. */
export async function locateProvider(
  deps: Deps,
  projectRef: string,
  accountRef: string,
  id: string,
): Located<ProviderRow> {
  const ref = { project: projectRef, serviceAccount: accountRef };
  const found = await locateOwned(
    deps,
    ref,
    "federated identity provider",
    ownedQuery(deps, ref, provider, id),
  );
  return found.ok ? accept(found.value.row) : found;
}

/** A key by its id, of this account of this project alone. */
export async function locateKey(deps: Deps, ref: AccountRef, id: string): Located<KeyRow> {
  const found = await locateOwned(deps, ref, "key", ownedQuery(deps, ref, serviceAccountKey, id));
  return found.ok ? accept(found.value.row) : found;
}

/** A project token that is not revoked, with its account. */
export async function locateProjectToken(
  deps: Deps,
  ref: AccountRef,
  id: string,
): Located<Owned<ProjectTokenRow>> {
  const found = await locateOwned(deps, ref, "project token", ownedQuery(deps, ref, projectToken, id));
  if (found.ok && found.value.row.revokedAt !== null) return notFound("project token");
  return found;
}

/** Something of an account, and the account. */
export interface Owned<Row> {
  readonly row: Row;
  readonly account: ServiceAccountRow;
}

async function locateOwned<Row extends { readonly serviceAccountId: string }>(
  deps: Deps,
  ref: AccountRef,
  what: string,
  query: RunnableQuery<Row[], "sqlite">,
): Located<Owned<Row>> {
  const [projects, accounts, rows] = await readBatch(deps.db, [
    projectQuery(deps, ref.project),
    accountQuery(deps, ref.project, ref.serviceAccount),
    query,
  ]);
  const account = accounts[0];
  if (projects[0] === undefined) return notFound("project");
  if (account === undefined) return notFound("service account");
  const row = rows.find(({ serviceAccountId }) => serviceAccountId === account.id);
  return row === undefined ? notFound(what) : accept({ row, account });
}

type OwnedTable = typeof provider | typeof serviceAccountKey | typeof projectToken;

function ownedQuery<Table extends OwnedTable>(
  deps: Deps,
  { project: ref }: AccountRef,
  table: Table,
  id: string,
) {
  const isThis = and(eq(table.id, id), eq(table.projectId, ofProject(deps, ref)));
  return deps.db
    .select()
    .from(table as OwnedTable)
    .where(isThis) as unknown as RunnableQuery<Table["$inferSelect"][], "sqlite">;
}

/** A resource server by its id, of this project alone. */
export async function locateResourceServer(deps: Deps, ref: string, id: string): Located<ResourceServerRow> {
  const isThis = and(eq(resourceServer.id, id), eq(resourceServer.projectId, ofProject(deps, ref)));
  return locateIn(deps, ref, "resource server", deps.db.select().from(resourceServer).where(isThis));
}

/** A revocation by its id, of this project alone. */
export async function locateRevocation(deps: Deps, ref: string, id: string): Located<RevocationRow> {
  const isThis = and(eq(revocation.id, id), eq(revocation.projectId, ofProject(deps, ref)));
  return locateIn(deps, ref, "revocation", deps.db.select().from(revocation).where(isThis));
}

async function locateIn<Row>(
  deps: Deps,
  projectRef: string,
  what: string,
  query: RunnableQuery<Row[], "sqlite">,
): Located<Row> {
  const [projects, rows] = await readBatch(deps.db, [projectQuery(deps, projectRef), query]);
  if (projects[0] === undefined) return notFound("project");
  return rows[0] === undefined ? notFound(what) : accept(rows[0]);
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

function accountQuery(deps: Deps, projectRef: string, ref: string) {
  return deps.db
    .select()
    .from(serviceAccount)
    .where(and(eq(serviceAccount.projectId, ofProject(deps, projectRef)), isAccount(ref)));
}

function isAccount(ref: string) {
  if (isUuid(ref)) return eq(serviceAccount.id, ref);
  return ref.includes("@") ? eq(serviceAccount.email, ref) : eq(serviceAccount.name, ref);
}
