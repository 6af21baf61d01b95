import type { MiddlewareHandler } from "hono";
import type { Deps } from "../../deps.ts";
import { authenticateBearer } from "../../grants/index.ts";
import { ANONYMOUS, BEARER_UNKNOWN, contextOf, type RouteEnv } from "../context.ts";
import { renderProblem } from "./problem.ts";

/** Finds out who calls `/v1`, or answers 401. */
export function authenticate(deps: Deps): MiddlewareHandler<RouteEnv> {
  return async (c, next) => {
    const { caller } = await authenticateBearer(contextOf(c, deps, ANONYMOUS), c.req.header("authorization"));
    if (!caller.ok && caller.refusal === "missing") {
      const detail =
        "Send Authorization: Bearer with the bootstrap token, an access token made for this service, or a project token.";
      return renderProblem(c, { code: "unauthenticated", detail });
    }
    if (!caller.ok) return renderProblem(c, { code: "invalid_token", detail: BEARER_UNKNOWN });
    c.set("actor", caller.value);
    return next();
  };
}
