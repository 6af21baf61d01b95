import type { MiddlewareHandler } from "hono";
import type { Deps } from "../../deps.ts";
import type { RouteEnv } from "../context.ts";
import { renderProblem } from "./problem.ts";

/** Finds out who calls. Until roles exist that is the bootstrap token, or nobody. @see RFC 6750 s2.1 */
export function authenticate(deps: Deps): MiddlewareHandler<RouteEnv> {
  return async (c, next) => {
    const header = c.req.header("authorization");
    if (header === undefined) {
      const detail = "Send Authorization: Bearer with the bootstrap token.";
      return renderProblem(c, { code: "unauthenticated", detail });
    }
    const token = /^bearer ([^\s]+)$/i.exec(header)?.[1];
    if (token === undefined || !(await isBootstrapToken(deps, token))) {
      return renderProblem(c, {
        code: "invalid_token",
        detail: "This bearer token is unknown, or not one at all.",
      });
    }
    c.set("actor", { type: "bootstrap" });
    return next();
  };
}

/** In constant time: digests of both are compared, so that neither length nor content shows. */
async function isBootstrapToken(deps: Deps, token: string): Promise<boolean> {
  const expected = deps.config.bootstrapToken;
  const [given, wanted] = await Promise.all([digest(token), digest(expected ?? "")]);
  return crypto.subtle.timingSafeEqual(given, wanted) && expected !== undefined;
}

function digest(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
