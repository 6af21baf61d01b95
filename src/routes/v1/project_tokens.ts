import type { Deps } from "../../deps.ts";
import {
  createProjectToken,
  deleteProjectToken,
  getProjectToken,
  listProjectTokens,
  regenerateProjectToken,
  renameProjectToken,
} from "../../directory/index.ts";
import { answerCreated, answerEmpty, answerJson, answerStored } from "./answers.ts";
import {
  projectTokenChange,
  projectTokenInput,
  projectTokenItem,
  projectTokenParams,
  projectTokenWithToken,
} from "./credential_shapes.ts";
import { mount, pageOfQuery, pageSchema, type V1Routes } from "./endpoint.ts";
import { accountParams, pageQuery } from "./schemas.ts";

const tag = "project tokens";
const path = "/v1/projects/{project}/service-accounts/{serviceAccount}/project-tokens";
const collection = { path, tag, params: accountParams };
const member = { path: `${path}/{id}`, tag, params: projectTokenParams };
const one = {
  status: 200,
  description: "The project token, never itself",
  schema: projectTokenItem,
} as const;
const page = {
  status: 200,
  description: "A page of project tokens, never themselves",
  schema: pageSchema(projectTokenItem),
} as const;

const create = {
  ...collection,
  method: "post",
  summary: "Make a long-lived token; it is answered this once",
  body: projectTokenInput,
  answer: { status: 201, description: "The project token, with itself", schema: projectTokenWithToken },
} as const;
const list = {
  ...collection,
  method: "get",
  summary: "List an account's project tokens",
  query: pageQuery,
  answer: page,
} as const;
const get = { ...member, method: "get", summary: "Get a project token", answer: one } as const;
const rename = {
  ...member,
  method: "patch",
  summary: "Rename a project token (JSON merge patch)",
  body: projectTokenChange,
  answer: one,
} as const;
const regenerate = {
  ...member,
  path: `${path}/{id}/regenerate`,
  method: "post",
  summary: "Make a project token anew; the old one is dead on the next request",
  answer: { status: 200, description: "The project token, with itself", schema: projectTokenWithToken },
} as const;
const remove = {
  ...member,
  method: "delete",
  summary: "Revoke a project token and what was got by it; its name is free again",
  answer: { status: 204, description: "Revoked" },
} as const;

export function projectTokenRoutes(routes: V1Routes, deps: Deps): void {
  mount(routes, deps, create, async (c, { context, params, body }) =>
    answerCreated(c, await createProjectToken(context, params, body)),
  );
  mount(routes, deps, list, async (c, { context, params, query }) =>
    answerJson(c, await listProjectTokens(context, params, pageOfQuery(query))),
  );
  mount(routes, deps, get, async (c, { context, params }) =>
    answerStored(c, await getProjectToken(context, params, params.id)),
  );
  mount(routes, deps, rename, async (c, { context, params, body, ifMatch }) =>
    answerStored(c, await renameProjectToken(context, params, body, ifMatch)),
  );
  mount(routes, deps, regenerate, async (c, { context, params, ifMatch }) =>
    answerStored(c, await regenerateProjectToken(context, params, ifMatch)),
  );
  mount(routes, deps, remove, async (c, { context, params, ifMatch }) =>
    answerEmpty(c, await deleteProjectToken(context, params, ifMatch)),
  );
}
