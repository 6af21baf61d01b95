import type { Deps } from "../../deps.ts";
import {
  createProject,
  deleteProject,
  getProject,
  listProjects,
  updateProject,
} from "../../directory/index.ts";
import { answerCreated, answerEmpty, answerJson, answerStored } from "./answers.ts";
import { mount, nothing, pageOfQuery, pageSchema, type V1Routes } from "./endpoint.ts";
import { pageQuery, projectChange, projectInput, projectItem, projectParams } from "./schemas.ts";

const tag = "projects";
const collection = { path: "/v1/projects", tag, params: nothing };
const member = { path: "/v1/projects/{project}", tag, params: projectParams };
const one = { status: 200, description: "The project", schema: projectItem } as const;

export function projectRoutes(routes: V1Routes, deps: Deps): void {
  mount(
    routes,
    deps,
    {
      ...collection,
      method: "post",
      summary: "Create a project",
      body: projectInput,
      answer: { ...one, status: 201 },
    },
    async (c, { context, body }) => answerCreated(c, await createProject(context, body)),
  );
  mount(
    routes,
    deps,
    {
      ...collection,
      method: "get",
      summary: "List projects",
      query: pageQuery,
      answer: { status: 200, description: "A page of projects", schema: pageSchema(projectItem) },
    },
    async (c, { context, query }) => answerJson(c, await listProjects(context, pageOfQuery(query))),
  );
  mount(
    routes,
    deps,
    { ...member, method: "get", summary: "Get a project", answer: one },
    async (c, { context, params }) => answerStored(c, await getProject(context, params.project)),
  );
  mount(
    routes,
    deps,
    {
      ...member,
      method: "patch",
      summary: "Change a project (JSON merge patch)",
      body: projectChange,
      answer: one,
    },
    async (c, { context, params, body, ifMatch }) =>
      answerStored(c, await updateProject(context, params.project, body, ifMatch)),
  );
  mount(
    routes,
    deps,
    {
      ...member,
      method: "delete",
      summary: "Delete a project with all that it holds",
      answer: { status: 204, description: "Deleted" },
    },
    async (c, { context, params, ifMatch }) =>
      answerEmpty(c, await deleteProject(context, params.project, ifMatch)),
  );
}
