import { Hono } from "hono";
import { forgetReceipts } from "./audit/index.ts";
import { type Config, type Env, readConfig } from "./config.ts";
import type { Context, Deps } from "./deps.ts";
import { noteExpiring, watchIssuers } from "./directory/index.ts";
import { newSigningKeyCache, tendSigningKeys } from "./keyring/index.ts";
import { Fault } from "./protocol/index.ts";
import { authzenRoutes } from "./routes/authzen/index.ts";
import type { RouteEnv } from "./routes/context.ts";
import { answerFault, answerNowhere } from "./routes/fallback.ts";
import { requestMiddleware, standardMiddleware } from "./routes/middleware.ts";
import { metadataRoutes, revokedTokenRoutes, tokenRoutes, tokenStateRoutes } from "./routes/oauth/index.ts";
import { operationsRoutes } from "./routes/operations.ts";
import { v1Routes } from "./routes/v1/index.ts";
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
  routes.route("/", authzenRoutes(deps));
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
    notedTokens: new Map(),
    crowds: new Set(),
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

/** The cron's hour: signing keys first, then what expires soon, what has expired, and whose keys are to be looked at. */
const HOURLY = [tendSigningKeys, noteExpiring, forgetExpired, forgetReceipts, watchIssuers] as const;

/** Each is tried, whatever the others do; the first fault is the answer. */
async function tend(deps: Deps, waitUntil: (work: Promise<unknown>) => void): Promise<void> {
  const id = newId(deps.nowMs());
  const request = { id, ip: null, userAgent: "cron", startedAtMs: deps.nowMs(), waitUntil };
  const context: Context = { deps, request, actor: { type: "system" } };
  const faults: unknown[] = [];
  for (const work of HOURLY) {
    try {
      await work(context);
    } catch (error) {
      faults.push(error);
    }
  }
  if (faults.length > 0) throw faults[0];
  deps.log({ level: "info", event: "tended", requestId: id, durationMs: deps.nowMs() - request.startedAtMs });
}
