import { Hono } from "hono";
import type { Deps } from "../../deps.ts";
import { FEED_MAX_AGE_SECONDS, revokedTokenFeed } from "../../tokens/index.ts";
import { contextOf, type RouteEnv } from "../context.ts";

/** `GET /oauth/v2/revoked-tokens`: what an API that verifies offline must refuse before its end. Open to all. */
export function revokedTokenRoutes(deps: Deps): Hono<RouteEnv> {
  const routes = new Hono<RouteEnv>();
  routes.get("/oauth/v2/revoked-tokens", async (c) => {
    const feed = await revokedTokenFeed(contextOf(c, deps, { type: "system" }));
    c.header("ETag", feed.etag);
    c.header("Cache-Control", `public, max-age=${FEED_MAX_AGE_SECONDS}`);
    if (isKnown(c.req.header("if-none-match"), feed.etag)) return c.body(null, 304);
    return c.body(await feed.read(), 200, { "Content-Type": "application/jwt" });
  });
  return routes;
}

/** Weak comparison. @see RFC 9110 s13.1.2 */
function isKnown(header: string | undefined, etag: string): boolean {
  const opaque = (tag: string) => tag.trim().replace(/^W\//, "");
  return (header ?? "")
    .slice(0, 2048)
    .split(",")
    .some((tag) => tag.trim() === "*" || opaque(tag) === opaque(etag));
}
