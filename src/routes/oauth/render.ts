import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { IssuedToken, ParameterRefusal, Presentation } from "../../grants/index.ts";
import {
  actClaimOf,
  type ExchangeReason,
  type ExchangeRefusal,
  GRANT_TYPES,
  type GrantType,
  type OAuthErrorCode,
} from "../../protocol/index.ts";
import { isUuid } from "../../store/index.ts";
import type { LiveToken } from "../../tokens/index.ts";
import type { RouteContext } from "../context.ts";

/** @see RFC 6749 s5.1, RFC 8693 s2.2.1 */
export function renderIssued(c: RouteContext, presentation: Presentation, issued: IssuedToken): Response {
  return noStore(c).json({
    access_token: issued.accessToken,
    token_type: "Bearer",
    expires_in: issued.expiresInSeconds,
    scope: issued.scope.join(" "),
    ...(presentation.issuedTokenType === undefined
      ? {}
      : { issued_token_type: presentation.issuedTokenType }),
    ...(presentation.wantsEmptyRefreshToken ? { refresh_token: "" } : {}),
  });
}

/** Exactly `{"active": false}` for all that the caller may not know, or that is not good. @see RFC 7662 s2.2 */
export function renderIntrospection(
  c: RouteContext,
  issuerUrl: string,
  token: LiveToken | undefined,
): Response {
  if (token === undefined) return noStore(c).json({ active: false });
  return noStore(c).json({
    active: true,
    iss: issuerUrl,
    sub: token.account.id,
    aud: token.audience,
    client_id: token.account.id,
    iat: token.issuedAt,
    exp: token.expiresAt,
    jti: token.jti,
    scope: (token.scope ?? []).join(" "),
    token_type: "Bearer",
    email: token.account.email,
    project_id: token.account.projectId,
    auth_method: token.authMethod,
    ...(token.act.length === 0 ? {} : { act: actClaimOf(token.act) }),
  });
}

/** An error answer. 401 is for clients that did not authenticate, 400 for the rest. @see RFC 6749 s5.2 */
export function renderError(
  c: RouteContext,
  { error, description, uri }: OAuthError,
  status: ContentfulStatusCode = error === "invalid_client" ? 401 : 400,
): Response {
  c.set("outcome", error);
  const tried = c.req.header("authorization");
  if (status === 401 && tried !== undefined) c.header("WWW-Authenticate", challengeOf(tried));
  const more = uri === undefined ? {} : { error_uri: uri };
  return noStore(c).json({ error, error_description: description, ...more }, status);
}

/** An error, and where somebody who may reads why. @see RFC 6749 s5.2, `error_uri` */
interface OAuthError extends ParameterRefusal {
  readonly uri?: string | undefined;
}

/** Where a receipt opens, for those who may read the account. */
export function receiptUri(issuerUrl: string, receiptId: string | undefined): string | undefined {
  return receiptId === undefined ? undefined : `${issuerUrl}/v1/receipts/${receiptId}`;
}

/** A challenge in the scheme that was tried. @see RFC 6749 s5.2, RFC 6750 s3 */
function challengeOf(tried: string): string {
  return /^bearer /i.test(tried)
    ? 'Bearer realm="countersign", error="invalid_token"'
    : 'Basic realm="countersign"';
}

/**
 * What a caller learns of a refused exchange: the standard's word for its grant, and one sentence that is the same
 * whether account, trust, key or claim was wrong. The exact reason is in the account's record.
 */
export function renderRefusal(
  c: RouteContext,
  grantType: GrantType,
  refusal: ExchangeRefusal & { readonly uri: string | undefined },
): Response {
  const answer = answerRefusal(c, grantType, refusal);
  // The log is the operator's: it may know the reason that the caller must not.
  c.set("outcome", refusal.reason);
  return answer;
}

function answerRefusal(
  c: RouteContext,
  grantType: GrantType,
  { uri, ...refusal }: ExchangeRefusal & { readonly uri: string | undefined },
): Response {
  const kind = KIND_OF[refusal.reason];
  if (kind === "unavailable") {
    c.header("Retry-After", String(refusal.retryAfterSeconds ?? 30));
    const description = "The token's issuer does not answer for its keys now. Try again later.";
    return renderError(c, { error: "temporarily_unavailable", description, uri }, 503);
  }
  if (kind === "target") {
    const description =
      "No token is issued for this audience or resource. Ask for one that the account allows.";
    return renderError(c, { error: "invalid_target", description, uri });
  }
  if (kind === "scope") {
    const description = "This scope was not granted. Leave scope out to get all that was.";
    return renderError(c, { error: "invalid_scope", description, uri });
  }
  if (kind === "account") {
    const description = "client_id is missing: send the service account's e-mail or id.";
    return renderError(c, { error: "invalid_request", description, uri });
  }
  if (refusal.assertedKid !== undefined) {
    const description = describeAssertion(c, refusal.assertedKid);
    return renderError(c, { error: ERROR_OF_GRANT[grantType], description, uri });
  }
  const description = `The token was not accepted for this service account. Who may read the account sees why at error_uri, and in its audit event: request ${c.get("requestId")}.`;
  return renderError(c, { error: ERROR_OF_GRANT[grantType], description, uri });
}

/**
 * One sentence for all that can be wrong with a self-signed assertion, so that nobody learns by it which keys there
 * are. Its beginning is what the STACKIT SDKs look for. Of foreign text only what has the form of a kid is said.
 */
function describeAssertion(c: RouteContext, kid: string): string {
  const named = isUuid(kid) ? kid : "of this assertion";
  return `Key with kid ${named} was not found for this service account, or its assertion was not accepted. The audit event says why: request ${c.get("requestId")}.`;
}

/** @see RFC 8693 s2.2.2, RFC 7523 s3.1 and s3.2 */
const ERROR_OF_GRANT: Readonly<Record<GrantType, OAuthErrorCode>> = {
  [GRANT_TYPES.tokenExchange]: "invalid_request",
  [GRANT_TYPES.jwtBearer]: "invalid_grant",
  [GRANT_TYPES.clientCredentials]: "invalid_client",
};

type Kind = "token" | "target" | "scope" | "account" | "unavailable";

/** Which of the answers each reason gets; a reason without one does not compile. */
const KIND_OF: Readonly<Record<ExchangeReason, Kind>> = {
  target_not_allowed: "target",
  scope_not_granted: "scope",
  issuer_unreachable: "unavailable",
  account_not_named: "account",
  request_malformed: "token",
  account_not_found: "token",
  account_disabled: "token",
  account_expired: "token",
  project_disabled: "token",
  token_too_large: "token",
  token_malformed: "token",
  token_type_not_allowed: "token",
  critical_header: "token",
  algorithm_not_allowed: "token",
  kid_missing: "token",
  claim_missing: "token",
  claim_malformed: "token",
  issuer_not_trusted: "token",
  issuer_not_allowed: "token",
  issuer_mismatch: "token",
  key_not_found: "token",
  key_inactive: "token",
  key_expired: "token",
  key_rejected: "token",
  signature_invalid: "token",
  token_expired: "token",
  token_not_yet_valid: "token",
  token_lifetime_excessive: "token",
  token_too_old: "token",
  audience_mismatch: "token",
  assertion_failed: "token",
  identity_changed: "token",
  trust_in_shadow: "token",
  own_token_rejected: "token",
  impersonation_not_granted: "token",
  impersonation_chain: "token",
  may_act_mismatch: "token",
  subject_mismatch: "token",
  assertion_replayed: "token",
  project_tokens_off: "token",
  project_token_revoked: "token",
  project_token_unknown: "token",
  flood: "token",
};

/** @see RFC 6749 s5.1 */
export function noStore(c: RouteContext): RouteContext {
  c.header("Cache-Control", "no-store");
  c.header("Pragma", "no-cache");
  return c;
}
