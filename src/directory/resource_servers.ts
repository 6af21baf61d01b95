import { and, asc, eq, gt, ne, or } from "drizzle-orm";
import { commit } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import {
  accept,
  instantOf,
  type MemberProblem,
  type Problem,
  RESOURCE_SERVERS_PER_PROJECT_MAX,
  type Result,
  refuse,
} from "../protocol/index.ts";
import { type Page, type PageRequest, readBatch, schema } from "../store/index.ts";
import { attempt, attemptChange, permitted } from "./attempt.ts";
import { listPage } from "./list_page.ts";
import {
  locateProject,
  locateResourceServer,
  locateServiceAccount,
  type ProjectRow,
  type ResourceServerRow,
} from "./locate.ts";
import {
  ACCOUNT_GONE,
  changedResourceServer,
  insertResourceServer,
  newResourceServer,
  type ResourceServerChange,
  type ResourceServerInput,
  updateResourceServerRow,
} from "./resource_server_row.ts";
import { CHANGED_MEANWHILE, etagOf, type Stored } from "./versioned.ts";

export type { ResourceServerChange, ResourceServerInput } from "./resource_server_row.ts";

const { resourceServer } = schema;

type Verdict = Promise<Result<Stored<ResourceServerItem>, Problem>>;

const place = (row: ResourceServerRow) => ({ projectId: row.projectId });
const within = (row: ProjectRow) => ({ projectId: row.id });

export async function createResourceServer(
  context: Context,
  projectRef: string,
  input: ResourceServerInput,
): Verdict {
  const found = await locateProject(context.deps, projectRef);
  const event = {
    action: "resource_server.create",
    target: { type: "resource_server" },
    ...(found.ok ? within(found.value) : {}),
  } as const;
  const access = { found, permission: "resource-servers:create", place: within } as const;
  return attempt(context, { ...access, event }, async (project) => {
    const made = await newResourceServer(context, project.id, input);
    if (!made.ok) return made;
    const row = made.value;
    const committed = await commit(context, {
      event: { ...event, target: { ...event.target, id: row.id } },
      guarded: insertResourceServer(context, row),
    });
    if (committed.ok) return accept(storedResourceServer(row));
    return refuse(
      committed.refusal === "unique" ? await whatIsTaken(context, row) : await whyNoRoom(context, row),
    );
  });
}

export async function getResourceServer(context: Context, projectRef: string, id: string): Verdict {
  const found = await locateResourceServer(context.deps, projectRef, id);
  const access = { found, permission: "resource-servers:read", place } as const;
  return permitted(context, access, async (row) => accept(storedResourceServer(row)));
}

export async function listResourceServers(
  context: Context,
  projectRef: string,
  request: PageRequest,
): Promise<Result<Page<ResourceServerItem>, Problem>> {
  const found = await locateProject(context.deps, projectRef);
  const access = { found, permission: "resource-servers:read", place: within } as const;
  return permitted(context, access, (project) => {
    const query = (after: string, limit: number) =>
      context.deps.db
        .select()
        .from(resourceServer)
        .where(and(eq(resourceServer.projectId, project.id), gt(resourceServer.id, after)))
        .orderBy(asc(resourceServer.id))
        .limit(limit);
    return listPage(context, { name: "resource-servers", query, render: resourceServerItem }, request);
  });
}

export async function updateResourceServer(
  context: Context,
  projectRef: string,
  id: string,
  change: ResourceServerChange,
  ifMatch: readonly string[] | undefined,
): Verdict {
  const found = await locateResourceServer(context.deps, projectRef, id);
  const event = eventOf("update", found, id);
  const access = { found, permission: "resource-servers:update", place } as const;
  return attemptChange(context, { ...access, event, ifMatch }, async (row) => {
    const next = await changedResourceServer(context, row, change);
    if (!next.ok) return next;
    const committed = await commit(context, {
      event: { ...event, detail: Object.keys(change).join(", ") },
      guarded: updateResourceServerRow(context, row, next.value),
    });
    if (committed.ok) return accept(storedResourceServer(next.value));
    return refuse(
      committed.refusal === "unique" ? await whatIsTaken(context, next.value) : CHANGED_MEANWHILE,
    );
  });
}

export async function deleteResourceServer(
  context: Context,
  projectRef: string,
  id: string,
  ifMatch: readonly string[] | undefined,
): Promise<Result<true, Problem>> {
  const found = await locateResourceServer(context.deps, projectRef, id);
  const event = eventOf("delete", found, id);
  const access = { found, permission: "resource-servers:delete", place } as const;
  return attemptChange(context, { ...access, event, ifMatch }, async (row) => {
    const thisState = and(
      eq(resourceServer.projectId, row.projectId),
      eq(resourceServer.id, row.id),
      eq(resourceServer.version, row.version),
    );
    const committed = await commit(context, {
      event,
      guarded: context.deps.db.delete(resourceServer).where(thisState),
    });
    return committed.ok ? accept(true) : refuse(CHANGED_MEANWHILE);
  });
}

function eventOf(verb: "update" | "delete", found: Result<ResourceServerRow, Problem>, id: string) {
  return {
    action: `resource_server.${verb}`,
    target: { type: "resource_server", id },
    ...(found.ok ? place(found.value) : {}),
  } as const;
}

/** The insert found no place: asks anew which of its three conditions had ceased to hold. */
async function whyNoRoom({ deps }: Context, row: ResourceServerRow): Promise<Problem> {
  const project = await locateProject(deps, row.projectId);
  if (!project.ok) return project.refusal;
  if (row.serviceAccountId === null) return LIMIT_REACHED;
  const account = await locateServiceAccount(deps, row.projectId, row.serviceAccountId);
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
    errors.push(taken("/name", `Another resource server of this project is named ${row.name}.`));
  }
  if (rivals.some(({ audience }) => audience === row.audience)) {
    errors.push(
      taken("/audience", `Another resource server of this project has the audience ${row.audience}.`),
    );
  }
  // The rival has gone since.
  if (errors.length === 0) return CHANGED_MEANWHILE;
  return { code: "name_taken", detail: errors.map(({ detail }) => detail).join(" "), errors };
}

function taken(pointer: string, detail: string): MemberProblem {
  return { pointer, code: "name_taken", detail };
}

const LIMIT_REACHED: Problem = {
  code: "limit_reached",
  detail: `A project has at most ${RESOURCE_SERVERS_PER_PROJECT_MAX} resource servers; delete one first.`,
};

export type ResourceServerItem = ReturnType<typeof resourceServerItem>;

function resourceServerItem(row: ResourceServerRow) {
  return {
    id: row.id,
    projectId: row.projectId,
    name: row.name,
    audience: row.audience,
    serviceAccountId: row.serviceAccountId,
    createdAt: instantOf(row.createdAt),
    updatedAt: instantOf(row.updatedAt),
  };
}

function storedResourceServer(row: ResourceServerRow): Stored<ResourceServerItem> {
  return { item: resourceServerItem(row), etag: etagOf(row) };
}
