import type { NearestMiss } from "../../advice/index.ts";
import { EXCHANGE_REASONS, type ExchangeReason, instantOf, type StoredTrust } from "../../protocol/index.ts";
import type { schema } from "../../store/index.ts";
import { stagesOf } from "./stages.ts";

/** An event whose explanation is still kept, or not any more. */
export type ReceiptRow = Omit<typeof schema.auditEvent.$inferSelect, "rowsChanged">;

export type ReceiptItem = ReturnType<typeof receiptItem>;

/** A receipt as it is answered. @param nearestMiss undefined where nobody looked for one, as in lists */
export function receiptItem(row: ReceiptRow, nearestMiss?: NearestMiss | null) {
  const receipt = row.receipt ?? {};
  const reason = row.reason as ExchangeReason | null;
  return {
    id: row.id,
    projectId: row.projectId,
    serviceAccountId: row.serviceAccountId,
    time: instantOf(row.createdAt),
    outcome: row.outcome,
    dryRun: receipt.isDryRun ?? false,
    reason,
    meaning: reason === null ? null : EXCHANGE_REASONS[reason],
    detail: row.detail,
    stages: stagesOf(reason, receipt),
    issuer: row.issuer,
    subject: row.subject,
    kid: row.kid === "" ? null : row.kid,
    keySource: receipt.keySource ?? null,
    signature: signatureOf(reason === "signature_invalid" ? false : receipt.signature),
    clock: receipt.clock ?? null,
    audience: audienceOf(row),
    trusts: (receipt.trusts ?? []).map(trustItem),
    claims: row.claims ?? receipt.claimed ?? null,
    claimsVerified: row.claims !== null,
    // In a dry run no token was made: what the event has is the caller's own.
    jti: receipt.isDryRun ? null : row.jti,
    requestId: row.requestId,
    durationMs: row.durationMs,
    ...(nearestMiss === undefined ? {} : { nearestMiss }),
  };
}

function signatureOf(isGood: boolean | undefined): "valid" | "invalid" | "not_checked" {
  if (isGood === undefined) return "not_checked";
  return isGood ? "valid" : "invalid";
}

/** Whom the token was made for: as its claims say, or as the receipt keeps it. */
export function audienceOf({ claims, receipt }: ReceiptRow): readonly string[] | null {
  const said = receipt?.audience ?? claims?.aud;
  if (said === undefined) return null;
  return (Array.isArray(said) ? said : [said]).filter((one) => typeof one === "string");
}

function trustItem({ id, name, mode = "enforce", reason, detail, assertions }: StoredTrust) {
  return {
    id,
    name,
    mode,
    holds: reason === undefined,
    reason: reason ?? null,
    detail: detail ?? null,
    assertions: assertions.map(({ received, ...assertion }) => {
      const isAsExpected = assertion.holds && assertion.operator === "equals" && received === undefined;
      return { ...assertion, received: isAsExpected ? assertion.value : (received ?? null) };
    }),
  };
}
