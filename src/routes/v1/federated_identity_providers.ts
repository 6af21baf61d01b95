import type { Deps } from "../../deps.ts";
import {
  createProvider,
  deleteProvider,
  getProvider,
  listProviders,
  purgeProviderKeys,
  updateProvider,
} from "../../directory/index.ts";
import { answerCreated, answerEmpty, answerJson, answerStored } from "./answers.ts";
import { mount, pageOfQuery, pageSchema, type V1Routes } from "./endpoint.ts";
import { providerItem } from "./items.ts";
import { accountParams, pageQuery, providerChange, providerInput, providerParams } from "./schemas.ts";

const tag = "federated identity providers";
const path = "/v1/projects/{project}/service-accounts/{serviceAccount}/federated-identity-providers";
const collection = { path, tag, params: accountParams };
const member = { path: `${path}/{id}`, tag, params: providerParams };
const one = { status: 200, description: "The federated identity provider", schema: providerItem } as const;
const page = { status: 200, description: "A page of trusts", schema: pageSchema(providerItem) } as const;
const gone = { status: 204, description: "Deleted" } as const;

const create = {
  ...collection,
  method: "post",
  summary: "Let the account trust an issuer",
  body: providerInput,
  answer: { ...one, status: 201 },
} as const;
const list = {
  ...collection,
  method: "get",
  summary: "List whom the account trusts",
  query: pageQuery,
  answer: page,
} as const;
const get = { ...member, method: "get", summary: "Get a trust", answer: one } as const;
const change = {
  ...member,
  method: "patch",
  summary: "Change a trust (JSON merge patch)",
  body: providerChange,
  answer: one,
} as const;
const remove = { ...member, method: "delete", summary: "End a trust", answer: gone } as const;
const purgeKeys = {
  ...member,
  path: `${path}/{id}/purge-keys`,
  method: "post",
  summary: "Believe no cached key of this issuer any more, from the next exchange on",
  answer: { status: 204, description: "Purged for the whole project" },
} as const;

export function providerRoutes(routes: V1Routes, deps: Deps): void {
  mount(routes, deps, create, async (c, { context, params, body }) =>
    answerCreated(c, await createProvider(context, params, body)),
  );
  mount(routes, deps, list, async (c, { context, params, query }) =>
    answerJson(c, await listProviders(context, params, pageOfQuery(query))),
  );
  mount(routes, deps, get, async (c, { context, params }) =>
    answerStored(c, await getProvider(context, params, params.id)),
  );
  mount(routes, deps, change, async (c, { context, params, body, ifMatch }) =>
    answerStored(c, await updateProvider(context, params, params.id, body, ifMatch)),
  );
  mount(routes, deps, remove, async (c, { context, params, ifMatch }) =>
    answerEmpty(c, await deleteProvider(context, params, params.id, ifMatch)),
  );
  mount(routes, deps, purgeKeys, async (c, { context, params }) =>
    answerEmpty(c, await purgeProviderKeys(context, params, params.id)),
  );
}
