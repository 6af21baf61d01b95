import { eq, type SQL, sql } from "drizzle-orm";
import type { Context } from "../../deps.ts";
import { accept, type Problem, type Result, refuse } from "../../protocol/index.ts";
import { readBatch, schema } from "../../store/index.ts";

/** Who owns a project, as conditions on `role_binding`; and that none is left without an owner unasked. */

const { project } = schema;

/** What makes somebody an owner: outright, and on all of it; though he be off, or come to an end. */
export const HAS_OWNER_ROLE = sql`(role_binding.built_in_role = 'owner' AND role_binding.effect = 'allow'
    AND role_binding.resource_type = 'project' AND role_binding.condition IS NULL
    AND role_binding.principal_type <> 'workloads')`;

/** An owner for good: one who gets in now too, and has no end. */
export const IS_OWNERSHIP = sql`(${HAS_OWNER_ROLE}
    AND (role_binding.principal_type <> 'service_account' OR EXISTS (SELECT 1 FROM service_account a
      WHERE a.id = role_binding.principal_id AND a.disabled = 0 AND a.expires_at IS NULL))
    AND (role_binding.identity_provider_id IS NULL OR EXISTS (SELECT 1 FROM identity_provider i
      WHERE i.id = role_binding.identity_provider_id AND i.disabled = 0)))`;

/** What a caller says that he knows. */
export interface Acknowledged {
  /** Warnings that he has read: `last_owner`. */
  readonly acknowledge?: readonly string[] | undefined;
}

/** How it goes on where owners would end: with a word for it, or else with what is said against it. */
export interface Objection extends Acknowledged {
  /** What ends, and how to go on. */
  readonly detail: string;
}

/**
 * Whether a project keeps an owner though the bindings end for which a condition holds: what to read, and what follows
 * from it. The answer is the condition that the write is guarded by: of two owners that go at the same time one stays.
 */
export function ownersWithout({ db }: Context["deps"], projectId: string, condition: SQL) {
  const bindings = sql`EXISTS (SELECT 1 FROM role_binding WHERE role_binding.project_id = ${projectId}`;
  const going = sql<number>`${bindings} AND ${HAS_OWNER_ROLE} AND (${condition}))`;
  const staying = sql<number>`${bindings} AND ${IS_OWNERSHIP} AND NOT (${condition}))`;
  const query = db
    .select({ go: going.as("go"), stay: staying.as("stay") })
    .from(project)
    .where(eq(project.id, projectId));
  const judge = (
    [owners]: readonly { readonly go: number; readonly stay: number }[],
    { acknowledge = [], detail }: Objection,
  ): Result<SQL, Problem> => {
    if (owners?.go !== 1 || acknowledge.includes("last_owner")) return accept(sql`1`);
    return owners.stay === 1 ? accept(staying) : refuse({ code: "last_owner", detail });
  };
  return { query, judge };
}

/** As `ownersWithout`, for whoever reads nothing else. @throws Fault `storage` */
export async function judgeOwnersWithout(
  { deps }: Context,
  projectId: string,
  { condition, ...objection }: Objection & { readonly condition: SQL },
): Promise<Result<SQL, Problem>> {
  const { query, judge } = ownersWithout(deps, projectId, condition);
  const [owners] = await readBatch(deps.db, [query]);
  return judge(owners, objection);
}
