import { eq, sql } from "drizzle-orm";
import { commit } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import { accept, isPrincipal, type Problem, type Result, refuse } from "../protocol/index.ts";
import { authorize, notHeldOutright } from "../rbac/index.ts";
import { type Page, type PageRequest, schema } from "../store/index.ts";
import { revokeTokensOf } from "../tokens/index.ts";
import { attempt, attemptChange, permitted } from "./attempt.ts";
import { moveGrants } from "./bindings/grants_version.ts";
import type { Stored } from "./etag.ts";
import { listPage } from "./list_page.ts";
import { locateProject } from "./locate.ts";
import { membersOf, type Patch } from "./merge_patch.ts";
import { placeOfProject as place, placeOfService } from "./places.ts";
import { CHANGED_MEANWHILE, nameTaken } from "./problems.ts";
import { type ProjectItem, projectItem, storedProject } from "./project_item.ts";
import {
  changedProject,
  isThisProject,
  newProject,
  type ProjectChange,
  type ProjectInput,
  updateProjectRow,
} from "./project_row.ts";

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
  role,
  roleBinding,
} = schema;

type Verdict = Promise<Result<Stored<ProjectItem>, Problem>>;

/** What a project holds, from the leaves up. */
const CHILDREN = [
  roleBinding,
  role,
  resourceServer,
  revocation,
  accessToken,
  keyPurge,
  federatedIdentityProvider,
  serviceAccountKey,
  projectToken,
  serviceAccount,
];

/** Creates a project; its name is its own in the whole service. */
export async function createProject(context: Context, input: ProjectInput): Verdict {
  const row = newProject(context, input);
  const access = {
    found: accept(row),
    permission: "projects:create",
    place: placeOfService,
    action: "project.create",
    id: row.id,
  } as const;
  return attempt(context, access, async (_row, event) => {
    const committed = await commit(context, {
      event: { ...event, projectId: row.id },
      guarded: context.deps.db.insert(project).values(row),
    });
    return committed.ok ? accept(storedProject(row)) : refuse(nameTaken("project", row.name));
  });
}

/** A project by its id or name. */
export async function getProject(context: Context, ref: string): Verdict {
  const found = await locateProject(context.deps, ref);
  return permitted(context, { found, permission: "projects:read", place }, async (row) =>
    accept(storedProject(row)),
  );
}

/** The projects that the actor may read: all of them for the operator. */
export async function listProjects(
  context: Context,
  request: PageRequest,
): Promise<Result<Page<ProjectItem>, Problem>> {
  const own = readable(context);
  // Not one parameter each: D1 takes a hundred.
  const isOwn = sql`${project.id} IN (SELECT value FROM json_each(${JSON.stringify(own)}))`;
  const scope = own.length === 0 ? undefined : isOwn;
  const list = () =>
    listPage(context, { name: "projects", table: project, scope, render: projectItem }, request);
  const access = { found: accept(true), permission: "projects:list", place: placeOfService } as const;
  return own.length === 0 ? permitted(context, access, list) : list();
}

/** Those that a binding names, where he may read them now. */
function readable(context: Context): string[] {
  const { actor } = context;
  const bindings = isPrincipal(actor) ? actor.bindings : [];
  const ids = [...new Set(bindings.map(({ projectId }) => projectId))];
  return ids.filter((projectId) => authorize(context, "projects:read", { projectId }).ok);
}

/** Changes a project; disabling it revokes its tokens, and is for who may delete it. */
export async function updateProject(
  context: Context,
  ref: string,
  { change, ifMatch }: Patch<ProjectChange>,
): Verdict {
  const found = await locateProject(context.deps, ref);
  const permission = "projects:update";
  const access = { found, permission, place, action: "project.update", id: ref, ifMatch } as const;
  return attemptChange(context, access, async (row, event) => {
    const next = changedProject(context, row, change);
    if (!next.ok) return next;
    const { disabled } = next.value;
    const isSwitched = disabled !== row.disabled;
    const needed = [{ place: place(row), permissions: ["projects:delete"] }];
    if (isSwitched && notHeldOutright(context, needed).length > 0) return refuse(MAY_NOT_SWITCH);
    const committed = await commit(context, {
      event: { ...event, detail: membersOf(change) },
      before: isSwitched && disabled ? [revokeTokensOf(context, { projectId: row.id })] : [],
      guarded: updateProjectRow(context, row, next.value),
      after: isSwitched ? [moveGrants(context, row.id)] : [],
    });
    if (committed.ok) return accept(storedProject(next.value));
    return refuse(committed.refusal === "unique" ? nameTaken("project", next.value.name) : CHANGED_MEANWHILE);
  });
}

/** Deletes a project with all that it holds; its live tokens are revoked. Its events stay: they are the record of it. */
export async function deleteProject(
  context: Context,
  ref: string,
  ifMatch: readonly string[] | undefined,
): Promise<Result<true, Problem>> {
  const { db } = context.deps;
  const found = await locateProject(context.deps, ref);
  const permission = "projects:delete";
  const access = { found, permission, place, action: "project.delete", id: ref, ifMatch } as const;
  return attemptChange(context, access, async (row, event) => {
    // Children are named one by one: a libSQL server may run without foreign keys.
    const committed = await commit(context, {
      event,
      before: [
        revokeTokensOf(context, { projectId: row.id }),
        ...CHILDREN.map((table) => db.delete(table).where(eq(table.projectId, row.id))),
      ],
      guarded: db.delete(project).where(isThisProject(row)),
    });
    return committed.ok ? accept(true) : refuse(CHANGED_MEANWHILE);
  });
}

const MAY_NOT_SWITCH: Problem = {
  code: "permission_denied",
  detail:
    "A project that is off is dead to its owner's accounts too: to disable or enable it, projects:delete would have to be yours there, without a condition.",
};
