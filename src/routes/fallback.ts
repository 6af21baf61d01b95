import type { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Deps } from "../deps.ts";
import { Fault } from "../protocol/index.ts";
import type { RouteContext, RouteEnv } from "./context.ts";
import { renderOAuthError } from "./oauth/index.ts";
import { renderProblem } from "./problem.ts";

const METHODS = ["GET", "POST", "PATCH", "DELETE"];

/** What no handler answers: either nobody knows the path, or it is known under other methods. */
export function answerNowhere(routes: Hono<RouteEnv>, c: RouteContext): Response {
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
export function answerFault(deps: Deps, error: Error, c: RouteContext): Response {
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
