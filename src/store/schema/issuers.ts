import { index, integer, sqliteTable, text, unique } from "drizzle-orm/sqlite-core";
import type { SeenClaim, SeenKey } from "../../protocol/index.ts";
import { projectId } from "./accounts.ts";

/** What issuers were seen to do. */

export const watchedIssuer = sqliteTable(
  "watched_issuer",
  {
    id: text("id").primaryKey(),
    projectId: projectId(),
    issuer: text("issuer").notNull(),
    keys: text("keys", { mode: "json" }).$type<readonly SeenKey[]>().notNull().default([]),
    claims: text("claims", { mode: "json" }).$type<readonly SeenClaim[]>().notNull().default([]),
    askedAt: integer("asked_at"),
    failingSince: integer("failing_since"),
    failure: text("failure"),
    version: integer("version").notNull().default(1),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [unique().on(table.projectId, table.issuer), index("watched_issuer_by_asked").on(table.askedAt)],
);
