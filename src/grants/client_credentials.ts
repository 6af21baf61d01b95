import { accept, CLIENT_ASSERTION_TYPES, refuse } from "../protocol/index.ts";
import { invalidParameter, jwtOf, type Presented, type TokenParameters } from "./parameters.ts";

const ASSERTION_TYPES: readonly string[] = Object.values(CLIENT_ASSERTION_TYPES);

/** The JWT is the `client_assertion`. @see RFC 7523 s2.2, RFC 7521 s4.2 */
export function presentClientCredentials(parameters: TokenParameters): Presented {
  const { single } = parameters;
  const jwt = jwtOf(parameters, "client_assertion");
  if (jwt === undefined || single.has("client_secret")) {
    const description =
      "Authenticate by client_assertion, the workload's own JWT; there are no client secrets here.";
    return refuse({ error: "invalid_client", description });
  }
  const type = single.get("client_assertion_type");
  if (type === undefined || !ASSERTION_TYPES.includes(type)) {
    return invalidParameter(`client_assertion_type must be one of ${ASSERTION_TYPES.join(", ")}.`);
  }
  return accept({ jwt, wantsEmptyRefreshToken: type === CLIENT_ASSERTION_TYPES.schwarz });
}
