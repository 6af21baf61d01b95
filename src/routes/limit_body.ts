import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { RouteContext, RouteEnv } from "./context.ts";
import { renderProblem } from "./problem.ts";

/** Refuses a body that is larger, before it is read to its end. */
export function limitBody(maxBytes: number): MiddlewareHandler<RouteEnv> {
  return bodyLimit({
    maxSize: maxBytes,
    onError: (c) => {
      const detail = `The body is larger than ${maxBytes / 1024} KiB.`;
      return renderProblem(c as RouteContext, { code: "body_too_large", detail });
    },
  });
}
