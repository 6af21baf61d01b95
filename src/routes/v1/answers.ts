import type { Stored } from "../../directory/index.ts";
import type { Problem, Result } from "../../protocol/index.ts";
import type { RouteContext } from "../context.ts";
import { renderProblem } from "../problem.ts";
import { tagsOf } from "./endpoint.ts";

/** A resource with its tag; 304 when the caller has this state already. @see RFC 9110 s13.1.2 */
export function answerStored<Item extends object>(
  c: RouteContext,
  result: Result<Stored<Item>, Problem>,
): Response {
  if (!result.ok) return renderProblem(c, result.refusal);
  const { item, etag } = result.value;
  c.header("ETag", etag);
  c.header("Cache-Control", "no-store");
  if (c.req.method === "GET" && tagsOf(c.req.header("if-none-match"))?.includes(etag))
    return c.body(null, 304);
  return c.json(item);
}

/** 201 with the place of what was created. */
export function answerCreated<Item extends { readonly id: string }>(
  c: RouteContext,
  result: Result<Stored<Item>, Problem>,
): Response {
  if (!result.ok) return renderProblem(c, result.refusal);
  const { item, etag } = result.value;
  c.header("ETag", etag);
  c.header("Location", `${new URL(c.req.url).pathname}/${item.id}`);
  c.header("Cache-Control", "no-store");
  return c.json(item, 201);
}

/** A list, a state: whatever is answered as it is. */
export function answerJson<Value extends object>(c: RouteContext, result: Result<Value, Problem>): Response {
  if (!result.ok) return renderProblem(c, result.refusal);
  c.header("Cache-Control", "no-store");
  return c.json(result.value);
}

export function answerEmpty(c: RouteContext, result: Result<unknown, Problem>): Response {
  return result.ok ? c.body(null, 204) : renderProblem(c, result.refusal);
}
