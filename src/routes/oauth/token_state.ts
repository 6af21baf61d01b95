import { Hono } from "hono";
import type { Deps } from "../../deps.ts";
import {
  authenticateClient,
  invalidParameter,
  type ParameterRefusal,
  type TokenParameters,
} from "../../grants/index.ts";
import { type Actor, accept, type Result, refuse } from "../../protocol/index.ts";
import { introspect, type LiveToken, revokeToken } from "../../tokens/index.ts";
import { bearerAndToken } from "../bearer.ts";
import { contextOf, type RouteContext, type RouteEnv } from "../context.ts";
import { mountForm } from "./endpoint.ts";
import { noStore, renderError } from "./render.ts";

/** `POST /oauth/v2/introspect` and `POST /oauth/v2/revoke`. @see RFC 7662, RFC 7009 */
export function tokenStateRoutes(deps: Deps): Hono<RouteEnv> {
  const routes = new Hono<RouteEnv>();
  mountForm(routes, "/oauth/v2/introspect", async (c, parameters) => {
    const asked = await readQuestion(c, deps, parameters);
    if (!asked.ok) return renderError(c, asked.refusal);
    return noStore(c).json(introspect(deps, asked.value.caller, asked.value.token));
  });
  mountForm(routes, "/oauth/v2/revoke", async (c, parameters) => {
    const asked = await readQuestion(c, deps, parameters);
    if (!asked.ok) return renderError(c, asked.refusal);
    await revokeToken(contextOf(c, deps, asked.value.caller), asked.value.token);
    return noStore(c).body(null, 200);
  });
  return routes;
}

interface Question {
  readonly caller: Actor;
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
  const hasAssertion = parameters.single.has("client_assertion");
  if (hasAssertion && c.req.header("authorization") !== undefined) {
    return invalidParameter("Authenticate once: by Authorization or by client_assertion.");
  }
  const { bearer, token } = await bearerAndToken(c, deps, text);
  if (bearer === "unknown") return refuse(UNKNOWN_BEARER);
  if (bearer !== "missing") return accept({ caller: bearer, token });
  const client = await asClient(c, deps, parameters);
  return client.ok ? accept({ caller: client.value, token }) : client;
}

function asClient(c: RouteContext, deps: Deps, parameters: TokenParameters) {
  return authenticateClient(contextOf(c, deps, { type: "workload", issuer: "", subject: "" }), parameters);
}

const UNKNOWN_BEARER: ParameterRefusal = {
  error: "invalid_client",
  description: "The bearer token is not good here: unknown, expired, revoked, or made for another audience.",
};
