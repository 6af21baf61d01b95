/**
 * Why an exchange was refused, exactly. The record keeps the reason; the caller sees the standard's coarse code.
 * One line per reason: the generated error page of `docs/` is made from this table.
 */
export const EXCHANGE_REASONS = {
  request_malformed: "The request names the account, but not one JWT and one purpose as its grant asks.",
  account_not_named: "The request has no client_id, and the token is none that its own account signed.",
  account_not_found: "No service account has this e-mail or id.",
  account_disabled: "The service account is disabled.",
  account_expired: "The service account's expiresAt has passed.",
  project_disabled: "The project of the service account is disabled.",
  token_too_large: "The presented token is longer than 16 KiB.",
  token_malformed: "The presented token is not a compact JWS in strict base64url with JSON inside.",
  token_type_not_allowed: "The header's typ belongs to another kind of token.",
  critical_header: "The header lists critical extensions (crit) or b64, which we do not understand.",
  algorithm_not_allowed: "The header's alg is not on the list, or not the one of the key.",
  kid_missing: "The header names no key (kid).",
  claim_missing:
    "A claim is missing: every token needs iss, sub, aud and exp, a self-signed assertion jti too.",
  claim_malformed: "A registered claim has the wrong type.",
  issuer_not_trusted: "The service account trusts no federated identity provider with exactly this iss.",
  issuer_not_allowed: "The issuer's URL, or the one of its key set, may not be fetched from here.",
  issuer_unreachable: "The issuer's discovery document or key set could not be read.",
  issuer_mismatch: "The discovery document names another issuer than the one it was asked for.",
  key_not_found: "The issuer publishes, or the account has registered, no usable key with this kid.",
  key_inactive: "The account's key with this kid is switched off.",
  key_expired: "The validUntil of the account's key with this kid has passed.",
  key_rejected: "The key with this kid is too weak or malformed.",
  signature_invalid: "The signature does not fit the key.",
  token_expired: "The token's exp has passed.",
  token_not_yet_valid: "The token's nbf or iat lies in the future.",
  token_lifetime_excessive:
    "The token's exp lies unreasonably far in the future: 7 days for a foreign token, an hour for a self-signed assertion.",
  token_too_old: "The token was issued longer ago than the trust's maxTokenAge allows, or does not say when.",
  audience_mismatch: "The token was made for another audience.",
  subject_mismatch: "iss and sub of the self-signed assertion are not both the account of its key.",
  assertion_replayed:
    "The token was used before: a self-signed assertion is good once, and so is a foreign token where its trust says singleUse.",
  project_tokens_off: "PROJECT_TOKEN_KEY is not set here, so no project token is accepted.",
  project_token_revoked: "The account's project token was revoked, or made anew since.",
  project_token_unknown: "No project token of this account is this one.",
  assertion_failed: "A claim assertion does not hold.",
  identity_changed:
    "The name belongs to another id than when it was first believed: somebody else may have it now.",
  trust_in_shadow: "Only trusts that are in shadow would have let the token in.",
  own_token_rejected:
    "The access token of ours that was presented is not good here and now: expired, revoked, cut off from what it came of, or made for another audience.",
  impersonation_not_granted: "No role lets the presenter impersonate the service account.",
  impersonation_chain:
    "The chain of impersonations would be longer than 3, or come back to one who is in it.",
  may_act_mismatch: "The token's may_act names another party than the service account.",
  target_not_allowed: "The account gets no token for the audience that was asked for.",
  scope_not_granted: "The account was granted none of the scope that was asked for.",
  flood: "Further refusals of this account in the same minute, counted in one event.",
} as const;

/** One of them. */
export type ExchangeReason = keyof typeof EXCHANGE_REASONS;

/**
 * Reasons of tokens whose signature was found good, unless the refusal is `isUnverified`: what such a token claims, its
 * issuer did say.
 */
const AUTHENTIC_REASONS: readonly ExchangeReason[] = [
  "token_expired",
  "token_not_yet_valid",
  "token_lifetime_excessive",
  "token_too_old",
  "audience_mismatch",
  "key_inactive",
  "key_expired",
  "subject_mismatch",
  "assertion_replayed",
  "project_token_revoked",
  "assertion_failed",
  "identity_changed",
  "trust_in_shadow",
  "impersonation_not_granted",
  "impersonation_chain",
  "may_act_mismatch",
  "target_not_allowed",
  "scope_not_granted",
];

/** Whether a token that was refused so was signed by whom it names. */
export function isAuthentic({ reason, isUnverified }: ExchangeRefusal): boolean {
  return AUTHENTIC_REASONS.includes(reason) && !isUnverified;
}

/** `detail` is for the account's owner: it may name claims and values, never a token. */
export interface ExchangeRefusal {
  readonly reason: ExchangeReason;
  readonly detail: string;
  /** No key was at hand to tell whether its issuer said so, and none was fetched for what is refused anyway. */
  readonly isUnverified?: true;
  /** The event that explains it. */
  readonly receiptId?: string;
  /** Seconds after which another try makes sense, where waiting helps. */
  readonly retryAfterSeconds?: number;
  /** The `kid` of a refused self-signed assertion: the STACKIT SDKs look for it in the answer. */
  readonly assertedKid?: string;
}
