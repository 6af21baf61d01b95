import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context, Deps } from "../../deps.ts";
import type { Permission } from "../../rbac/index.ts";
import { contextOf, type RouteContext, type RouteEnv } from "../context.ts";
import { type Answer, headersRead, responsesOf } from "./responses.ts";

export type V1Routes = OpenAPIHono<RouteEnv>;

/** A place without parameters, a list without a query, a call without a body. */
export const nothing = z.object({});
type Schema = z.ZodObject;

/** One endpoint as data: what OpenAPI says of it and what validates it are the same schemas. */
export interface Endpoint<Params extends Schema, Query extends Schema, Body extends Schema> {
  readonly method: "get" | "post" | "patch" | "delete";
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  /** What the caller must be permitted; null for what anybody may who is known, or, where it is public, is not. */
  readonly permission: Permission | null;
  /** Needs no credential; mounted before `authenticate`. */
  readonly isPublic?: true;
  /** Reads `If-Match`. */
  readonly isConditional?: true;
  readonly params: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** One, or one for each status. */
  readonly answer: Answer | readonly Answer[];
}

/** A request that has been parsed; the verb needs to look at nothing else. */
export interface Call<Params, Query, Body> {
  readonly context: Context;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly ifMatch: readonly string[] | undefined;
}

/** Mounts one endpoint: parse, call the verb, render. */
export function mount<Params extends Schema, Query extends Schema = Schema, Body extends Schema = Schema>(
  routes: V1Routes,
  deps: Deps,
  endpoint: Endpoint<Params, Query, Body>,
  handle: (
    c: RouteContext,
    call: Call<z.output<Params>, z.output<Query>, z.output<Body>>,
  ) => Promise<Response>,
): void {
  const route = createRoute({
    method: endpoint.method,
    path: endpoint.path,
    tags: [endpoint.tag],
    summary: endpoint.summary,
    ...(endpoint.permission === null ? {} : { "x-permission": endpoint.permission }),
    ...(endpoint.isPublic ? { security: [] } : {}),
    request: {
      params: endpoint.params as Schema,
      ...(endpoint.query === undefined ? {} : { query: endpoint.query as Schema }),
      ...(endpoint.body === undefined ? {} : { body: jsonBody(endpoint.body) }),
    },
    parameters: headersRead(endpoint),
    responses: responsesOf(endpoint),
  });
  const mounted = (c: RouteContext) => handle(c, callOf(c, deps, endpoint));
  // The framework's type of a handler lists every answer; ours are rendered by `answers.ts` and `problem.ts`.
  routes.openapi(route, mounted as never);
}

function callOf<Params extends Schema, Query extends Schema, Body extends Schema>(
  c: RouteContext,
  deps: Deps,
  endpoint: Endpoint<Params, Query, Body>,
): Call<z.output<Params>, z.output<Query>, z.output<Body>> {
  const valid = (target: "param" | "query" | "json") => c.req.valid(target as never);
  return {
    context: contextOf(c, deps, endpoint.isPublic ? { type: "system" } : c.get("actor")),
    params: valid("param") as z.output<Params>,
    query: (endpoint.query === undefined ? {} : valid("query")) as z.output<Query>,
    body: (endpoint.body === undefined ? {} : valid("json")) as z.output<Body>,
    ifMatch: endpoint.isConditional ? tagsOf(c.req.header("if-match")) : undefined,
  };
}

/** The tags of `If-Match` or `If-None-Match`; undefined without the header. @see RFC 9110 s13.1 */
export function tagsOf(header: string | undefined): readonly string[] | undefined {
  return header
    ?.slice(0, 2048)
    .split(",")
    .map((tag) => tag.trim())
    .filter((tag) => tag !== "");
}

function jsonBody(schema: z.ZodType) {
  return { required: true, content: { "application/json": { schema } } };
}

const PAGE_SIZE_DEFAULT = 50;

export function pageOfQuery(query: {
  readonly pageSize?: number | undefined;
  readonly pageToken?: string | undefined;
}) {
  return { pageSize: query.pageSize ?? PAGE_SIZE_DEFAULT, pageToken: query.pageToken };
}
