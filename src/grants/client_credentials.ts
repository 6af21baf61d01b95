import { accept, CLIENT_ASSERTION_TYPES, refuse } from "../protocol/index.ts";
import {
  clientAssertionOf,
  INVALID_ASSERTION_TYPE,
  invalidParameter,
  type Presented,
  type TokenParameters,
} from "./parameters.ts";

/** The JWT is the `client_assertion`. @see RFC 7523 s2.2, RFC 7521 s4.2 */
export function presentClientCredentials(parameters: TokenParameters): Presented {
  const { single } = parameters;
  const jwt = clientAssertionOf(parameters);
  if (jwt === undefined || single.has("client_secret")) {
    const description =
      "Authenticate by client_assertion, the workload's own JWT; there are no client secrets here.";
    return refuse({ error: "invalid_client", description });
  }
  if (jwt === false) return invalidParameter(INVALID_ASSERTION_TYPE);
  const type = single.get("client_assertion_type");
  return accept({ jwt, wantsEmptyRefreshToken: type === CLIENT_ASSERTION_TYPES.schwarz });
}
