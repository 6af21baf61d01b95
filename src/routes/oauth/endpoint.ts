import type { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { TokenParameters } from "../../grants/index.ts";
import type { RouteContext, RouteEnv } from "../context.ts";
import { parseForm } from "./form.ts";
import { renderError } from "./render.ts";

/** Two tokens of 16 KiB, percent-encoded at worst, and the rest. */
const FORM_MAX_BYTES = 128 * 1024;

/** Mounts one endpoint that takes a form by POST and nothing else. @see RFC 6749 s3.2 */
export function mountForm(
  routes: Hono<RouteEnv>,
  path: string,
  handle: (c: RouteContext, parameters: TokenParameters) => Promise<Response>,
): void {
  const limit = bodyLimit({
    maxSize: FORM_MAX_BYTES,
    onError: (c) => {
      const description = `The form is larger than ${FORM_MAX_BYTES / 1024} KiB.`;
      return renderError(c as RouteContext, { error: "invalid_request", description }, 413);
    },
  });
  routes.post(path, limit, async (c) => {
    const parameters = await parseForm(c.req.raw);
    return parameters.ok ? handle(c, parameters.value) : renderError(c, parameters.refusal);
  });
  routes.all(path, (c) => {
    c.header("Allow", "POST");
    return renderError(c, { error: "invalid_request", description: "This endpoint takes POST." }, 405);
  });
}
