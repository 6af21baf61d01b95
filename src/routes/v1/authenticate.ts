import type { MiddlewareHandler } from "hono";
import type { Deps } from "../../deps.ts";
import { authenticateBearer } from "../../grants/index.ts";
import { ANONYMOUS, contextOf, type RouteEnv } from "../context.ts";
import { problemOfBearer, renderProblem } from "./problem.ts";

/** Finds out who calls `/v1`, or answers 401. */
export function authenticate(deps: Deps): MiddlewareHandler<RouteEnv> {
  return async (c, next) => {
    const { caller } = await authenticateBearer(
      contextOf(c, deps, ANONYMOUS),
      c.req.header("authorization"),
      { wantsRights: true },
    );
    if (!caller.ok) return renderProblem(c, problemOfBearer(caller.refusal));
    c.set("actor", caller.value);
    return next();
  };
}
