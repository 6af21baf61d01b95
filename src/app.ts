import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { type Config, type Env, readConfig } from "./config.ts";
import type { Context, Deps } from "./deps.ts";
import { noteExpiring } from "./directory/index.ts";
import { newSigningKeyCache, tendSigningKeys } from "./keyring/index.ts";
import { Fault } from "./protocol/index.ts";
import type { RouteContext, RouteEnv } from "./routes/context.ts";
import { requestMiddleware, standardMiddleware } from "./routes/middleware.ts";
import {
  metadataRoutes,
  renderOAuthError,
  revokedTokenRoutes,
  tokenRoutes,
  tokenStateRoutes,
} from "./routes/oauth/index.ts";
import { operationsRoutes } from "./routes/operations.ts";
import { renderProblem, v1Routes } from "./routes/v1/index.ts";
import { type Database, d1Database, libsqlDatabase, newId } from "./store/index.ts";
import { forgetExpired } from "./tokens/index.ts";
import { newKeyCache } from "./trust/index.ts";

/** The service, wired: what `fetch` asks, and what the clock does. */
export interface App {
  readonly fetch: Hono<RouteEnv>["fetch"];
  readonly tend: (waitUntil: (work: Promise<unknown>) => void) => Promise<void>;
}

/** Composition root. The only place that reads `env`. @param overrides what a test wants otherwise */
export function buildApp(env: Env, overrides: Partial<Omit<Deps, "config">> = {}): App {
  const deps: Deps = { ...platformDeps(env, readConfig(env)), ...overrides };
  for (const cause of deps.config.warnings) deps.log({ level: "warn", event: "not_set_up", cause });
  const routes = new Hono<RouteEnv>();
  routes.use(...standardMiddleware, requestMiddleware(deps));
  routes.route("/", operationsRoutes(deps));
  routes.route("/", metadataRoutes(deps));
  routes.route("/", tokenRoutes(deps));
  routes.route("/", tokenStateRoutes(deps));
  routes.route("/", revokedTokenRoutes(deps));
  routes.route("/", v1Routes(deps));
  routes.notFound((c) => answerNowhere(routes, c));
  routes.onError((error, c) => answerFault(deps, error, c));
  return { fetch: routes.fetch, tend: (waitUntil) => tend(deps, waitUntil) };
}

function platformDeps(env: Env, config: Config): Deps {
  return {
    config,
    db: databaseOf(env),
    kv: env.JWKS_CACHE,
    nowMs: () => Date.now(),
    fetch: (...request) => fetch(...request),
    sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    log: (line) => console.log(JSON.stringify(line)),
    keyCache: newKeyCache(),
    feedCache: { last: undefined },
    signingKeys: newSigningKeyCache(),
  };
}

function databaseOf(env: Env): Database {
  if (env.LIBSQL_URL !== undefined && env.LIBSQL_URL !== "") {
    return libsqlDatabase(env.LIBSQL_URL, env.LIBSQL_AUTH_TOKEN);
  }
  if (env.DB === undefined)
    throw new Fault("configuration", "Neither the D1 binding DB nor LIBSQL_URL is set.");
  return d1Database(env.DB);
}

/** The cron's hour: signing keys first, then what expires soon, then what has expired. */
async function tend(deps: Deps, waitUntil: (work: Promise<unknown>) => void): Promise<void> {
  const id = newId(deps.nowMs());
  const request = { id, ip: null, userAgent: "cron", startedAtMs: deps.nowMs(), waitUntil };
  const context: Context = { deps, request, actor: { type: "system" } };
  try {
    await tendSigningKeys(context);
    await noteExpiring(context);
  } finally {
    await forgetExpired(context);
  }
  deps.log({ level: "info", event: "tended", requestId: id, durationMs: deps.nowMs() - request.startedAtMs });
}

const METHODS = ["GET", "POST", "PATCH", "DELETE"];

/** No handler: either nobody knows the path, or it is known under other methods. */
function answerNowhere(routes: Hono<RouteEnv>, c: RouteContext): Response {
  const known = METHODS.filter((method) =>
    routes.routes.some((route) => route.method === method && patternOf(route.path).test(c.req.path)),
  );
  if (known.length === 0) {
    return renderProblem(c, {
      code: "not_found",
      detail: "There is nothing at this path; /openapi.json lists what is.",
    });
  }
  c.header("Allow", known.join(", "));
  return renderProblem(c, { code: "method_not_allowed", detail: `This path takes ${known.join(", ")}.` });
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(".", "\\.").replace(/:\w+/g, "[^/]+")}$`);
}

/** What went wrong inside is for the log; the caller learns whether waiting helps. */
function answerFault(deps: Deps, error: Error, c: RouteContext): Response {
  const isOAuth = c.req.path.startsWith("/oauth/");
  if (error instanceof HTTPException && error.status === 400) {
    return renderProblem(c, { code: "invalid_json", detail: "The body is not well-formed JSON." });
  }
  if (error instanceof HTTPException && error.status === 415) {
    return renderProblem(c, { code: "unsupported_media_type", detail: "Send the body as application/json." });
  }
  const isPassing = error instanceof Fault && error.code !== "configuration";
  deps.log({ level: "error", event: "fault", requestId: c.get("requestId"), cause: causesOf(error) });
  if (!isOAuth) {
    const detail = isPassing
      ? "Storage or keyring do not answer; try again."
      : "An internal error; the log has it.";
    return renderProblem(c, { code: isPassing ? "unavailable" : "server_error", detail });
  }
  if (!isPassing)
    return renderOAuthError(c, { error: "server_error", description: "An internal error." }, 500);
  c.header("Retry-After", "5");
  const description = "The service cannot decide now. Try again.";
  return renderOAuthError(c, { error: "temporarily_unavailable", description }, 503);
}

/** Names and messages down the chain of causes. A driver's message may hold parameters, so it is cut there. */
function causesOf(error: unknown): readonly string[] {
  const causes: string[] = [];
  for (let current = error; current instanceof Error && causes.length < 5; current = current.cause) {
    causes.push(`${current.name}: ${current.message.split(/\bparams:/)[0]?.slice(0, 300)}`);
  }
  return causes;
}
