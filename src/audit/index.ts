/**
 * The record: what an event says, what of foreign text may stand in it, and `commit()`, the only way to write.
 * Knows no verb; a write without its event does not exist, since nobody else runs a statement.
 */
export { commit, commitDryRun, commitMarks, commitRefusal, type FloodClass } from "./commit.ts";
export { type AuditAction, type AuditEvent, recordedText, type TargetType } from "./event.ts";
export { forgetReceipts } from "./forget_receipts.ts";
export { inSteps } from "./in_steps.ts";
export { type AuditEventFilter, type AuditEventItem, listAuditEvents } from "./list.ts";
export { isCutShort, recordedClaim, redactClaim, redactClaims } from "./redact.ts";
