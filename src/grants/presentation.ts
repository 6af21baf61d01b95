import { accept, GRANT_TYPES, type GrantType, type Result, refuse } from "../protocol/index.ts";
import { presentClientCredentials } from "./client_credentials.ts";
import { presentJwtBearer } from "./jwt_bearer.ts";
import {
  invalidParameter,
  type ParameterRefusal,
  type Presentation,
  type Presented,
  type TokenParameters,
} from "./parameters.ts";
import { presentTokenExchange } from "./token_exchange.ts";

const PRESENTERS: Readonly<Record<GrantType, (parameters: TokenParameters) => Presented>> = {
  [GRANT_TYPES.tokenExchange]: presentTokenExchange,
  [GRANT_TYPES.clientCredentials]: presentClientCredentials,
  [GRANT_TYPES.jwtBearer]: presentJwtBearer,
};

/** Turns the parameters of any grant into a presentation. */
export function presentationOf(parameters: TokenParameters): Result<Presentation, ParameterRefusal> {
  const grantType = parameters.single.get("grant_type");
  if (grantType === undefined) return invalidParameter("grant_type is missing.");
  if (!isGrantType(grantType)) {
    const known = Object.values(GRANT_TYPES).join(", ");
    return refuse({ error: "unsupported_grant_type", description: `grant_type must be one of ${known}.` });
  }
  const presented = PRESENTERS[grantType](parameters);
  if (!presented.ok) return presented;
  const targets = targetsOf(parameters);
  if (!targets.ok) return targets;
  const dryRun = parameters.single.get("dry_run") ?? "false";
  if (dryRun !== "true" && dryRun !== "false") return invalidParameter("dry_run is true or false.");
  return accept({
    grantType,
    issuedTokenType: undefined,
    wantsEmptyRefreshToken: false,
    mayBePerson: false,
    ...presented.value,
    serviceAccount: parameters.single.get("client_id"),
    targets: targets.value,
    scope: [...new Set((parameters.single.get("scope") ?? "").split(" "))].filter((token) => token !== ""),
    reason: parameters.single.get("reason"),
    isDryRun: dryRun === "true",
  });
}

function isGrantType(text: string): text is GrantType {
  return Object.hasOwn(PRESENTERS, text);
}

/** @see RFC 8707 s2: a resource is an absolute URI without a fragment; an audience is any name */
function targetsOf({ audience, resource }: TokenParameters): Result<readonly string[], ParameterRefusal> {
  const bad = resource.find((uri) => !URL.canParse(uri) || uri.includes("#"));
  if (bad !== undefined) {
    return refuse({
      error: "invalid_target",
      description: "resource must be an absolute URI without a fragment.",
    });
  }
  return accept([...new Set([...audience, ...resource])]);
}
