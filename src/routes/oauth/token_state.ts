import { Hono } from "hono";
import type { Context, Deps } from "../../deps.ts";
import { introspectToken, revokeToken } from "../../directory/index.ts";
import {
  authenticateBearer,
  authenticateClient,
  invalidParameter,
  type ParameterRefusal,
  type TokenParameters,
  UNAUTHENTICATED,
} from "../../grants/index.ts";
import { accept, type Result, refuse } from "../../protocol/index.ts";
import type { LiveToken } from "../../tokens/index.ts";
import { ANONYMOUS, BEARER_UNKNOWN, contextOf, type RouteContext, type RouteEnv } from "../context.ts";
import { mountForm } from "./endpoint.ts";
import { noStore, renderError, renderIntrospection } from "./render.ts";

/** `POST /oauth/v2/introspect` and `POST /oauth/v2/revoke`. @see RFC 7662, RFC 7009 */
export function tokenStateRoutes(deps: Deps): Hono<RouteEnv> {
  const routes = new Hono<RouteEnv>();
  mountForm(routes, "/oauth/v2/introspect", async (c, parameters) => {
    const asked = await readQuestion(c, deps, parameters);
    if (!asked.ok) return renderError(c, asked.refusal);
    const { context, token } = asked.value;
    return renderIntrospection(c, deps.config.issuerUrl, introspectToken(context, token));
  });
  mountForm(routes, "/oauth/v2/revoke", async (c, parameters) => {
    const asked = await readQuestion(c, deps, parameters);
    if (!asked.ok) return renderError(c, asked.refusal);
    await revokeToken(asked.value.context, asked.value.token);
    return noStore(c).body(null, 200);
  });
  return routes;
}

interface Question {
  /** Of whoever asks. */
  readonly context: Context;
  readonly token: LiveToken | undefined;
}

/** Who asks about which token. A caller with two ways to say who it is says neither. @see RFC 6749 s2.3 */
async function readQuestion(
  c: RouteContext,
  deps: Deps,
  parameters: TokenParameters,
): Promise<Result<Question, ParameterRefusal>> {
  const text = parameters.single.get("token");
  if (text === undefined) return invalidParameter("token is missing: send the token that the call is about.");
  const header = c.req.header("authorization");
  const hasAssertion = parameters.single.has("client_assertion");
  if (header !== undefined && hasAssertion) {
    return invalidParameter("Authenticate once: by Authorization or by client_assertion.");
  }
  if (header === undefined && !hasAssertion) {
    c.header("WWW-Authenticate", 'Bearer realm="countersign"');
    return refuse(UNAUTHENTICATED);
  }
  const anonymous = contextOf(c, deps, ANONYMOUS);
  const { caller, token } = await authenticateBearer(anonymous, header, { subject: text });
  if (caller.ok) return accept({ context: contextOf(c, deps, caller.value), token });
  if (caller.refusal !== "missing") return refuse({ error: "invalid_client", description: BEARER_UNKNOWN });
  // Beside a refused assertion no challenge (RFC 9110 s15.5.2): OAuth clients read no error past one.
  const client = await authenticateClient(anonymous, parameters);
  return client.ok ? accept({ context: contextOf(c, deps, client.value), token }) : client;
}
