import type { Deps } from "../../deps.ts";
import { reportLeaked } from "../../directory/index.ts";
import { accept } from "../../protocol/index.ts";
import { answerJson } from "./answers.ts";
import { mount, nothing, type V1Routes } from "./endpoint.ts";
import { leakedCredentials, leakReports } from "./leaked_credential_shapes.ts";

const report = {
  method: "post",
  permission: "leaked-credentials:report",
  path: "/v1/leaked-credentials",
  tag: "leaked credentials",
  summary: "Report leaked strings, or their SHA-256: tokens and key files that are ours are ended at once",
  params: nothing,
  body: leakedCredentials,
  answer: { status: 200, description: "Which were ours", schema: leakReports },
} as const;

export function leakedCredentialRoutes(routes: V1Routes, deps: Deps): void {
  mount(routes, deps, report, async (c, { context, body }) => {
    const reports = await reportLeaked(context, body.credentials);
    return answerJson(c, reports.ok ? accept({ items: reports.value }) : reports);
  });
}
