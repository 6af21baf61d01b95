import { Hono } from "hono";
import type { Deps } from "../../deps.ts";
import { exchange, presentationOf, recordUnpresented } from "../../grants/index.ts";
import { ANONYMOUS, contextOf, type RouteEnv } from "../context.ts";
import { mountForm } from "./endpoint.ts";
import { renderError, renderIssued, renderRefusal } from "./render.ts";

/** `POST /oauth/v2/token`. @see RFC 6749 s3.2 */
export function tokenRoutes(deps: Deps): Hono<RouteEnv> {
  const routes = new Hono<RouteEnv>();
  mountForm(routes, "/oauth/v2/token", async (c, parameters) => {
    const presentation = presentationOf(parameters);
    const context = contextOf(c, deps, ANONYMOUS);
    if (!presentation.ok) {
      await recordUnpresented(context, parameters, presentation.refusal);
      return renderError(c, presentation.refusal);
    }
    const work = exchange(context, presentation.value);
    // A caller who hangs up stops neither a fetch that others wait for nor the record.
    context.request.waitUntil(work.catch(() => undefined));
    const issued = await work;
    if (!issued.ok) return renderRefusal(c, presentation.value.grantType, issued.refusal);
    return renderIssued(c, presentation.value, issued.value);
  });
  return routes;
}
