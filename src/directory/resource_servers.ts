import { and, eq, ne, or, sql } from "drizzle-orm";
import { commit } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import { ensureSigningKey } from "../keyring/index.ts";
import {
  accept,
  type MemberProblem,
  type Problem,
  RESOURCE_SERVERS_PER_PROJECT_MAX,
  type Result,
  refuse,
} from "../protocol/index.ts";
import { authorize } from "../rbac/index.ts";
import { type Page, type PageRequest, readBatch, schema } from "../store/index.ts";
import { attempt, attemptChange, eventOn, permitted } from "./attempt.ts";
import { mayReshape } from "./bindings/api_overlap.ts";
import { haveGrantsMoved, moveGrants, stillHolds } from "./bindings/grants_version.ts";
import { type Deletion, judgeTakingAlong } from "./bindings/hanging.ts";
import { isAt, type Stored } from "./etag.ts";
import { listPage } from "./list_page.ts";
import {
  locateProject,
  locateResourceServer,
  locateServiceAccount,
  type ProjectMemberRef,
  type ResourceServerRow,
} from "./locate.ts";
import { membersOf, type Patch } from "./merge_patch.ts";
import { placeOfApi as place, placeOfProject } from "./places.ts";
import { CHANGED_MEANWHILE, memberTaken, taken } from "./problems.ts";
import { type ResourceServerItem, resourceServerItem, storedResourceServer } from "./resource_server_item.ts";
import {
  ACCOUNT_GONE,
  changedResourceServer,
  insertResourceServer,
  newResourceServer,
  type ResourceServerChange,
  type ResourceServerInput,
  updateResourceServerRow,
} from "./resource_server_row.ts";

const { resourceServer } = schema;

type Verdict = Promise<Result<Stored<ResourceServerItem>, Problem>>;

/** Registers an API that accepts our tokens; name and audience are its own in the project. */
export async function createResourceServer(
  context: Context,
  projectRef: string,
  input: ResourceServerInput,
): Verdict {
  const found = await locateProject(context.deps, projectRef);
  const permission = "resource-servers:create";
  const access = { found, permission, place: placeOfProject, action: "resource_server.create" } as const;
  return attempt(context, access, async (project, event) => {
    const made = await newResourceServer(context, project.id, input);
    if (!made.ok) return made;
    const row = made.value;
    const allowed = await mayReshape(context, row);
    if (!allowed.ok) return allowed;
    const committed = await commit(context, {
      event: eventOn(event, row.id),
      guarded: insertResourceServer(context, row),
      after: [moveGrants(context, project.id)],
    });
    if (committed.ok) return prepareKey(context, row);
    return refuse(
      committed.refusal === "unique" ? await whatIsTaken(context, row) : await whyNoRoom(context, row),
    );
  });
}

/** A resource server by its id. */
export async function getResourceServer(context: Context, ref: ProjectMemberRef): Verdict {
  const found = await locateResourceServer(context.deps, ref);
  const access = { found, permission: "resource-servers:read", place } as const;
  return permitted(context, access, async (row) => accept(storedResourceServer(row)));
}

/** The APIs of a project. */
export async function listResourceServers(
  context: Context,
  projectRef: string,
  request: PageRequest,
): Promise<Result<Page<ResourceServerItem>, Problem>> {
  const found = await locateProject(context.deps, projectRef);
  const access = { found, permission: "resource-servers:read", place: placeOfProject } as const;
  return permitted(context, access, ({ id }) => {
    const scope = eq(resourceServer.projectId, id);
    const isShown = (row: ResourceServerRow) => authorize(context, "resource-servers:read", place(row)).ok;
    const list = {
      name: "resource-servers",
      table: resourceServer,
      scope,
      render: resourceServerItem,
      isShown,
    };
    return listPage(context, list, request);
  });
}

/** Changes an API's registration. */
export async function updateResourceServer(
  context: Context,
  ref: ProjectMemberRef,
  { change, ifMatch }: Patch<ResourceServerChange>,
): Verdict {
  const found = await locateResourceServer(context.deps, ref);
  const permission = "resource-servers:update";
  const action = "resource_server.update";
  const access = { found, permission, place, action, id: ref.id, ifMatch } as const;
  return attemptChange(context, access, async (row, event) => {
    const next = await changedResourceServer(context, row, change);
    if (!next.ok) return next;
    const allowed = await mayReshape(context, next.value, row);
    if (!allowed.ok) return allowed;
    const committed = await commit(context, {
      event: { ...event, detail: membersOf(change) },
      guarded: updateResourceServerRow(context, row, next.value),
      after: [moveGrants(context, row.projectId)],
    });
    if (committed.ok) return prepareKey(context, next.value);
    return refuse(
      committed.refusal === "unique" ? await whatIsTaken(context, next.value) : CHANGED_MEANWHILE,
    );
  });
}

/** Ends an API's registration; tokens for its audience live to their end. Says what is bound on it, or takes it along. */
export async function deleteResourceServer(
  context: Context,
  ref: ProjectMemberRef,
  { ifMatch, cascade = false }: Deletion,
): Promise<Result<true, Problem>> {
  const found = await locateResourceServer(context.deps, ref);
  const permission = "resource-servers:delete";
  const action = "resource_server.delete";
  const access = { found, permission, place, action, id: ref.id, ifMatch } as const;
  return attemptChange(context, access, async (row, event) => {
    const hangsOn = sql`role_binding.resource_type = 'resource_server' AND role_binding.resource_id = ${row.id}`;
    const names = row.permissions.map(({ name }) => name);
    const handouts = [{ place: place(row), permissions: ["role-bindings:delete", ...names] }];
    // Of denials too: what was denied here an API of the same audience would then allow.
    const along = await judgeTakingAlong(context, { projectId: row.projectId, hangsOn, cascade, handouts });
    if (!along.ok) return along;
    const committed = await commit(context, {
      event: { ...event, ...along.value.event },
      before: along.value.before,
      guarded: context.deps.db
        .delete(resourceServer)
        .where(and(isAt(resourceServer, row), along.value.guard, stillHolds(context, row.projectId))),
      after: [moveGrants(context, row.projectId)],
    });
    return committed.ok ? accept(true) : refuse(CHANGED_MEANWHILE);
  });
}

/** The key that its tokens will be signed with is published from now on, before the first of them. */
async function prepareKey(context: Context, row: ResourceServerRow): Verdict {
  if (row.signingAlgorithm !== null) await ensureSigningKey(context, row.signingAlgorithm);
  return accept(storedResourceServer(row));
}

/** The insert found no place: asks anew which of its three conditions had ceased to hold. */
async function whyNoRoom(context: Context, row: ResourceServerRow): Promise<Problem> {
  const { deps } = context;
  if (await haveGrantsMoved(context, row.projectId)) return CHANGED_MEANWHILE;
  const project = await locateProject(deps, row.projectId);
  if (!project.ok) return project.refusal;
  const { projectId, serviceAccountId } = row;
  if (serviceAccountId === null) return LIMIT_REACHED;
  const account = await locateServiceAccount(deps, { project: projectId, serviceAccount: serviceAccountId });
  return account.ok ? LIMIT_REACHED : ACCOUNT_GONE;
}

/** A unique index objected, which does not say what to: reads which of both another row has. */
async function whatIsTaken({ deps }: Context, row: ResourceServerRow): Promise<Problem> {
  const isAlike = or(eq(resourceServer.name, row.name), eq(resourceServer.audience, row.audience));
  const [rivals] = await readBatch(deps.db, [
    deps.db
      .select()
      .from(resourceServer)
      .where(and(eq(resourceServer.projectId, row.projectId), ne(resourceServer.id, row.id), isAlike)),
  ]);
  const errors: MemberProblem[] = [];
  if (rivals.some(({ name }) => name === row.name)) {
    errors.push(memberTaken("/name", `Another resource server of this project is named ${row.name}.`));
  }
  if (rivals.some(({ audience }) => audience === row.audience)) {
    errors.push(
      memberTaken("/audience", `Another resource server of this project has the audience ${row.audience}.`),
    );
  }
  return taken(errors);
}

const LIMIT_REACHED: Problem = {
  code: "limit_reached",
  detail: `A project has at most ${RESOURCE_SERVERS_PER_PROJECT_MAX} resource servers; delete one first.`,
};
