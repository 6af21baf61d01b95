import { Hono } from "hono";
import type { Deps } from "../../deps.ts";
import {
  authenticateBearer,
  evaluatePresentation,
  exchange,
  type Presentation,
  presentationOf,
  recordUnpresented,
} from "../../grants/index.ts";
import { ANONYMOUS, BEARER_UNKNOWN, contextOf, type RouteContext, type RouteEnv } from "../context.ts";
import { mountForm } from "./endpoint.ts";
import { noStore, receiptUri, renderError, renderIssued, renderRefusal } from "./render.ts";

/** `POST /oauth/v2/token`. @see RFC 6749 s3.2 */
export function tokenRoutes(deps: Deps): Hono<RouteEnv> {
  const routes = new Hono<RouteEnv>();
  const { issuerUrl } = deps.config;
  mountForm(routes, "/oauth/v2/token", async (c, parameters) => {
    const presentation = presentationOf(parameters);
    const context = contextOf(c, deps, ANONYMOUS);
    if (!presentation.ok) {
      const receiptId = await recordUnpresented(context, parameters, presentation.refusal);
      return renderError(c, { ...presentation.refusal, uri: receiptUri(issuerUrl, receiptId) });
    }
    if (presentation.value.isDryRun) return answerDryRun(c, deps, presentation.value);
    const work = exchange(context, presentation.value);
    // A caller who hangs up stops neither a fetch that others wait for nor the record.
    context.request.waitUntil(work.catch(() => undefined));
    const issued = await work;
    if (issued.ok) return renderIssued(c, presentation.value, issued.value);
    const refusal = { ...issued.refusal, uri: receiptUri(issuerUrl, issued.refusal.receiptId) };
    return renderRefusal(c, presentation.value.grantType, refusal);
  });
  return routes;
}

/** What would become of the request, for a caller who may read whom the account trusts: the receipt, and no token. */
async function answerDryRun(c: RouteContext, deps: Deps, presentation: Presentation): Promise<Response> {
  const anonymous = contextOf(c, deps, ANONYMOUS);
  const { caller } = await authenticateBearer(anonymous, c.req.header("authorization"), {
    wantsRights: true,
  });
  if (!caller.ok) {
    const description =
      caller.refusal === "missing"
        ? "dry_run asks who you are: send Authorization: Bearer with a token that may read whom the account trusts."
        : BEARER_UNKNOWN;
    return renderError(c, { error: "invalid_client", description });
  }
  const receipt = await evaluatePresentation({ ...anonymous, actor: caller.value }, presentation);
  if (receipt.ok) return noStore(c).json(receipt.value);
  const description = "There is no such service account, or you may not read whom it trusts.";
  return renderError(c, { error: "unauthorized_client", description });
}
