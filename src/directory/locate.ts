import { and, eq, sql } from "drizzle-orm";
import type { Deps } from "../deps.ts";
import { accept, type Problem, type Result } from "../protocol/index.ts";
import { isUuid, readBatch, schema } from "../store/index.ts";
import { notFound } from "./versioned.ts";

const { project, serviceAccount, federatedIdentityProvider: provider } = schema;

export type ProjectRow = typeof project.$inferSelect;
export type ServiceAccountRow = typeof serviceAccount.$inferSelect;
export type ProviderRow = typeof provider.$inferSelect;

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
  const [projects, accounts, providers] = await readBatch(deps.db, [
    projectQuery(deps, projectRef),
    accountQuery(deps, projectRef, accountRef),
    deps.db
      .select()
      .from(provider)
      .where(and(eq(provider.id, id), eq(provider.projectId, sql`(${projectIdQuery(deps, projectRef)})`))),
  ]);
  if (projects[0] === undefined) return notFound("project");
  if (accounts[0] === undefined) return notFound("service account");
  const found = providers.find((row) => row.serviceAccountId === accounts[0]?.id);
  if (found === undefined) return notFound("federated identity provider");
  return accept(found);
}

function isProject(ref: string) {
  return isUuid(ref) ? eq(project.id, ref) : eq(project.name, ref);
}

function projectQuery(deps: Deps, ref: string) {
  return deps.db.select().from(project).where(isProject(ref));
}

function projectIdQuery(deps: Deps, ref: string) {
  return deps.db.select({ id: project.id }).from(project).where(isProject(ref));
}

function accountQuery(deps: Deps, projectRef: string, ref: string) {
  return deps.db
    .select()
    .from(serviceAccount)
    .where(and(eq(serviceAccount.projectId, sql`(${projectIdQuery(deps, projectRef)})`), isAccount(ref)));
}

function isAccount(ref: string) {
  if (isUuid(ref)) return eq(serviceAccount.id, ref);
  return ref.includes("@") ? eq(serviceAccount.email, ref) : eq(serviceAccount.name, ref);
}
