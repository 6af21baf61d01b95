import { accept, type ExchangeRefusal, type Result } from "../protocol/index.ts";
import { type ClaimedProjectToken, readProjectToken } from "../tokens/index.ts";
import { type DecodedJwt, decodeJwt, isSelfSigned } from "../trust/index.ts";

/** What was presented, by who could vouch for it. Nothing of it is believed yet. */
export type Evidence =
  | { readonly authMethod: "federation"; readonly jwt: DecodedJwt }
  | { readonly authMethod: "key"; readonly jwt: DecodedJwt }
  | { readonly authMethod: "project_token"; readonly token: ClaimedProjectToken };

/** What the record shows of it. */
export interface EvidenceFacts {
  readonly issuer: string;
  readonly subject: string;
  readonly kid: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
}

export function readEvidence(compact: string): Result<Evidence, ExchangeRefusal> {
  const token = readProjectToken(compact);
  if (token !== undefined) return accept({ authMethod: "project_token", token });
  const jwt = decodeJwt(compact);
  if (!jwt.ok) return jwt;
  return accept({ authMethod: isSelfSigned(jwt.value) ? "key" : "federation", jwt: jwt.value });
}

export function factsOf(evidence: Evidence): EvidenceFacts {
  if (evidence.authMethod !== "project_token") return evidence.jwt;
  const { issuer, subject, claims } = evidence.token;
  return { issuer, subject, kid: undefined, claims };
}

/**
 * Which account it is for: the one that `client_id` names; without it, the one that a self-signed assertion or a
 * project token says it is of. A foreign token says nothing of our accounts.
 */
export function selectorOf(evidence: Evidence | undefined, clientId: string | undefined): string | undefined {
  if (clientId !== undefined || evidence === undefined) return clientId;
  return evidence.authMethod === "federation" ? undefined : factsOf(evidence).subject;
}
