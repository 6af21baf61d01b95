import { eq, type SQL, sql } from "drizzle-orm";
import type { Context } from "../deps.ts";
import type { Problem } from "../protocol/index.ts";
import { readBatch, type Statement, schema } from "../store/index.ts";
import { HAS_OWNER_ROLE, IS_OWNERSHIP } from "./bindings/owners.ts";
import type { IdentityProviderRow } from "./locate.ts";
import { NAMED_MAX } from "./problems.ts";

/** Role bindings whose persons and groups an identity provider vouches for: in any project, unlike all else that hangs. */

const { project, roleBinding } = schema;

/** What hangs on an identity provider. */
export interface HangingOnProvider {
  readonly count: number;
  /** Of the first few bindings: which they are and where. */
  readonly named: readonly { readonly id: string; readonly project: string }[];
  /** The names of the first few projects whose owners are all his. */
  readonly orphans: readonly string[];
}

/** Reads what hangs on an identity provider. */
export async function hangingOn({ deps }: Context, { id }: IdentityProviderRow): Promise<HangingOnProvider> {
  const isHis = eq(roleBinding.identityProviderId, id);
  const [counts, named, orphans] = await readBatch(deps.db, [
    deps.db.select({ count: sql<number>`count(*)` }).from(roleBinding).where(isHis),
    deps.db
      .select({ id: roleBinding.id, project: sql<string>`${project.name}`.as("project_name") })
      .from(roleBinding)
      .innerJoin(project, eq(project.id, roleBinding.projectId))
      .where(isHis)
      .orderBy(roleBinding.id)
      .limit(NAMED_MAX),
    deps.db
      .select({ name: project.name })
      .from(project)
      .where(sql`${project.id} IN (${orphanIds(id)})`)
      .limit(NAMED_MAX),
  ]);
  return { count: counts[0]?.count ?? 0, named, orphans: orphans.map(({ name }) => name) };
}

/** Projects that have owners, all of whom this identity provider vouches for, though it be off. */
function orphanIds(id: string): SQL {
  return sql`SELECT project_id FROM role_binding WHERE identity_provider_id = ${id} AND ${HAS_OWNER_ROLE}
    EXCEPT SELECT project_id FROM role_binding WHERE identity_provider_id IS NOT ${id} AND ${IS_OWNERSHIP}`;
}

/** The condition that nothing hangs on an identity provider: a binding made meanwhile is not taken along unasked. */
export function nothingHangsOn({ id }: IdentityProviderRow): SQL {
  return sql`NOT EXISTS (SELECT 1 FROM role_binding WHERE identity_provider_id = ${id})`;
}

/** The condition that no project loses its last owner with an identity provider. */
export function orphansNobody({ id }: IdentityProviderRow): SQL {
  return sql`NOT EXISTS (${orphanIds(id)})`;
}

/** For the projects that it vouches for somebody in: what was decided there before is decided anew. */
export function moveGrantsOf({ deps }: Context, { id }: IdentityProviderRow): Statement {
  return deps.db
    .update(project)
    .set({ grantsVersion: sql`${project.grantsVersion} + 1` })
    .where(sql`${project.id} IN (SELECT project_id FROM role_binding WHERE identity_provider_id = ${id})`);
}

/** Named, though they go with their identity provider: a libSQL server may run without foreign keys. */
export function deleteBindingsOf({ deps }: Context, { id }: IdentityProviderRow): Statement {
  return deps.db.delete(roleBinding).where(eq(roleBinding.identityProviderId, id));
}

/** Says what hangs on an identity provider, and how to go on. */
export function providerInUse(hanging: HangingOnProvider): Problem {
  const detail = `${said(hanging)} Delete those first, or repeat with cascade=true to take them along.`;
  return { code: "in_use", detail };
}

/** Persons are told apart by issuer: those of another one must not inherit what these hold. */
export function issuerInUse(hanging: HangingOnProvider): Problem {
  const detail = `${said(hanging)} Its persons would become those of another issuer: register that one beside it, or delete those first.`;
  return { code: "in_use", detail, errors: [{ pointer: "/issuer", code: "in_use", detail }] };
}

/** Says which projects nobody would own, and how to go on. */
export function lastOwners({ orphans }: HangingOnProvider): Problem {
  const detail = `It vouches for every owner of ${orphans.join(", ")}${orphans.length < NAMED_MAX ? "" : " and maybe more"}: bind another owner there first, or repeat with acknowledge=last_owner.`;
  return { code: "last_owner", detail };
}

function said({ count, named }: HangingOnProvider): string {
  const first = named.map(({ id, project: name }) => `${id} in ${name}`).join(", ");
  const what = count === 1 ? "One role binding names it" : `${count} role bindings name it`;
  return `${what}: ${first}${count > named.length ? " and more" : ""}.`;
}
