import type { Deps } from "../../deps.ts";
import { createRevocation, getRevocation, listRevocations, reportLeaked } from "../../directory/index.ts";
import { accept } from "../../protocol/index.ts";
import { answerJson } from "./answers.ts";
import { mount, nothing, pageOfQuery, pageSchema, type V1Routes } from "./endpoint.ts";
import { renderProblem } from "./problem.ts";
import {
  leakedCredentials,
  leakReports,
  revocationInput,
  revocationItem,
  revocationParams,
} from "./revocation_shapes.ts";
import { pageQuery, projectParams } from "./schemas.ts";

const tag = "revocations";
const path = "/v1/projects/{project}/revocations";

const create = {
  method: "post",
  path,
  tag,
  summary:
    "Take back all tokens of an account, a key, a trust, a project, or of a provenance; or count them (dryRun)",
  params: projectParams,
  body: revocationInput,
  answer: { status: 201, description: "What was taken; 200 for a dry run", schema: revocationItem },
} as const;
const list = {
  method: "get",
  path,
  tag,
  summary: "List what was taken back together",
  params: projectParams,
  query: pageQuery,
  answer: { status: 200, description: "A page of revocations", schema: pageSchema(revocationItem) },
} as const;
const get = {
  method: "get",
  path: `${path}/{id}`,
  tag,
  summary: "Get a revocation",
  params: revocationParams,
  answer: { status: 200, description: "The revocation", schema: revocationItem },
} as const;
const report = {
  method: "post",
  path: "/v1/leaked-credentials",
  tag,
  summary: "Report leaked strings, or their SHA-256: tokens and key files that are ours are ended at once",
  params: nothing,
  body: leakedCredentials,
  answer: { status: 200, description: "Which were ours", schema: leakReports },
} as const;

export function revocationRoutes(routes: V1Routes, deps: Deps): void {
  mount(routes, deps, create, async (c, { context, params, body }) => {
    const made = await createRevocation(context, params.project, body);
    if (!made.ok) return renderProblem(c, made.refusal);
    c.header("Cache-Control", "no-store");
    if (made.value.dryRun) return c.json(made.value, 200);
    c.header("Location", `${new URL(c.req.url).pathname}/${made.value.id}`);
    return c.json(made.value, 201);
  });
  mount(routes, deps, list, async (c, { context, params, query }) =>
    answerJson(c, await listRevocations(context, params.project, pageOfQuery(query))),
  );
  mount(routes, deps, get, async (c, { context, params }) =>
    answerJson(c, await getRevocation(context, params.project, params.id)),
  );
  mount(routes, deps, report, async (c, { context, body }) => {
    const reports = await reportLeaked(context, body.credentials);
    return answerJson(c, reports.ok ? accept({ items: reports.value }) : reports);
  });
}
