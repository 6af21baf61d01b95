import { type App, buildApp } from "./app.ts";
import type { Env } from "./config.ts";
import { Fault } from "./protocol/index.ts";

/** One app per environment of an isolate: built from configuration alone, it holds nothing of any request. */
const apps = new WeakMap<Env, App>();

function appOf(env: Env): App {
  const known = apps.get(env);
  if (known !== undefined) return known;
  const app = buildApp(env);
  apps.set(env, app);
  return app;
}

export default {
  async fetch(request, env, context) {
    try {
      return await appOf(env).fetch(request, env, context);
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== "configuration") throw error;
      return misconfigured(request, error);
    }
  },
  async scheduled(_controller, env, context) {
    await appOf(env).tend((work) => context.waitUntil(work));
  },
} satisfies ExportedHandler<Env>;

/** A service that is not set up says so, and what to do; it is alive all the same. */
function misconfigured(request: Request, fault: Fault): Response {
  if (new URL(request.url).pathname === "/healthz") return Response.json({ status: "ok" });
  console.log(JSON.stringify({ level: "error", event: "misconfigured", cause: fault.message }));
  const headers = { "Cache-Control": "no-store", "Retry-After": "60" };
  const error_description = `The service is not set up: ${fault.message} See docs/deploy.md.`;
  return Response.json({ error: "temporarily_unavailable", error_description }, { status: 503, headers });
}
