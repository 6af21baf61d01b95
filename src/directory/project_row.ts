import { and, eq, type SQL } from "drizzle-orm";
import type { Context } from "../deps.ts";
import { accept, type Problem, type Result, secondsOf } from "../protocol/index.ts";
import { newId, type Statement, schema } from "../store/index.ts";
import { type Labels, type LabelsChange, mergeLabels } from "./labels.ts";
import type { ProjectRow } from "./locate.ts";
import { merged } from "./merge_patch.ts";

const { project } = schema;

export interface ProjectInput {
  readonly name: string;
  readonly displayName?: string | undefined;
  readonly labels?: Labels | undefined;
  readonly disabled?: boolean | undefined;
}

/** A merge patch. @see RFC 7396 */
export interface ProjectChange {
  readonly name?: string | undefined;
  readonly displayName?: string | null | undefined;
  readonly labels?: LabelsChange | undefined;
  readonly disabled?: boolean | undefined;
}

/** A project as it will be stored. */
export function newProject({ deps }: Context, input: ProjectInput): ProjectRow {
  const now = secondsOf(deps.nowMs());
  return {
    id: newId(deps.nowMs()),
    name: input.name,
    displayName: input.displayName ?? null,
    labels: input.labels ?? {},
    disabled: input.disabled ?? false,
    version: 1,
    createdAt: now,
    updatedAt: now,
    grantsVersion: 1,
  };
}

/** The project after a change; refuses what may not be stored. */
export function changedProject(
  { deps }: Context,
  row: ProjectRow,
  change: ProjectChange,
): Result<ProjectRow, Problem> {
  const labels = mergeLabels(row.labels, change.labels);
  if (!labels.ok) return labels;
  return accept({
    ...row,
    name: change.name ?? row.name,
    displayName: merged(row.displayName, change.displayName),
    labels: labels.value,
    disabled: change.disabled ?? row.disabled,
    version: row.version + 1,
    updatedAt: secondsOf(deps.nowMs()),
  });
}

/** Changes the row only at the version that was read. */
export function updateProjectRow({ deps }: Context, row: ProjectRow, next: ProjectRow): Statement {
  const { id, createdAt, grantsVersion, ...columns } = next;
  return deps.db.update(project).set(columns).where(isThisProject(row));
}

/** This project in exactly this state. */
export function isThisProject(row: ProjectRow): SQL | undefined {
  return and(eq(project.id, row.id), eq(project.version, row.version));
}
