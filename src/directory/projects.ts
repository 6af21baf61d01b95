import { and, asc, eq, gt } from "drizzle-orm";
import { commit } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import { accept, instantOf, type Problem, type Result, refuse, secondsOf } from "../protocol/index.ts";
import { authorize } from "../rbac/index.ts";
import {
  decodeCursor,
  newId,
  type Page,
  type PageRequest,
  pageOf,
  readBatch,
  schema,
} from "../store/index.ts";
import { locateProject, type ProjectRow } from "./locate.ts";
import { recorded } from "./recorded.ts";
import {
  CHANGED_MEANWHILE,
  etagOf,
  judgePrecondition,
  type Labels,
  type LabelsChange,
  merged,
  mergeLabels,
  type Stored,
} from "./versioned.ts";

const { project, serviceAccount, federatedIdentityProvider, accessToken, keyPurge } = schema;
const LIST = "projects";

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

export async function createProject(context: Context, input: ProjectInput): Verdict {
  const { deps } = context;
  const now = secondsOf(deps.nowMs());
  const row: ProjectRow = {
    id: newId(deps.nowMs()),
    name: input.name,
    displayName: input.displayName ?? null,
    labels: input.labels ?? {},
    disabled: input.disabled ?? false,
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
  const event = {
    action: "project.create",
    target: { type: "project", id: row.id },
    projectId: row.id,
  } as const;
  return recorded(context, { ...event, projectId: undefined }, async () => {
    const allowed = authorize(context.actor, "projects:create", {});
    if (!allowed.ok) return allowed;
    const committed = await commit(context, { event, guarded: deps.db.insert(project).values(row) });
    return committed.ok ? accept(storedProject(row)) : refuse(nameTaken(input.name));
  });
}

export async function getProject(context: Context, ref: string): Verdict {
  const found = await locateProject(context.deps, ref);
  if (!found.ok) return found;
  const allowed = authorize(context.actor, "projects:read", { projectId: found.value.id });
  return allowed.ok ? accept(storedProject(found.value)) : allowed;
}

export async function listProjects(
  context: Context,
  request: PageRequest,
): Promise<Result<Page<ProjectItem>, Problem>> {
  const { deps } = context;
  const allowed = authorize(context.actor, "projects:list", {});
  if (!allowed.ok) return allowed;
  const after = decodeCursor(LIST, request);
  if (!after.ok) return after;
  const query = deps.db
    .select()
    .from(project)
    .where(after.value === undefined ? undefined : gt(project.id, after.value))
    .orderBy(asc(project.id))
    .limit(request.pageSize + 1);
  const [rows] = await readBatch(deps.db, [query]);
  return accept(pageOf(LIST, rows, request.pageSize, projectItem));
}

export async function updateProject(
  context: Context,
  ref: string,
  change: ProjectChange,
  ifMatch: readonly string[] | undefined,
): Verdict {
  const { deps } = context;
  const found = await locateProject(deps, ref);
  const row = found.ok ? found.value : undefined;
  const event = {
    action: "project.update",
    target: { type: "project", id: row?.id ?? ref },
    projectId: row?.id,
  } as const;
  return recorded(context, event, async () => {
    if (!found.ok) return found;
    const allowed = authorize(context.actor, "projects:update", { projectId: found.value.id });
    if (!allowed.ok) return allowed;
    const current = judgePrecondition(found.value, ifMatch);
    if (!current.ok) return current;
    const next = changedProject(found.value, change, secondsOf(deps.nowMs()));
    if (!next.ok) return next;
    const { id, createdAt, ...columns } = next.value;
    const committed = await commit(context, {
      event: { ...event, detail: Object.keys(change).join(", ") },
      guarded: deps.db
        .update(project)
        .set(columns)
        .where(and(eq(project.id, id), eq(project.version, found.value.version))),
    });
    if (committed.ok) return accept(storedProject(next.value));
    return refuse(committed.refusal === "unique" ? nameTaken(next.value.name) : CHANGED_MEANWHILE);
  });
}

/** Deletes a project with all that it holds. Its events stay: they are the record of it. */
export async function deleteProject(
  context: Context,
  ref: string,
  ifMatch: readonly string[] | undefined,
): Promise<Result<true, Problem>> {
  const { db } = context.deps;
  const found = await locateProject(context.deps, ref);
  const row = found.ok ? found.value : undefined;
  const event = {
    action: "project.delete",
    target: { type: "project", id: row?.id ?? ref },
    projectId: row?.id,
  } as const;
  return recorded(context, event, async () => {
    if (!found.ok) return found;
    const { id, version } = found.value;
    const allowed = authorize(context.actor, "projects:delete", { projectId: id });
    if (!allowed.ok) return allowed;
    const current = judgePrecondition(found.value, ifMatch);
    if (!current.ok) return current;
    // Children are named one by one: a libSQL server may run without foreign keys.
    const committed = await commit(context, {
      event,
      before: [accessToken, keyPurge, federatedIdentityProvider, serviceAccount].map((table) =>
        db.delete(table).where(eq(table.projectId, id)),
      ),
      guarded: db.delete(project).where(and(eq(project.id, id), eq(project.version, version))),
    });
    return committed.ok ? accept(true) : refuse(CHANGED_MEANWHILE);
  });
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
