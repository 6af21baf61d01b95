import type { Deps } from "../../deps.ts";
import { listProjectAuditEvents, listServiceAuditEvents } from "../../directory/index.ts";
import { answerJson } from "./answers.ts";
import { auditEventItem, auditQuery, serviceAuditQuery } from "./audit_event_shapes.ts";
import { mount, nothing, pageOfQuery, type V1Routes } from "./endpoint.ts";
import { projectParams } from "./primitives.ts";
import { pageAnswer } from "./responses.ts";

const list = {
  method: "get",
  tag: "audit events",
  query: auditQuery,
  answer: pageAnswer("A page of events", auditEventItem),
} as const;

const ofProject = {
  ...list,
  path: "/v1/projects/{project}/audit-events",
  permission: "audit-events:read",
  summary: "Read a project's record, youngest first",
  params: projectParams,
} as const;

const ofService = {
  ...list,
  path: "/v1/audit-events",
  permission: "audit-events:list",
  summary: "Read the whole record, youngest first: also what belongs to no project, or to one that is gone",
  params: nothing,
  query: serviceAuditQuery,
} as const;

export function auditEventRoutes(routes: V1Routes, deps: Deps): void {
  mount(routes, deps, ofProject, async (c, { context, params, query }) => {
    const { pageSize, pageToken, ...filter } = query;
    const page = pageOfQuery({ pageSize, pageToken });
    return answerJson(c, await listProjectAuditEvents(context, params.project, { filter, page }));
  });
  mount(routes, deps, ofService, async (c, { context, query }) => {
    const { pageSize, pageToken, ...filter } = query;
    const page = pageOfQuery({ pageSize, pageToken });
    return answerJson(c, await listServiceAuditEvents(context, filter, page));
  });
}
