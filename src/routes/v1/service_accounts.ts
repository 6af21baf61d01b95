import type { Deps } from "../../deps.ts";
import {
  createServiceAccount,
  deleteServiceAccount,
  getServiceAccount,
  listServiceAccounts,
  updateServiceAccount,
} from "../../directory/index.ts";
import { answerCreated, answerEmpty, answerJson, answerStored } from "./answers.ts";
import { mount, pageOfQuery, type V1Routes } from "./endpoint.ts";
import {
  accountParams,
  acknowledgeQuery,
  cascadeAndAcknowledgeQuery,
  pageQuery,
  projectParams,
} from "./primitives.ts";
import { createdAnswer, emptyAnswer, pageAnswer, storedAnswer } from "./responses.ts";
import { serviceAccountChange, serviceAccountInput, serviceAccountItem } from "./service_account_shapes.ts";

const tag = "service accounts";
const path = "/v1/projects/{project}/service-accounts";
const collection = { path, tag, params: projectParams };
const member = { path: `${path}/{serviceAccount}`, tag, params: accountParams };
const one = storedAnswer("The service account", serviceAccountItem);

const create = {
  ...collection,
  method: "post",
  permission: "service-accounts:create",
  summary: "Create a service account",
  body: serviceAccountInput,
  answer: createdAnswer("The service account", serviceAccountItem),
} as const;
const list = {
  ...collection,
  method: "get",
  permission: "service-accounts:read",
  summary: "List service accounts",
  query: pageQuery,
  answer: pageAnswer("A page of service accounts", serviceAccountItem),
} as const;
const get = {
  ...member,
  method: "get",
  permission: "service-accounts:read",
  summary: "Get a service account",
  answer: one,
} as const;
const change = {
  ...member,
  method: "patch",
  permission: "service-accounts:update",
  summary: "Change, rename, disable a service account (JSON merge patch)",
  query: acknowledgeQuery,
  body: serviceAccountChange,
  isConditional: true,
  answer: one,
} as const;
const remove = {
  ...member,
  method: "delete",
  permission: "service-accounts:delete",
  summary: "Delete a service account; its e-mail is never given out again",
  query: cascadeAndAcknowledgeQuery,
  isConditional: true,
  answer: emptyAnswer("Deleted"),
} as const;

export function serviceAccountRoutes(routes: V1Routes, deps: Deps): void {
  mount(routes, deps, create, async (c, { context, params, body }) =>
    answerCreated(c, await createServiceAccount(context, params.project, body)),
  );
  mount(routes, deps, list, async (c, { context, params, query }) =>
    answerJson(c, await listServiceAccounts(context, params.project, pageOfQuery(query))),
  );
  mount(routes, deps, get, async (c, { context, params }) =>
    answerStored(c, await getServiceAccount(context, params)),
  );
  mount(routes, deps, change, async (c, { context, params, query, body, ifMatch }) =>
    answerStored(c, await updateServiceAccount(context, params, { ...query, change: body, ifMatch })),
  );
  mount(routes, deps, remove, async (c, { context, params, query, ifMatch }) =>
    answerEmpty(c, await deleteServiceAccount(context, params, { ...query, ifMatch })),
  );
}
