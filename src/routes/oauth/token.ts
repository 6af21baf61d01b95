import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Deps } from "../../deps.ts";
import { exchange, presentationOf, recordUnpresented } from "../../grants/index.ts";
import { contextOf, type RouteContext, type RouteEnv } from "../context.ts";
import { parseForm } from "./form.ts";
import { renderError, renderIssued, renderRefusal } from "./render.ts";

/** Two tokens of 16 KiB, percent-encoded at worst, and the rest. */
const FORM_MAX_BYTES = 128 * 1024;
const WORKLOAD = { type: "workload", issuer: "", subject: "" } as const;

/** `POST /oauth/v2/token`. @see RFC 6749 s3.2 */
export function tokenRoutes(deps: Deps): Hono<RouteEnv> {
  const routes = new Hono<RouteEnv>();
  const limit = bodyLimit({
    maxSize: FORM_MAX_BYTES,
    onError: (c) => {
      const description = `The form is larger than ${FORM_MAX_BYTES / 1024} KiB.`;
      return renderError(c as RouteContext, { error: "invalid_request", description }, 413);
    },
  });
  routes.post("/oauth/v2/token", limit, async (c) => {
    const parameters = await parseForm(c.req.raw);
    if (!parameters.ok) return renderError(c, parameters.refusal);
    const presentation = presentationOf(parameters.value);
    const context = contextOf(c, deps, WORKLOAD);
    if (!presentation.ok) {
      await recordUnpresented(context, parameters.value, presentation.refusal);
      return renderError(c, presentation.refusal);
    }
    const work = exchange(context, presentation.value);
    // A caller who hangs up stops neither a fetch that others wait for nor the record.
    context.request.waitUntil(work.catch(() => undefined));
    const issued = await work;
    if (!issued.ok) return renderRefusal(c, presentation.value.grantType, issued.refusal);
    return renderIssued(c, presentation.value, issued.value);
  });
  routes.all("/oauth/v2/token", (c) => {
    c.header("Allow", "POST");
    return renderError(c, { error: "invalid_request", description: "The token endpoint takes POST." }, 405);
  });
  return routes;
}
