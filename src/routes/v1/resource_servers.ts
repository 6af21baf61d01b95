import type { Deps } from "../../deps.ts";
import {
  createResourceServer,
  deleteResourceServer,
  getResourceServer,
  listResourceServers,
  updateResourceServer,
} from "../../directory/index.ts";
import { answerCreated, answerEmpty, answerJson, answerStored } from "./answers.ts";
import { mount, pageOfQuery, type V1Routes } from "./endpoint.ts";
import { cascadeQuery, pageQuery, projectParams } from "./primitives.ts";
import {
  resourceServerChange,
  resourceServerInput,
  resourceServerItem,
  resourceServerParams,
} from "./resource_server_shapes.ts";
import { createdAnswer, emptyAnswer, pageAnswer, storedAnswer } from "./responses.ts";

const tag = "resource servers";
const path = "/v1/projects/{project}/resource-servers";
const collection = { path, tag, params: projectParams };
const member = { path: `${path}/{id}`, tag, params: resourceServerParams };
const one = storedAnswer("The resource server", resourceServerItem);

const create = {
  ...collection,
  method: "post",
  permission: "resource-servers:create",
  summary: "Register an API that accepts our access tokens",
  body: resourceServerInput,
  answer: createdAnswer("The resource server", resourceServerItem),
} as const;
const list = {
  ...collection,
  method: "get",
  permission: "resource-servers:read",
  summary: "List resource servers",
  query: pageQuery,
  answer: pageAnswer("A page of resource servers", resourceServerItem),
} as const;
const get = {
  ...member,
  method: "get",
  permission: "resource-servers:read",
  summary: "Get a resource server",
  answer: one,
} as const;
const change = {
  ...member,
  method: "patch",
  permission: "resource-servers:update",
  summary: "Change a resource server (JSON merge patch)",
  body: resourceServerChange,
  isConditional: true,
  answer: one,
} as const;
const remove = {
  ...member,
  method: "delete",
  permission: "resource-servers:delete",
  summary: "End an API's registration",
  query: cascadeQuery,
  isConditional: true,
  answer: emptyAnswer("Deleted"),
} as const;

export function resourceServerRoutes(routes: V1Routes, deps: Deps): void {
  mount(routes, deps, create, async (c, { context, params, body }) =>
    answerCreated(c, await createResourceServer(context, params.project, body)),
  );
  mount(routes, deps, list, async (c, { context, params, query }) =>
    answerJson(c, await listResourceServers(context, params.project, pageOfQuery(query))),
  );
  mount(routes, deps, get, async (c, { context, params }) =>
    answerStored(c, await getResourceServer(context, params)),
  );
  mount(routes, deps, change, async (c, { context, params, body, ifMatch }) =>
    answerStored(c, await updateResourceServer(context, params, { change: body, ifMatch })),
  );
  mount(routes, deps, remove, async (c, { context, params, query, ifMatch }) =>
    answerEmpty(c, await deleteResourceServer(context, params, { ...query, ifMatch })),
  );
}
