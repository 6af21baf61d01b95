import { sql } from "drizzle-orm";
import { check, index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { ActingParty } from "../../protocol/index.ts";

export const auditEvent = sqliteTable(
  "audit_event",
  {
    id: text("id").primaryKey(),
    projectId: text("project_id"),
    serviceAccountId: text("service_account_id"),
    createdAt: integer("created_at").notNull(),
    actorType: text("actor_type").notNull(),
    actorId: text("actor_id").notNull(),
    action: text("action").notNull(),
    targetType: text("target_type").notNull(),
    targetId: text("target_id"),
    outcome: text("outcome").$type<"granted" | "refused">().notNull(),
    reason: text("reason"),
    detail: text("detail"),
    requestId: text("request_id").notNull(),
    ip: text("ip"),
    userAgent: text("user_agent"),
    issuer: text("issuer"),
    subject: text("subject"),
    claims: text("claims", { mode: "json" }).$type<Readonly<Record<string, unknown>>>(),
    kid: text("kid"),
    jti: text("jti"),
    tokenSha256: text("token_sha256"),
    durationMs: integer("duration_ms").notNull(),
    floodBucket: text("flood_bucket"),
    occurrences: integer("occurrences").notNull().default(1),
    rowsChanged: integer("rows_changed").notNull(),
    act: text("act", { mode: "json" }).$type<readonly ActingParty[]>(),
  },
  (table) => [
    check("guard", sql`${table.rowsChanged} > 0`),
    index("audit_event_by_project").on(table.projectId, table.id),
    index("audit_event_by_service_account").on(table.serviceAccountId, table.id),
    index("audit_event_by_flood_bucket").on(table.floodBucket).where(sql`${table.floodBucket} IS NOT NULL`),
    uniqueIndex("audit_event_one_flood").on(table.floodBucket).where(sql`${table.reason} = 'flood'`),
  ],
);
