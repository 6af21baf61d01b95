import type { MiddlewareHandler } from "hono";
import type { Deps } from "../../deps.ts";
import { bearerOf } from "../bearer.ts";
import type { RouteEnv } from "../context.ts";
import { renderProblem } from "./problem.ts";

/** Finds out who calls `/v1`, or answers 401. */
export function authenticate(deps: Deps): MiddlewareHandler<RouteEnv> {
  return async (c, next) => {
    const actor = await bearerOf(c, deps);
    if (actor === "missing") {
      const detail =
        "Send Authorization: Bearer with the bootstrap token, an access token made for this service, or a project token.";
      return renderProblem(c, { code: "unauthenticated", detail });
    }
    if (actor === "unknown") {
      const detail =
        "This bearer token is not good here: unknown, expired, revoked, or made for another audience.";
      return renderProblem(c, { code: "invalid_token", detail });
    }
    c.set("actor", actor);
    return next();
  };
}
