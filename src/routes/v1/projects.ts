import type { Deps } from "../../deps.ts";
import {
  createProject,
  deleteProject,
  getProject,
  listProjects,
  updateProject,
} from "../../directory/index.ts";
import { answerCreated, answerEmpty, answerJson, answerStored } from "./answers.ts";
import { mount, nothing, pageOfQuery, type V1Routes } from "./endpoint.ts";
import { pageQuery, projectParams } from "./primitives.ts";
import { projectChange, projectInput, projectItem } from "./project_shapes.ts";
import { createdAnswer, emptyAnswer, pageAnswer, storedAnswer } from "./responses.ts";

const collection = { path: "/v1/projects", tag: "projects", params: nothing };
const member = { path: "/v1/projects/{project}", tag: "projects", params: projectParams };
const one = storedAnswer("The project", projectItem);

const create = {
  ...collection,
  method: "post",
  permission: "projects:create",
  summary: "Create a project",
  body: projectInput,
  answer: createdAnswer("The project", projectItem),
} as const;
const list = {
  ...collection,
  method: "get",
  permission: null,
  summary: "List the projects that you may read",
  query: pageQuery,
  answer: pageAnswer("A page of projects", projectItem),
} as const;
const get = {
  ...member,
  method: "get",
  permission: "projects:read",
  summary: "Get a project",
  answer: one,
} as const;
const change = {
  ...member,
  method: "patch",
  permission: "projects:update",
  summary: "Change a project (JSON merge patch); to disable or enable it needs projects:delete too",
  body: projectChange,
  isConditional: true,
  answer: one,
} as const;
const remove = {
  ...member,
  method: "delete",
  permission: "projects:delete",
  summary: "Delete a project with all that it holds",
  isConditional: true,
  answer: emptyAnswer("Deleted"),
} as const;

export function projectRoutes(routes: V1Routes, deps: Deps): void {
  mount(routes, deps, create, async (c, { context, body }) =>
    answerCreated(c, await createProject(context, body)),
  );
  mount(routes, deps, list, async (c, { context, query }) =>
    answerJson(c, await listProjects(context, pageOfQuery(query))),
  );
  mount(routes, deps, get, async (c, { context, params }) =>
    answerStored(c, await getProject(context, params.project)),
  );
  mount(routes, deps, change, async (c, { context, params, body, ifMatch }) =>
    answerStored(c, await updateProject(context, params.project, { change: body, ifMatch })),
  );
  mount(routes, deps, remove, async (c, { context, params, ifMatch }) =>
    answerEmpty(c, await deleteProject(context, params.project, ifMatch)),
  );
}
