import { accept, TOKEN_TYPES } from "../protocol/index.ts";
import { invalidParameter, jwtOf, type Presented, type TokenParameters } from "./parameters.ts";

const SUBJECT_TOKEN_TYPES: readonly string[] = Object.values(TOKEN_TYPES);
const REQUESTABLE_TOKEN_TYPES: readonly string[] = [TOKEN_TYPES.accessToken, TOKEN_TYPES.jwt];

/** The JWT is the `subject_token`. @see RFC 8693 s2.1 */
export function presentTokenExchange(parameters: TokenParameters): Presented {
  const { single } = parameters;
  const jwt = jwtOf(parameters, "subject_token");
  if (jwt === undefined) return invalidParameter("subject_token is missing: send the workload's own JWT.");
  const type = single.get("subject_token_type");
  if (type === undefined || !SUBJECT_TOKEN_TYPES.includes(type)) {
    return invalidParameter(`subject_token_type must be one of ${SUBJECT_TOKEN_TYPES.join(", ")}.`);
  }
  if (single.has("actor_token") !== single.has("actor_token_type")) {
    return invalidParameter("actor_token and actor_token_type come together or not at all.");
  }
  if (single.has("actor_token"))
    return invalidParameter("actor_token is not supported: present the subject_token alone.");
  if (single.has("client_assertion"))
    return invalidParameter("Send one JWT: subject_token, without client_assertion.");
  const requested = single.get("requested_token_type") ?? TOKEN_TYPES.accessToken;
  if (!REQUESTABLE_TOKEN_TYPES.includes(requested)) {
    return invalidParameter(`requested_token_type must be one of ${REQUESTABLE_TOKEN_TYPES.join(", ")}.`);
  }
  return accept({ jwt, issuedTokenType: requested, mayBePerson: type === TOKEN_TYPES.idToken });
}
