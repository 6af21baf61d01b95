import type { Deps } from "../../deps.ts";
import {
  createProjectToken,
  deleteProjectToken,
  getProjectToken,
  listProjectTokens,
  regenerateProjectToken,
  updateProjectToken,
} from "../../directory/index.ts";
import { answerCreated, answerEmpty, answerJson, answerStored } from "./answers.ts";
import { mount, pageOfQuery, type V1Routes } from "./endpoint.ts";
import { accountParams, pageQuery } from "./primitives.ts";
import {
  projectTokenChange,
  projectTokenInput,
  projectTokenItem,
  projectTokenParams,
  projectTokenWithToken,
} from "./project_token_shapes.ts";
import { createdAnswer, emptyAnswer, pageAnswer, storedAnswer } from "./responses.ts";

const tag = "project tokens";
const path = "/v1/projects/{project}/service-accounts/{serviceAccount}/project-tokens";
const collection = { path, tag, params: accountParams };
const member = { path: `${path}/{id}`, tag, params: projectTokenParams };
const one = storedAnswer("The project token, never itself", projectTokenItem);

const create = {
  ...collection,
  method: "post",
  permission: "project-tokens:create",
  summary: "Make a long-lived token; it is answered this once",
  body: projectTokenInput,
  answer: createdAnswer("The project token, with itself", projectTokenWithToken),
} as const;
const list = {
  ...collection,
  method: "get",
  permission: "project-tokens:read",
  summary: "List an account's project tokens",
  query: pageQuery,
  answer: pageAnswer("A page of project tokens, never themselves", projectTokenItem),
} as const;
const get = {
  ...member,
  method: "get",
  permission: "project-tokens:read",
  summary: "Get a project token",
  answer: one,
} as const;
const rename = {
  ...member,
  method: "patch",
  permission: "project-tokens:update",
  summary: "Rename a project token (JSON merge patch)",
  body: projectTokenChange,
  isConditional: true,
  answer: one,
} as const;
const regenerate = {
  ...member,
  path: `${path}/{id}/regenerate`,
  method: "post",
  permission: "project-tokens:regenerate",
  summary: "Make a project token anew; the old one is dead on the next request",
  isConditional: true,
  answer: storedAnswer("The project token, with itself", projectTokenWithToken),
} as const;
const remove = {
  ...member,
  method: "delete",
  permission: "project-tokens:delete",
  summary: "Revoke a project token and what was got by it; its name is free again",
  isConditional: true,
  answer: emptyAnswer("Revoked"),
} as const;

export function projectTokenRoutes(routes: V1Routes, deps: Deps): void {
  mount(routes, deps, create, async (c, { context, params, body }) =>
    answerCreated(c, await createProjectToken(context, params, body)),
  );
  mount(routes, deps, list, async (c, { context, params, query }) =>
    answerJson(c, await listProjectTokens(context, params, pageOfQuery(query))),
  );
  mount(routes, deps, get, async (c, { context, params }) =>
    answerStored(c, await getProjectToken(context, params)),
  );
  mount(routes, deps, rename, async (c, { context, params, body, ifMatch }) =>
    answerStored(c, await updateProjectToken(context, params, { change: body, ifMatch })),
  );
  mount(routes, deps, regenerate, async (c, { context, params, ifMatch }) =>
    answerStored(c, await regenerateProjectToken(context, params, ifMatch)),
  );
  mount(routes, deps, remove, async (c, { context, params, ifMatch }) =>
    answerEmpty(c, await deleteProjectToken(context, params, ifMatch)),
  );
}
