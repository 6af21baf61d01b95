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
import { mount, pageOfQuery, type V1Routes } from "./endpoint.ts";
import {
  providerChange,
  providerInput,
  providerItem,
  providerParams,
} from "./federated_identity_provider_shapes.ts";
import { accountParams, pageQuery } from "./primitives.ts";
import { createdAnswer, emptyAnswer, pageAnswer, storedAnswer } from "./responses.ts";

const tag = "federated identity providers";
const path = "/v1/projects/{project}/service-accounts/{serviceAccount}/federated-identity-providers";
const collection = { path, tag, params: accountParams };
const member = { path: `${path}/{id}`, tag, params: providerParams };
const one = storedAnswer("The federated identity provider", providerItem);

const create = {
  ...collection,
  method: "post",
  permission: "federated-identity-providers:create",
  summary: "Let the account trust an issuer",
  body: providerInput,
  answer: createdAnswer("The federated identity provider", providerItem),
} as const;
const list = {
  ...collection,
  method: "get",
  permission: "federated-identity-providers:read",
  summary: "List whom the account trusts",
  query: pageQuery,
  answer: pageAnswer("A page of trusts", providerItem),
} as const;
const get = {
  ...member,
  method: "get",
  permission: "federated-identity-providers:read",
  summary: "Get a trust",
  answer: one,
} as const;
const change = {
  ...member,
  method: "patch",
  permission: "federated-identity-providers:update",
  summary: "Change a trust (JSON merge patch)",
  body: providerChange,
  isConditional: true,
  answer: one,
} as const;
const remove = {
  ...member,
  method: "delete",
  permission: "federated-identity-providers:delete",
  summary: "End a trust",
  isConditional: true,
  answer: emptyAnswer("Deleted"),
} as const;
const purgeKeys = {
  ...member,
  path: `${path}/{id}/purge-keys`,
  method: "post",
  permission: "federated-identity-providers:purge-keys",
  summary: "Believe no cached key of this issuer any more, from the next exchange on",
  answer: emptyAnswer("Purged for the whole project"),
} as const;

export function providerRoutes(routes: V1Routes, deps: Deps): void {
  mount(routes, deps, create, async (c, { context, params, body }) =>
    answerCreated(c, await createProvider(context, params, body)),
  );
  mount(routes, deps, list, async (c, { context, params, query }) =>
    answerJson(c, await listProviders(context, params, pageOfQuery(query))),
  );
  mount(routes, deps, get, async (c, { context, params }) =>
    answerStored(c, await getProvider(context, params)),
  );
  mount(routes, deps, change, async (c, { context, params, body, ifMatch }) =>
    answerStored(c, await updateProvider(context, params, { change: body, ifMatch })),
  );
  mount(routes, deps, remove, async (c, { context, params, ifMatch }) =>
    answerEmpty(c, await deleteProvider(context, params, ifMatch)),
  );
  mount(routes, deps, purgeKeys, async (c, { context, params }) =>
    answerEmpty(c, await purgeProviderKeys(context, params)),
  );
}
