/** How an API checks one of our access tokens, with a library and our public keys: no call to us per request. */
import * as oauth from "oauth4webapi";

/**
 * Claims of the token, when it is good for this audience. @throws when it is not
 * @see RFC 9068 s4
 */
export async function verifyAtApi(
  issuerUrl: string,
  audience: string,
  accessToken: string,
): Promise<oauth.JWTAccessTokenClaims> {
  const issuer = new URL(issuerUrl);
  // Plain http is for this machine alone; leave the option out where the issuer is https.
  const options = issuer.protocol === "http:" ? { [oauth.allowInsecureRequests]: true } : {};
  const discovered = await oauth.discoveryRequest(issuer, { ...options, algorithm: "oauth2" });
  const server = await oauth.processDiscoveryResponse(issuer, discovered);
  const request = new Request(issuer, { headers: { authorization: `Bearer ${accessToken}` } });
  return oauth.validateJwtAccessToken(server, request, audience, options);
}
