import { Hono } from "hono";
import type { Deps } from "../../deps.ts";
import { OWN_KEY_SET_MAX_AGE_SECONDS as JWKS_MAX_AGE_SECONDS, publicKeySet } from "../../keyring/index.ts";
import { GRANT_TYPES } from "../../protocol/index.ts";
import { FOREIGN_ALGORITHMS } from "../../trust/index.ts";
import { contextOf, type RouteEnv } from "../context.ts";

/** What verifiers and clients discover: our metadata twice, and our keys. @see RFC 8414, OpenID Connect Discovery 1.0 */
export function metadataRoutes(deps: Deps): Hono<RouteEnv> {
  const routes = new Hono<RouteEnv>();
  const cached = { "Cache-Control": `public, max-age=${JWKS_MAX_AGE_SECONDS}` };
  routes.get("/.well-known/oauth-authorization-server", (c) => c.json(metadataOf(deps), 200, cached));
  routes.get("/.well-known/openid-configuration", (c) =>
    c.json({ ...metadataOf(deps), ...openIdOf(deps) }, 200, cached),
  );
  routes.get("/.well-known/jwks.json", async (c) => {
    const keySet = await publicKeySet(contextOf(c, deps, { type: "system" }));
    return c.json(keySet, 200, cached);
  });
  return routes;
}

/** @see RFC 8414 s2 */
function metadataOf({ config: { issuerUrl } }: Deps) {
  return {
    issuer: issuerUrl,
    token_endpoint: `${issuerUrl}/oauth/v2/token`,
    introspection_endpoint: `${issuerUrl}/oauth/v2/introspect`,
    // RFC 8414 s2 lets the types of access tokens stand beside client authentication.
    introspection_endpoint_auth_methods_supported: ["private_key_jwt", "Bearer"],
    introspection_endpoint_auth_signing_alg_values_supported: FOREIGN_ALGORITHMS,
    revocation_endpoint: `${issuerUrl}/oauth/v2/revoke`,
    revocation_endpoint_auth_methods_supported: ["private_key_jwt"],
    revocation_endpoint_auth_signing_alg_values_supported: FOREIGN_ALGORITHMS,
    // Ours: whoever verifies offline finds here what was revoked before its end.
    revoked_tokens_uri: `${issuerUrl}/oauth/v2/revoked-tokens`,
    jwks_uri: `${issuerUrl}/.well-known/jwks.json`,
    response_types_supported: [],
    grant_types_supported: Object.values(GRANT_TYPES),
    token_endpoint_auth_methods_supported: ["private_key_jwt", "none"],
    token_endpoint_auth_signing_alg_values_supported: FOREIGN_ALGORITHMS,
    service_documentation: `${issuerUrl}/openapi.json`,
  };
}

/** Members that OpenID Connect clients ask for before they read on. No ID token is issued here. */
function openIdOf({ config }: Deps) {
  return {
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: [config.signingAlgorithm],
  };
}
