import type { Deps } from "../../deps.ts";
import { createRole, deleteRole, getRole, listRoles, updateRole } from "../../directory/index.ts";
import { answerCreated, answerEmpty, answerJson, answerStored } from "./answers.ts";
import { mount, pageOfQuery, type V1Routes } from "./endpoint.ts";
import { cascadeQuery, pageQuery, projectParams } from "./primitives.ts";
import { createdAnswer, emptyAnswer, storedAnswer } from "./responses.ts";
import { roleChange, roleInput, roleItem, rolePage, roleParams } from "./role_shapes.ts";

const tag = "roles";
const path = "/v1/projects/{project}/roles";
const collection = { path, tag, params: projectParams };
const member = { path: `${path}/{id}`, tag, params: roleParams };
const one = storedAnswer("The role", roleItem);

const create = {
  ...collection,
  method: "post",
  permission: "roles:create",
  summary: "Make a role of the project's own",
  body: roleInput,
  answer: createdAnswer("The role", roleItem),
} as const;
const list = {
  ...collection,
  method: "get",
  permission: "roles:read",
  summary: "List roles",
  query: pageQuery,
  answer: {
    status: 200,
    description: "A page of the project's own roles, and the built-in ones",
    schema: rolePage,
  },
} as const;
const get = {
  ...member,
  method: "get",
  permission: "roles:read",
  summary: "Get a role",
  answer: one,
} as const;
const change = {
  ...member,
  method: "patch",
  permission: "roles:update",
  summary: "Change a role for all whom it is bound to (JSON merge patch)",
  body: roleChange,
  isConditional: true,
  answer: one,
} as const;
const remove = {
  ...member,
  method: "delete",
  permission: "roles:delete",
  summary: "Delete a role",
  query: cascadeQuery,
  isConditional: true,
  answer: emptyAnswer("Deleted"),
} as const;

export function roleRoutes(routes: V1Routes, deps: Deps): void {
  mount(routes, deps, create, async (c, { context, params, body }) =>
    answerCreated(c, await createRole(context, params.project, body)),
  );
  mount(routes, deps, list, async (c, { context, params, query }) =>
    answerJson(c, await listRoles(context, params.project, pageOfQuery(query))),
  );
  mount(routes, deps, get, async (c, { context, params }) => answerStored(c, await getRole(context, params)));
  mount(routes, deps, change, async (c, { context, params, body, ifMatch }) =>
    answerStored(c, await updateRole(context, params, { change: body, ifMatch })),
  );
  mount(routes, deps, remove, async (c, { context, params, query, ifMatch }) =>
    answerEmpty(c, await deleteRole(context, params, { ...query, ifMatch })),
  );
}
