import type { Deps } from "../../deps.ts";
import {
  createRoleBinding,
  deleteRoleBinding,
  getRoleBinding,
  listRoleBindings,
  updateRoleBinding,
} from "../../directory/index.ts";
import { answerCreated, answerEmpty, answerJson, answerStored } from "./answers.ts";
import { mount, pageOfQuery, type V1Routes } from "./endpoint.ts";
import { acknowledgeQuery, pageQuery, projectParams } from "./primitives.ts";
import { createdAnswer, emptyAnswer, pageAnswer, storedAnswer } from "./responses.ts";
import {
  roleBindingChange,
  roleBindingInput,
  roleBindingItem,
  roleBindingParams,
} from "./role_binding_shapes.ts";

const tag = "role bindings";
const path = "/v1/projects/{project}/role-bindings";
const collection = { path, tag, params: projectParams };
const member = { path: `${path}/{id}`, tag, params: roleBindingParams };
const one = storedAnswer("The role binding", roleBindingItem);

const create = {
  ...collection,
  method: "post",
  permission: "role-bindings:create",
  summary: "Give a role to a principal on a resource, or deny it there",
  body: roleBindingInput,
  answer: createdAnswer("The role binding", roleBindingItem),
} as const;
const list = {
  ...collection,
  method: "get",
  permission: "role-bindings:read",
  summary: "List role bindings",
  query: pageQuery,
  answer: pageAnswer("A page of role bindings", roleBindingItem),
} as const;
const get = {
  ...member,
  method: "get",
  permission: "role-bindings:read",
  summary: "Get a role binding",
  answer: one,
} as const;
const change = {
  ...member,
  method: "patch",
  permission: "role-bindings:update",
  summary: "Change when a role binding holds (JSON merge patch)",
  body: roleBindingChange,
  isConditional: true,
  answer: one,
} as const;
const remove = {
  ...member,
  method: "delete",
  permission: "role-bindings:delete",
  summary: "Take a role back, or a denial",
  query: acknowledgeQuery,
  isConditional: true,
  answer: emptyAnswer("Deleted"),
} as const;

export function roleBindingRoutes(routes: V1Routes, deps: Deps): void {
  mount(routes, deps, create, async (c, { context, params, body }) =>
    answerCreated(c, await createRoleBinding(context, params.project, body)),
  );
  mount(routes, deps, list, async (c, { context, params, query }) =>
    answerJson(c, await listRoleBindings(context, params.project, pageOfQuery(query))),
  );
  mount(routes, deps, get, async (c, { context, params }) =>
    answerStored(c, await getRoleBinding(context, params)),
  );
  mount(routes, deps, change, async (c, { context, params, body, ifMatch }) =>
    answerStored(c, await updateRoleBinding(context, params, { change: body, ifMatch })),
  );
  mount(routes, deps, remove, async (c, { context, params, query, ifMatch }) =>
    answerEmpty(c, await deleteRoleBinding(context, params, { ...query, ifMatch })),
  );
}
