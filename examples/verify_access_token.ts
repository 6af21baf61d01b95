/** How an API checks one of our access tokens, with a library and our public keys: no call to us per request. */
import * as oauth from "oauth4webapi";

/** What an API is told once, when it is set up. */
export interface ProtectedApi {
  /** Of countersign, as tokens carry it in `iss`. */
  readonly issuerUrl: string;
  /** The API's own name: the `audience` of its resource server. */
  readonly audience: string;
  /** The one project whose service accounts it serves: `id` in the answer to `POST /v1/projects`. */
  readonly projectId: string;
}

/**
 * Claims of the token, when it is good, of the project that this API trusts, and permits this. An audience is no
 * secret: every project of a shared service may register any, and give its own accounts every scope there. So whoever
 * looks at `aud` and `scope` alone serves strangers; what tells them apart is `project_id` (or `sub`, for one account).
 * @throws Error when it is not; what to answer then is in RFC 6750 s3.1: 403 for the scope, else 401
 * @see RFC 9068 s4
 */
export async function verifyAtApi(
  { issuerUrl, audience, projectId }: ProtectedApi,
  accessToken: string,
  permission: string,
): Promise<oauth.JWTAccessTokenClaims> {
  const issuer = new URL(issuerUrl);
  // Plain http is for this machine alone; leave the option out where the issuer is https.
  const options = issuer.protocol === "http:" ? { [oauth.allowInsecureRequests]: true } : {};
  const discovered = await oauth.discoveryRequest(issuer, { ...options, algorithm: "oauth2" });
  const server = await oauth.processDiscoveryResponse(issuer, discovered);
  const request = new Request(issuer, { headers: { authorization: `Bearer ${accessToken}` } });
  const claims = await oauth.validateJwtAccessToken(server, request, audience, options);
  if (claims.project_id !== projectId) throw new Error("invalid_token: it is of another project");
  if (!claims.scope?.split(" ").includes(permission)) throw new Error(`insufficient_scope: ${permission}`);
  return claims;
}
