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
import {
  accountParams,
  pageQuery,
  projectParams,
  serviceAccountChange,
  serviceAccountInput,
  serviceAccountItem,
} from "./schemas.ts";

const tag = "service accounts";
const collection = { path: "/v1/projects/{project}/service-accounts", tag, params: projectParams };
const member = {
  path: "/v1/projects/{project}/service-accounts/{serviceAccount}",
  tag,
  params: accountParams,
};
const one = { status: 200, description: "The service account", schema: serviceAccountItem } as const;

export function serviceAccountRoutes(routes: V1Routes, deps: Deps): void {
  mount(
    routes,
    deps,
    {
      ...collection,
      method: "post",
      summary: "Create a service account",
      body: serviceAccountInput,
      answer: { ...one, status: 201 },
    },
    async (c, { context, params, body }) =>
      answerCreated(c, await createServiceAccount(context, params.project, body)),
  );
  mount(
    routes,
    deps,
    {
      ...collection,
      method: "get",
      summary: "List service accounts",
      query: pageQuery,
      answer: {
        status: 200,
        description: "A page of service accounts",
        schema: pageSchema(serviceAccountItem),
      },
    },
    async (c, { context, params, query }) =>
      answerJson(c, await listServiceAccounts(context, params.project, pageOfQuery(query))),
  );
  mount(
    routes,
    deps,
    { ...member, method: "get", summary: "Get a service account", answer: one },
    async (c, { context, params }) =>
      answerStored(c, await getServiceAccount(context, params.project, params.serviceAccount)),
  );
  mount(
    routes,
    deps,
    {
      ...member,
      method: "patch",
      summary: "Change, rename, disable a service account (JSON merge patch)",
      body: serviceAccountChange,
      answer: one,
    },
    async (c, { context, params, body, ifMatch }) =>
      answerStored(
        c,
        await updateServiceAccount(context, params.project, params.serviceAccount, body, ifMatch),
      ),
  );
  mount(
    routes,
    deps,
    {
      ...member,
      method: "delete",
      summary: "Delete a service account; its e-mail is never given out again",
      answer: { status: 204, description: "Deleted" },
    },
    async (c, { context, params, ifMatch }) =>
      answerEmpty(c, await deleteServiceAccount(context, params.project, params.serviceAccount, ifMatch)),
  );
}
