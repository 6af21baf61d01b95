import type { Deps } from "../../deps.ts";
import { listProjectAuditEvents } from "../../directory/index.ts";
import { answerJson } from "./answers.ts";
import { mount, pageOfQuery, pageSchema, type V1Routes } from "./endpoint.ts";
import { auditEventItem } from "./items.ts";
import { auditQuery, projectParams } from "./schemas.ts";

export function auditEventRoutes(routes: V1Routes, deps: Deps): void {
  mount(
    routes,
    deps,
    {
      method: "get",
      path: "/v1/projects/{project}/audit-events",
      tag: "audit events",
      summary: "Read the record, youngest first",
      params: projectParams,
      query: auditQuery,
      answer: { status: 200, description: "A page of events", schema: pageSchema(auditEventItem) },
    },
    async (c, { context, params, query }) => {
      const { pageSize, pageToken, ...filter } = query;
      const page = pageOfQuery({ pageSize, pageToken });
      return answerJson(c, await listProjectAuditEvents(context, params.project, filter, page));
    },
  );
}
