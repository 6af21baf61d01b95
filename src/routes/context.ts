import type { Context as HonoContext } from "hono";
import type { Context, Deps, RequestInfo } from "../deps.ts";
import type { Actor } from "../protocol/index.ts";

/** What middleware leaves for the handlers behind it. */
export interface RouteEnv {
  readonly Variables: {
    requestId: string;
    request: RequestInfo;
    actor: Actor;
    /** What the log line shows: a problem's code, an OAuth error, or the exact reason of a refused exchange. */
    outcome: string | undefined;
  };
}

export type RouteContext = HonoContext<RouteEnv>;

/** A verb's first argument, of this request. */
export function contextOf(c: RouteContext, deps: Deps, actor: Actor): Context {
  return { deps, request: c.get("request"), actor };
}

/** Who calls, before anybody is known: whoever shows a token is a workload until it is believed. */
export const ANONYMOUS: Actor = { type: "workload", issuer: "", subject: "" };

export const BEARER_UNKNOWN =
  "This bearer token is not good here: unknown, expired, revoked, or made for another audience.";
