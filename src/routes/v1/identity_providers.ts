import type { Deps } from "../../deps.ts";
import {
  createIdentityProvider,
  deleteIdentityProvider,
  getIdentityProvider,
  listIdentityProviders,
  updateIdentityProvider,
} from "../../directory/index.ts";
import { answerCreated, answerEmpty, answerJson, answerStored } from "./answers.ts";
import { mount, nothing, pageOfQuery, type V1Routes } from "./endpoint.ts";
import {
  identityProviderChange,
  identityProviderInput,
  identityProviderItem,
  identityProviderParams,
} from "./identity_provider_shapes.ts";
import { cascadeAndAcknowledgeQuery, pageQuery } from "./primitives.ts";
import { createdAnswer, emptyAnswer, pageAnswer, storedAnswer } from "./responses.ts";

const tag = "identity providers";
const path = "/v1/identity-providers";
const collection = { path, tag, params: nothing };
const member = { path: `${path}/{id}`, tag, params: identityProviderParams };
const one = storedAnswer("The identity provider", identityProviderItem);

const create = {
  ...collection,
  method: "post",
  permission: "identity-providers:create",
  summary: "Accept the ID tokens of an issuer as persons",
  body: identityProviderInput,
  answer: createdAnswer("The identity provider", identityProviderItem),
} as const;
const list = {
  ...collection,
  method: "get",
  permission: "identity-providers:read",
  summary: "List whose ID tokens are accepted",
  query: pageQuery,
  answer: pageAnswer("A page of identity providers", identityProviderItem),
} as const;
const get = {
  ...member,
  method: "get",
  permission: "identity-providers:read",
  summary: "Get an identity provider",
  answer: one,
} as const;
const change = {
  ...member,
  method: "patch",
  permission: "identity-providers:update",
  summary: "Change an identity provider (JSON merge patch)",
  body: identityProviderChange,
  isConditional: true,
  answer: one,
} as const;
const remove = {
  ...member,
  method: "delete",
  permission: "identity-providers:delete",
  summary: "Accept an issuer's persons no more",
  query: cascadeAndAcknowledgeQuery,
  isConditional: true,
  answer: emptyAnswer("Deleted"),
} as const;

export function identityProviderRoutes(routes: V1Routes, deps: Deps): void {
  mount(routes, deps, create, async (c, { context, body }) =>
    answerCreated(c, await createIdentityProvider(context, body)),
  );
  mount(routes, deps, list, async (c, { context, query }) =>
    answerJson(c, await listIdentityProviders(context, pageOfQuery(query))),
  );
  mount(routes, deps, get, async (c, { context, params }) =>
    answerStored(c, await getIdentityProvider(context, params.id)),
  );
  mount(routes, deps, change, async (c, { context, params, body, ifMatch }) =>
    answerStored(c, await updateIdentityProvider(context, params.id, { change: body, ifMatch })),
  );
  mount(routes, deps, remove, async (c, { context, params, query, ifMatch }) =>
    answerEmpty(c, await deleteIdentityProvider(context, params.id, { ...query, ifMatch })),
  );
}
