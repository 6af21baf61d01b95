import { and, asc, eq, gt } from "drizzle-orm";
import { commit } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import { accept, instantOf, type Problem, type Result, refuse, secondsOf } from "../protocol/index.ts";
import { newId, type Page, type PageRequest, schema } from "../store/index.ts";
import { revokeTokensOf } from "../tokens/index.ts";
import { attempt, attemptChange, permitted } from "./attempt.ts";
import { listPage } from "./list_page.ts";
import { locateProject, type ProjectRow } from "./locate.ts";
import {
  CHANGED_MEANWHILE,
  etagOf,
  type Labels,
  type LabelsChange,
  merged,
  mergeLabels,
  type Stored,
} from "./versioned.ts";

const {
  project,
  serviceAccount,
  serviceAccountKey,
  federatedIdentityProvider,
  projectToken,
  accessToken,
  revocation,
  keyPurge,
  resourceServer,
} = schema;

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

type Verdict = Promise<Result<Stored<ProjectItem>, Problem>>;

/** What a project holds, from the leaves up. */
const CHILDREN = [
  resourceServer,
  revocation,
  accessToken,
  keyPurge,
  federatedIdentityProvider,
  serviceAccountKey,
  projectToken,
  serviceAccount,
];

const place = (row: ProjectRow) => ({ projectId: row.id });

export async function createProject(context: Context, input: ProjectInput): Verdict {
  const { deps } = context;
  const row = newProject(context, input);
  const event = { action: "project.create", target: { type: "project", id: row.id } } as const;
  const access = { found: accept(row), permission: "projects:create", place: () => ({}) } as const;
  return attempt(context, { ...access, event }, async () => {
    const committed = await commit(context, {
      event: { ...event, projectId: row.id },
      guarded: deps.db.insert(project).values(row),
    });
    return committed.ok ? accept(storedProject(row)) : refuse(nameTaken(input.name));
  });
}

export async function getProject(context: Context, ref: string): Verdict {
  const found = await locateProject(context.deps, ref);
  return permitted(context, { found, permission: "projects:read", place }, async (row) =>
    accept(storedProject(row)),
  );
}

export async function listProjects(
  context: Context,
  request: PageRequest,
): Promise<Result<Page<ProjectItem>, Problem>> {
  const access = { found: accept(true), permission: "projects:list", place: () => ({}) } as const;
  const { db } = context.deps;
  const query = (after: string, limit: number) =>
    db.select().from(project).where(gt(project.id, after)).orderBy(asc(project.id)).limit(limit);
  return permitted(context, access, () =>
    listPage(context, { name: "projects", query, render: projectItem }, request),
  );
}

export async function updateProject(
  context: Context,
  ref: string,
  change: ProjectChange,
  ifMatch: readonly string[] | undefined,
): Verdict {
  const { deps } = context;
  const found = await locateProject(deps, ref);
  const event = eventOf("project.update", found, ref);
  return attemptChange(
    context,
    { found, permission: "projects:update", place, event, ifMatch },
    async (row) => {
      const next = changedProject(row, change, secondsOf(deps.nowMs()));
      if (!next.ok) return next;
      const { id, createdAt, ...columns } = next.value;
      const committed = await commit(context, {
        event: { ...event, detail: Object.keys(change).join(", ") },
        before: next.value.disabled && !row.disabled ? [revokeTokensOf(context, { projectId: id })] : [],
        guarded: deps.db
          .update(project)
          .set(columns)
          .where(and(eq(project.id, id), eq(project.version, row.version))),
      });
      if (committed.ok) return accept(storedProject(next.value));
      return refuse(committed.refusal === "unique" ? nameTaken(next.value.name) : CHANGED_MEANWHILE);
    },
  );
}

/** Deletes a project with all that it holds; its live tokens are revoked. Its events stay: they are the record of it. */
export async function deleteProject(
  context: Context,
  ref: string,
  ifMatch: readonly string[] | undefined,
): Promise<Result<true, Problem>> {
  const { db } = context.deps;
  const found = await locateProject(context.deps, ref);
  const event = eventOf("project.delete", found, ref);
  return attemptChange(
    context,
    { found, permission: "projects:delete", place, event, ifMatch },
    async (row) => {
      // Children are named one by one: a libSQL server may run without foreign keys.
      const committed = await commit(context, {
        event,
        before: [
          revokeTokensOf(context, { projectId: row.id }),
          ...CHILDREN.map((table) => db.delete(table).where(eq(table.projectId, row.id))),
        ],
        guarded: db.delete(project).where(and(eq(project.id, row.id), eq(project.version, row.version))),
      });
      return committed.ok ? accept(true) : refuse(CHANGED_MEANWHILE);
    },
  );
}

function eventOf(
  action: "project.update" | "project.delete",
  found: Result<ProjectRow, Problem>,
  ref: string,
) {
  const id = found.ok ? found.value.id : undefined;
  return { action, target: { type: "project", id: id ?? ref }, projectId: id } as const;
}

function newProject({ deps }: Context, input: ProjectInput): ProjectRow {
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
  };
}

function changedProject(row: ProjectRow, change: ProjectChange, now: number): Result<ProjectRow, Problem> {
  const labels = mergeLabels(row.labels, change.labels);
  if (!labels.ok) return labels;
  return accept({
    ...row,
    name: change.name ?? row.name,
    displayName: merged(row.displayName, change.displayName),
    labels: labels.value,
    disabled: change.disabled ?? row.disabled,
    version: row.version + 1,
    updatedAt: now,
  });
}

export type ProjectItem = ReturnType<typeof projectItem>;

function projectItem(row: ProjectRow) {
  return {
    id: row.id,
    name: row.name,
    displayName: row.displayName,
    labels: row.labels,
    disabled: row.disabled,
    createdAt: instantOf(row.createdAt),
    updatedAt: instantOf(row.updatedAt),
  };
}

function storedProject(row: ProjectRow): Stored<ProjectItem> {
  return { item: projectItem(row), etag: etagOf(row) };
}

function nameTaken(name: string): Problem {
  const detail = `Another project is named ${name}.`;
  return { code: "name_taken", detail, errors: [{ pointer: "/name", code: "name_taken", detail }] };
}
