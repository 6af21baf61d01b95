import { and, desc, eq, gte, lt } from "drizzle-orm";
import type { Deps } from "../deps.ts";
import { accept, instantOf, type Problem, type Result } from "../protocol/index.ts";
import { decodeCursor, type Page, type PageRequest, pageOf, readBatch, schema } from "../store/index.ts";

/** All of them must hold. Instants are integer seconds: `from` is inside, `until` is not. */
export interface AuditEventFilter {
  readonly from?: number | undefined;
  readonly until?: number | undefined;
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly outcome?: "granted" | "refused" | undefined;
  readonly serviceAccountId?: string | undefined;
  readonly requestId?: string | undefined;
}

const LIST = "audit-events";

/** Whose events: said in words, so that nothing left out comes to mean every tenant. */
export type AuditScope = { readonly projectId: string } | "whole service";

/** Events, youngest first: a project's, or all there are for the operator, who alone sees those of no project. */
export async function listAuditEvents(
  deps: Deps,
  scope: AuditScope,
  filter: AuditEventFilter,
  request: PageRequest,
): Promise<Result<Page<AuditEventItem>, Problem>> {
  const after = decodeCursor(LIST, request);
  if (!after.ok) return after;
  const event = schema.auditEvent;
  const conditions = [
    scope === "whole service" ? undefined : eq(event.projectId, scope.projectId),
    after.value === undefined ? undefined : lt(event.id, after.value),
    filter.from === undefined ? undefined : gte(event.createdAt, filter.from),
    filter.until === undefined ? undefined : lt(event.createdAt, filter.until),
    filter.actor === undefined ? undefined : eq(event.actorId, filter.actor),
    filter.action === undefined ? undefined : eq(event.action, filter.action),
    filter.outcome === undefined ? undefined : eq(event.outcome, filter.outcome),
    filter.requestId === undefined ? undefined : eq(event.requestId, filter.requestId),
    filter.serviceAccountId === undefined ? undefined : eq(event.serviceAccountId, filter.serviceAccountId),
  ];
  const query = deps.db
    .select()
    .from(event)
    .where(and(...conditions))
    .orderBy(desc(event.id))
    .limit(request.pageSize + 1);
  const [rows] = await readBatch(deps.db, [query]);
  return accept(pageOf(LIST, rows, request.pageSize, itemOf));
}

/** An event as it is listed. */
export type AuditEventItem = ReturnType<typeof itemOf>;

function itemOf(row: typeof schema.auditEvent.$inferSelect) {
  return {
    id: row.id,
    projectId: row.projectId,
    serviceAccountId: row.serviceAccountId,
    time: instantOf(row.createdAt),
    actor: { type: row.actorType, id: row.actorId },
    action: row.action,
    target: { type: row.targetType, id: row.targetId },
    outcome: row.outcome,
    reason: row.reason,
    detail: row.detail,
    requestId: row.requestId,
    ip: row.ip,
    userAgent: row.userAgent,
    issuer: row.issuer,
    subject: row.subject,
    claims: row.claims,
    kid: row.kid,
    jti: row.jti,
    tokenSha256: row.tokenSha256,
    durationMs: row.durationMs,
    occurrences: row.occurrences,
    act: row.act ?? [],
  };
}
