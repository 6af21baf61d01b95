/** The standards' dialect: form in, RFC 6749 JSON out, snake_case. Adds no rule of its own. */
export { metadataRoutes } from "./metadata.ts";
export { renderError as renderOAuthError } from "./render.ts";
export { revokedTokenRoutes } from "./revoked_tokens.ts";
export { tokenRoutes } from "./token.ts";
export { tokenStateRoutes } from "./token_state.ts";
