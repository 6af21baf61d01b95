import type { Deps } from "../../deps.ts";
import { createRevocation, getRevocation, listRevocations } from "../../directory/index.ts";
import { renderProblem } from "../problem.ts";
import { answerJson } from "./answers.ts";
import { mount, pageOfQuery, type V1Routes } from "./endpoint.ts";
import { pageQuery, projectParams } from "./primitives.ts";
import { pageAnswer } from "./responses.ts";
import { revocationInput, revocationItem, revocationParams, revocationPreview } from "./revocation_shapes.ts";

const tag = "revocations";
const path = "/v1/projects/{project}/revocations";

const create = {
  method: "post",
  permission: "revocations:create",
  path,
  tag,
  summary:
    "Take back all tokens of an account, a key, a trust, a project, or of a provenance; or count them (dryRun)",
  params: projectParams,
  body: revocationInput,
  answer: [
    { status: 201, description: "What was taken", schema: revocationItem, headers: ["Location"] },
    { status: 200, description: "What would be taken (dryRun)", schema: revocationPreview },
  ],
} as const;
const list = {
  method: "get",
  permission: "revocations:read",
  path,
  tag,
  summary: "List what was taken back together",
  params: projectParams,
  query: pageQuery,
  answer: pageAnswer("A page of revocations", revocationItem),
} as const;
const get = {
  method: "get",
  permission: "revocations:read",
  path: `${path}/{id}`,
  tag,
  summary: "Get a revocation",
  params: revocationParams,
  answer: { status: 200, description: "The revocation", schema: revocationItem },
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
    answerJson(c, await getRevocation(context, params)),
  );
}
