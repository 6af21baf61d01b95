import type { Deps } from "../../deps.ts";
import { listMembers } from "../../directory/index.ts";
import { answerJson } from "./answers.ts";
import { mount, pageOfQuery, type V1Routes } from "./endpoint.ts";
import { memberItem, memberQuery } from "./member_shapes.ts";
import { projectParams } from "./primitives.ts";
import { pageAnswer } from "./responses.ts";

const list = {
  method: "get",
  path: "/v1/projects/{project}/members",
  tag: "role bindings",
  permission: "role-bindings:read",
  summary: "List who has a role in the project, or is denied one",
  params: projectParams,
  query: memberQuery,
  answer: pageAnswer("A page of members", memberItem),
} as const;

export function memberRoutes(routes: V1Routes, deps: Deps): void {
  mount(routes, deps, list, async (c, { context, params, query }) =>
    answerJson(c, await listMembers(context, params.project, pageOfQuery(query))),
  );
}
