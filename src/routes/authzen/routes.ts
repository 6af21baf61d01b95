import { Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { type Decision, evaluate } from "../../decisions/index.ts";
import type { Deps } from "../../deps.ts";
import { type MemberProblem, parseJson } from "../../protocol/index.ts";
import { ANONYMOUS, contextOf, type RouteContext, type RouteEnv } from "../context.ts";
import { limitBody } from "../limit_body.ts";
import { invalid, problemOfBearer, renderProblem } from "../problem.ts";
import { readEvaluation, readEvaluations } from "./shapes.ts";

const BODY_MAX_BYTES = 64 * 1024;
const METADATA_MAX_AGE_SECONDS = 3600;
const EVALUATION = "/access/v1/evaluation";
const EVALUATIONS = "/access/v1/evaluations";

/** May this subject do this on that? @see AuthZEN Authorization API 1.0 s6, AuthZEN Authorization API 1.0 s7 */
export function authzenRoutes(deps: Deps): Hono<RouteEnv> {
  const routes = new Hono<RouteEnv>();
  routes.get("/.well-known/authzen-configuration", (c) =>
    c.json(metadataOf(deps), 200, { "Cache-Control": `public, max-age=${METADATA_MAX_AGE_SECONDS}` }),
  );
  routes.use("/access/*", echoRequestId);
  for (const path of [EVALUATION, EVALUATIONS])
    routes.post(path, requireBearer, requireJson, limitBody(BODY_MAX_BYTES));
  routes.post(EVALUATION, (c) => answer(c, deps, readEvaluation));
  routes.post(EVALUATIONS, (c) => answer(c, deps, readEvaluations));
  return routes;
}

/** @see AuthZEN Authorization API 1.0 s9.1 */
function metadataOf({ config: { issuerUrl } }: Deps) {
  return {
    policy_decision_point: issuerUrl,
    access_evaluation_endpoint: `${issuerUrl}${EVALUATION}`,
    access_evaluations_endpoint: `${issuerUrl}${EVALUATIONS}`,
  };
}

async function answer(c: RouteContext, deps: Deps, read: typeof readEvaluation): Promise<Response> {
  const json = parseJson(await c.req.text());
  if (json === undefined) {
    return renderProblem(c, { code: "invalid_json", detail: "The body is not well-formed JSON." });
  }
  const asked = read(json);
  if (!asked.ok) return renderProblem(c, invalid("invalid_body", asked.refusal));
  const header = c.req.header("authorization");
  const decided = await evaluate(contextOf(c, deps, ANONYMOUS), header, asked.value);
  if (!decided.ok) return renderProblem(c, problemOfBearer(decided.refusal));
  const { isMany, problems } = asked.value;
  const evaluations = decided.value.map((decision, index) => wireOf(decision, problems[index]));
  return c.json(isMany ? { evaluations } : evaluations[0], 200, { "Cache-Control": "no-store" });
}

/** @see AuthZEN Authorization API 1.0 s5.5 */
function wireOf({ decision, ...context }: Decision, errors: readonly MemberProblem[] = []) {
  return { decision, context: { ...context, ...(errors.length === 0 ? {} : { errors }) } };
}

/** What may stand in a header, and what a caller's own id needs at most. */
const REQUEST_ID = /^[\x20-\x7e]{1,256}$/;

/** A caller's id comes back to it; the record and the log know the request by ours. @see AuthZEN Authorization API 1.0 s10.1 */
const echoRequestId = createMiddleware<RouteEnv>(async (c, next) => {
  const given = c.req.header("x-request-id");
  if (given !== undefined && REQUEST_ID.test(given)) c.header("X-Request-Id", given);
  await next();
});

/** Before the body is read: nobody needs to send one in vain. */
const requireBearer = createMiddleware<RouteEnv>(async (c, next) => {
  if (c.req.header("authorization") === undefined) return renderProblem(c, problemOfBearer("missing"));
  return next();
});

const requireJson = createMiddleware<RouteEnv>(async (c, next) => {
  if (!/^application\/json\s*(?:;|$)/i.test(c.req.header("content-type") ?? "")) {
    return renderProblem(c, { code: "unsupported_media_type", detail: "Send the body as application/json." });
  }
  return next();
});
