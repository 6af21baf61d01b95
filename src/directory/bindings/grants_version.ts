import { eq, type SQL, sql } from "drizzle-orm";
import type { Context } from "../../deps.ts";
import { isPrincipal } from "../../protocol/index.ts";
import { readBatch, type Statement, schema } from "../../store/index.ts";

const { project } = schema;

/** At which version the actor was permitted; undefined where his rights are no bindings. */
function decidedAt({ actor }: Context): number | undefined {
  return isPrincipal(actor) ? (actor.grantsVersion ?? undefined) : undefined;
}

/**
 * The condition that nobody's rights in a project have changed since the actor was permitted: what he lost meanwhile, he
 * hands on to nobody.
 */
export function stillHolds(context: Context, projectId: string): SQL {
  const version = decidedAt(context);
  if (version === undefined) return sql`1`;
  return sql`EXISTS (SELECT 1 FROM project g WHERE g.id = ${projectId} AND g.grants_version = ${version})`;
}

/** Whether a write failed for `stillHolds`. */
export async function haveGrantsMoved(context: Context, projectId: string): Promise<boolean> {
  const version = decidedAt(context);
  if (version === undefined) return false;
  const { db } = context.deps;
  const query = db.select({ version: project.grantsVersion }).from(project).where(eq(project.id, projectId));
  const [[found]] = await readBatch(db, [query]);
  return found?.version !== version;
}

/** For every write that changes who may do what in a project, behind its guard: what was decided before is decided anew. */
export function moveGrants({ deps }: Context, projectId: string): Statement {
  return deps.db
    .update(project)
    .set({ grantsVersion: sql`${project.grantsVersion} + 1` })
    .where(eq(project.id, projectId));
}
