import { accept } from "../protocol/index.ts";
import { invalidParameter, jwtOf, type Presented, type TokenParameters } from "./parameters.ts";

/** The JWT is the `assertion`. @see RFC 7523 s2.1 */
export function presentJwtBearer(parameters: TokenParameters): Presented {
  const jwt = jwtOf(parameters, "assertion");
  if (jwt === undefined) return invalidParameter("assertion is missing: send the workload's own JWT.");
  if (parameters.single.has("client_assertion"))
    return invalidParameter("Send one JWT: assertion, without client_assertion.");
  // The STACKIT SDKs' key flow names no client; other clients would stumble over an empty refresh token.
  return accept({ jwt, wantsEmptyRefreshToken: !parameters.single.has("client_id") });
}
