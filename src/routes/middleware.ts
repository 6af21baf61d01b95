import type { MiddlewareHandler } from "hono";
import { requestId } from "hono/request-id";
import { routePath } from "hono/route";
import { secureHeaders } from "hono/secure-headers";
import type { Deps } from "../deps.ts";
import type { RouteEnv } from "./context.ts";

/**
 * Before every handler: an id of our own making (a caller's would let it name its records), and the headers that
 * keep browsers from making more of an answer than it is. No CORS: no page of another origin reads us.
 */
export const standardMiddleware: readonly MiddlewareHandler<RouteEnv>[] = [
  requestId({ headerName: "" }),
  secureHeaders({
    contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    crossOriginResourcePolicy: "same-origin",
    xFrameOptions: "DENY",
    referrerPolicy: "no-referrer",
    strictTransportSecurity: "max-age=31536000; includeSubDomains",
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
    removePoweredBy: false,
  }),
];

const USER_AGENT_MAX_CHARACTERS = 256;

/** What the record will say of this request, and one log line at its end: never a query, a body or a header. */
export function requestMiddleware(deps: Deps): MiddlewareHandler<RouteEnv> {
  return async (c, next) => {
    const startedAtMs = deps.nowMs();
    c.set("request", {
      id: c.get("requestId"),
      ip: c.req.header("cf-connecting-ip")?.slice(0, 64) ?? null,
      userAgent: c.req.header("user-agent")?.slice(0, USER_AGENT_MAX_CHARACTERS) ?? null,
      startedAtMs,
      waitUntil: (work) => c.executionCtx.waitUntil(work),
    });
    c.header("X-Request-Id", c.get("requestId"));
    await next();
    deps.log({
      level: c.res.status >= 500 ? "error" : "info",
      event: "request",
      requestId: c.get("requestId"),
      method: c.req.method,
      route: routePath(c, -1),
      status: c.res.status,
      outcome: c.get("outcome"),
      durationMs: deps.nowMs() - startedAtMs,
    });
  };
}
