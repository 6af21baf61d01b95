import { eq, sql } from "drizzle-orm";
import type { Context } from "../deps.ts";
import { type Statement, schema } from "../store/index.ts";

const { project } = schema;

/** For every write that changes who may do what in a project: what was decided before is decided anew. */
export function moveGrants({ deps }: Context, projectId: string): Statement {
  return deps.db
    .update(project)
    .set({ grantsVersion: sql`${project.grantsVersion} + 1` })
    .where(eq(project.id, projectId));
}
