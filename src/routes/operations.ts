import { Hono } from "hono";
import type { Deps } from "../deps.ts";
import { ensureSigningKey, publicKeySet, signJwt } from "../keyring/index.ts";
import { Fault } from "../protocol/index.ts";
import { contextOf, type RouteEnv } from "./context.ts";

const RETRY_AFTER_SECONDS = 5;

/** `/healthz`: the Worker runs. `/readyz`: it could serve an exchange: database and keyring answer. */
export function operationsRoutes(deps: Deps): Hono<RouteEnv> {
  const routes = new Hono<RouteEnv>();
  routes.get("/healthz", (c) => c.json({ status: "ok" }, 200, { "Cache-Control": "no-store" }));
  routes.get("/readyz", async (c) => {
    const context = contextOf(c, deps, { type: "system" });
    try {
      const key = await ensureSigningKey(context);
      await signJwt(deps, key, "probe+jwt", {});
      const { keys } = await publicKeySet(context);
      return c.json({ status: "ready", signingKeys: keys.length }, 200, { "Cache-Control": "no-store" });
    } catch (error) {
      const component = componentOf(error);
      deps.log({ level: "error", event: "not_ready", component, cause: String(error).slice(0, 300) });
      c.set("outcome", "not_ready");
      const headers = { "Cache-Control": "no-store", "Retry-After": String(RETRY_AFTER_SECONDS) };
      return c.json({ status: "unavailable", component }, 503, headers);
    }
  });
  return routes;
}

function componentOf(error: unknown): "keyring" | "database" {
  return error instanceof Fault && error.code === "keyring" ? "keyring" : "database";
}
