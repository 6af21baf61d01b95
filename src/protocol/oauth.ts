/** Grant types that the token endpoint serves. @see RFC 6749 s4.4, RFC 8693 s2.1, RFC 7523 s2.1 */
export const GRANT_TYPES = {
  tokenExchange: "urn:ietf:params:oauth:grant-type:token-exchange",
  clientCredentials: "client_credentials",
  jwtBearer: "urn:ietf:params:oauth:grant-type:jwt-bearer",
} as const;

/** One of them. */
export type GrantType = (typeof GRANT_TYPES)[keyof typeof GRANT_TYPES];

/** @see RFC 8693 s3 */
export const TOKEN_TYPES = {
  accessToken: "urn:ietf:params:oauth:token-type:access_token",
  idToken: "urn:ietf:params:oauth:token-type:id_token",
  jwt: "urn:ietf:params:oauth:token-type:jwt",
} as const;

/** `schwarz` is what the STACKIT SDKs send for a workload's own token. @see RFC 7523 s2.2 */
export const CLIENT_ASSERTION_TYPES = {
  jwtBearer: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
  schwarz: "urn:schwarz:params:oauth:client-assertion-type:workload-jwt",
} as const;

/** Where tokens are asked for, by the issuer's URL: what metadata and key files name, and assertions may be made for. */
export function tokenEndpointOf(issuerUrl: string): string {
  return `${issuerUrl}/oauth/v2/token`;
}

/** Error codes of the token endpoint. @see RFC 6749 s5.2, RFC 8707 s2; `temporarily_unavailable`: RFC 6749 s4.1.2.1 */
export type OAuthErrorCode =
  | "invalid_request"
  | "invalid_client"
  | "invalid_grant"
  | "invalid_scope"
  | "invalid_target"
  | "unauthorized_client"
  | "unsupported_grant_type"
  | "server_error"
  | "temporarily_unavailable";

/** Longest life of an access token in seconds. Verification keys and clients' refreshing rest on it. */
export const ACCESS_TOKEN_MAX_SECONDS = 3600;

/** Shortest life that may be configured in seconds: below it clients do little else than refresh. */
export const ACCESS_TOKEN_MIN_SECONDS = 300;
