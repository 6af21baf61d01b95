import { z } from "@hono/zod-openapi";
import type { Deps } from "../../deps.ts";
import { listIssuers } from "../../directory/index.ts";
import { answerJson } from "./answers.ts";
import { mount, pageOfQuery, type V1Routes } from "./endpoint.ts";
import { id, pageQuery, projectParams, time } from "./primitives.ts";
import { pageAnswer } from "./responses.ts";

const seen = { firstSeenAt: time, lastSeenAt: time };

const issuerItem = z
  .object({
    id,
    issuer: z.string(),
    keys: z.array(z.object({ kid: z.string(), algorithm: z.string().nullable(), ...seen })),
    algorithms: z.array(z.string()),
    claims: z.array(z.object({ name: z.string(), types: z.array(z.string()), ...seen })),
    askedAt: time.nullable().openapi({ description: "When its keys were asked for last without need." }),
    failingSince: time.nullable(),
    failure: z.string().nullable(),
  })
  .openapi("WatchedIssuer");

const list = {
  method: "get",
  path: "/v1/projects/{project}/issuers",
  tag: "issuers",
  permission: "federated-identity-providers:read",
  summary: "List what the issuers that the project trusts were seen to do",
  params: projectParams,
  query: pageQuery,
  answer: pageAnswer("A page of issuers", issuerItem),
} as const;

export function issuerRoutes(routes: V1Routes, deps: Deps): void {
  mount(routes, deps, list, async (c, { context, params, query }) =>
    answerJson(c, await listIssuers(context, params.project, pageOfQuery(query))),
  );
}
