import type { Deps } from "../../deps.ts";
import {
  createServiceAccount,
  deleteServiceAccount,
  getServiceAccount,
  listServiceAccounts,
  updateServiceAccount,
} from "../../directory/index.ts";
import { answerCreated, answerEmpty, answerJson, answerStored } from "./answers.ts";
import { mount, pageOfQuery, pageSchema, type V1Routes } from "./endpoint.ts";
import { serviceAccountItem } from "./items.ts";
import {
  accountParams,
  pageQuery,
  projectParams,
  serviceAccountChange,
  serviceAccountInput,
} from "./schemas.ts";

const tag = "service accounts";
const path = "/v1/projects/{project}/service-accounts";
const collection = { path, tag, params: projectParams };
const member = { path: `${path}/{serviceAccount}`, tag, params: accountParams };
const one = { status: 200, description: "The service account", schema: serviceAccountItem } as const;
const page = {
  status: 200,
  description: "A page of service accounts",
  schema: pageSchema(serviceAccountItem),
} as const;
const gone = { status: 204, description: "Deleted" } as const;

const create = {
  ...collection,
  method: "post",
  summary: "Create a service account",
  body: serviceAccountInput,
  answer: { ...one, status: 201 },
} as const;
const list = {
  ...collection,
  method: "get",
  summary: "List service accounts",
  query: pageQuery,
  answer: page,
} as const;
const get = { ...member, method: "get", summary: "Get a service account", answer: one } as const;
const change = {
  ...member,
  method: "patch",
  summary: "Change, rename, disable a service account (JSON merge patch)",
  body: serviceAccountChange,
  answer: one,
} as const;
const remove = {
  ...member,
  method: "delete",
  summary: "Delete a service account; its e-mail is never given out again",
  answer: gone,
} as const;

export function serviceAccountRoutes(routes: V1Routes, deps: Deps): void {
  mount(routes, deps, create, async (c, { context, params, body }) =>
    answerCreated(c, await createServiceAccount(context, params.project, body)),
  );
  mount(routes, deps, list, async (c, { context, params, query }) =>
    answerJson(c, await listServiceAccounts(context, params.project, pageOfQuery(query))),
  );
  mount(routes, deps, get, async (c, { context, params }) =>
    answerStored(c, await getServiceAccount(context, params.project, params.serviceAccount)),
  );
  mount(routes, deps, change, async (c, { context, params, body, ifMatch }) =>
    answerStored(
      c,
      await updateServiceAccount(context, params.project, params.serviceAccount, body, ifMatch),
    ),
  );
  mount(routes, deps, remove, async (c, { context, params, ifMatch }) =>
    answerEmpty(c, await deleteServiceAccount(context, params.project, params.serviceAccount, ifMatch)),
  );
}
