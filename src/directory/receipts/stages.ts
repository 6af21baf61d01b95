import type { ExchangeReason, StoredReceipt } from "../../protocol/index.ts";

/** What an exchange goes through, in order. */
export const STAGES = [
  "request",
  "account",
  "token",
  "trust",
  "claims",
  "key",
  "signature",
  "use",
  "target",
] as const;

/** One of them. */
export type Stage = (typeof STAGES)[number];

/** `not_checked`: there was nothing to check it with, or no need. */
export type StageResult = "passed" | "failed" | "not_reached" | "not_checked";

/** Where each reason arises; a reason without one does not compile. */
const STAGE_OF: Readonly<Record<ExchangeReason, Stage>> = {
  request_malformed: "request",
  account_not_named: "request",
  flood: "request",
  account_not_found: "account",
  account_disabled: "account",
  account_expired: "account",
  project_disabled: "account",
  token_too_large: "token",
  token_malformed: "token",
  token_type_not_allowed: "token",
  critical_header: "token",
  kid_missing: "token",
  claim_missing: "token",
  claim_malformed: "token",
  algorithm_not_allowed: "token",
  own_token_rejected: "token",
  issuer_not_trusted: "trust",
  trust_in_shadow: "trust",
  token_expired: "claims",
  token_not_yet_valid: "claims",
  token_lifetime_excessive: "claims",
  token_too_old: "claims",
  audience_mismatch: "claims",
  subject_mismatch: "claims",
  assertion_failed: "claims",
  identity_changed: "claims",
  issuer_not_allowed: "key",
  issuer_unreachable: "key",
  issuer_mismatch: "key",
  key_not_found: "key",
  key_inactive: "key",
  key_expired: "key",
  key_rejected: "key",
  project_tokens_off: "key",
  project_token_revoked: "key",
  project_token_unknown: "key",
  signature_invalid: "signature",
  assertion_replayed: "use",
  impersonation_not_granted: "target",
  impersonation_chain: "target",
  may_act_mismatch: "target",
  target_not_allowed: "target",
  scope_not_granted: "target",
};

/** How far an exchange came. @param reason null where it was granted */
export function stagesOf(
  reason: ExchangeReason | null,
  receipt: StoredReceipt,
): readonly { readonly stage: Stage; readonly result: StageResult }[] {
  const end = reason === null ? STAGES.length : STAGES.indexOf(STAGE_OF[reason]);
  return STAGES.map((stage, index) => ({ stage, result: resultOf(stage, index - end, receipt) }));
}

/** @param distance from the stage that refused: negative before it */
function resultOf(stage: Stage, distance: number, receipt: StoredReceipt): StageResult {
  const known = knownOf(stage, receipt);
  if (known !== undefined && distance !== 0) return known;
  if (distance === 0) return "failed";
  if (distance > 0) return "not_reached";
  // What a signature was found not to fit is a key.
  if (stage === "key" && distance === -1) return "passed";
  if (stage === "signature" || stage === "key") return "not_checked";
  return stage === "use" && receipt.isDryRun ? "not_checked" : "passed";
}

/** What the receipt says of a stage by itself: claims, and a key that is at hand, are looked at whatever else refuses. */
function knownOf(
  stage: Stage,
  { signature, keySource, trusts = [] }: StoredReceipt,
): StageResult | undefined {
  if (stage === "signature" && signature !== undefined) return signature ? "passed" : "failed";
  if (stage === "key" && keySource !== undefined) return "passed";
  if (stage !== "claims" || trusts.length === 0) return undefined;
  return trusts.some(({ reason }) => reason === undefined) ? "passed" : "failed";
}
