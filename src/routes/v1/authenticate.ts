import type { MiddlewareHandler } from "hono";
import type { Deps } from "../../deps.ts";
import { authenticateBearer } from "../../grants/index.ts";
import { ANONYMOUS, contextOf, type RouteEnv } from "../context.ts";
import { problemOfBearer, renderProblem } from "../problem.ts";

/** The project that a path names, as the routes read it. */
function projectIn(path: string): string | undefined {
  const named = /^\/v1\/projects\/([^/]+)/.exec(path)?.[1];
  try {
    return named === undefined ? undefined : decodeURIComponent(named);
  } catch {
    return named;
  }
}

/** Finds out who calls `/v1`, or answers 401. */
export function authenticate(deps: Deps): MiddlewareHandler<RouteEnv> {
  return async (c, next) => {
    const context = contextOf(c, deps, ANONYMOUS);
    const asked = { wantsRights: true, project: projectIn(c.req.path) };
    const { caller } = await authenticateBearer(context, c.req.header("authorization"), asked);
    if (!caller.ok) return renderProblem(c, problemOfBearer(caller.refusal));
    c.set("actor", caller.value);
    return next();
  };
}
