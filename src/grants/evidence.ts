import { accept, type ExchangeRefusal, type Result } from "../protocol/index.ts";
import { type ClaimedProjectToken, claimsOf, type OwnClaims, readProjectToken } from "../tokens/index.ts";
import { type DecodedJwt, decodeJwt, isSelfSigned } from "../trust/index.ts";

/** What was presented, by who could vouch for it. Nothing of it is believed yet. */
export type Evidence =
  | { readonly authMethod: "federation"; readonly jwt: DecodedJwt }
  | { readonly authMethod: "key"; readonly jwt: DecodedJwt }
  | { readonly authMethod: "project_token"; readonly token: ClaimedProjectToken }
  /** An access token of ours: its account acts as another. */
  | { readonly authMethod: "impersonation"; readonly compact: string; readonly claims: OwnClaims };

/** What is the account's own: all but what another one shows who acts as it. */
export type OwnEvidence = Exclude<Evidence, { readonly authMethod: "impersonation" }>;

/** What the record shows of it. */
export interface EvidenceFacts {
  readonly issuer: string;
  readonly subject: string;
  readonly kid: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** @param issuerUrl ours, where a token of ours may be shown for another account; else it is a stranger's */
export function readEvidence(
  compact: string,
  issuerUrl: string | undefined,
): Result<Evidence, ExchangeRefusal> {
  const token = readProjectToken(compact);
  if (token !== undefined) return accept({ authMethod: "project_token", token });
  const claims = claimsOf(compact);
  if (claims !== undefined && claims.iss === issuerUrl) {
    return accept({ authMethod: "impersonation", compact, claims });
  }
  const jwt = decodeJwt(compact);
  if (!jwt.ok) return jwt;
  return accept({ authMethod: isSelfSigned(jwt.value) ? "key" : "federation", jwt: jwt.value });
}

/** What it says of itself, not believed yet. */
export function factsOf(evidence: Evidence): EvidenceFacts {
  switch (evidence.authMethod) {
    case "federation":
    case "key":
      return evidence.jwt;
    case "project_token":
      return { ...evidence.token, kid: undefined };
    case "impersonation": {
      const { claims } = evidence;
      return { issuer: claims.iss, subject: claims.sub, kid: undefined, claims };
    }
  }
}

/**
 * Which account it is for: the one that `client_id` names; without it, the one that a self-signed assertion or a
 * project token says it is of. A foreign token says nothing of our accounts, and one of ours says who acts.
 */
export function selectorOf(evidence: Evidence | undefined, clientId: string | undefined): string | undefined {
  if (clientId !== undefined || evidence === undefined) return clientId;
  const isOwn = evidence.authMethod === "key" || evidence.authMethod === "project_token";
  return isOwn ? factsOf(evidence).subject : undefined;
}
