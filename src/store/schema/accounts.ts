import { index, integer, sqliteTable, text, unique } from "drizzle-orm/sqlite-core";
import type { SigningAlgorithm } from "../../config.ts";
import type { ApiPermission } from "../../protocol/index.ts";

/** Who exists, and the columns that all that belongs to them carries. */

/** A column of true and false. */
export const flag = (name: string) => integer(name, { mode: "boolean" });
const stringMap = (name: string) => text(name, { mode: "json" }).$type<Readonly<Record<string, string>>>();

export const project = sqliteTable("project", {
  id: text("id").primaryKey(),
  name: text("name").notNull().unique(),
  displayName: text("display_name"),
  labels: stringMap("labels").notNull().default({}),
  disabled: flag("disabled").notNull().default(false),
  version: integer("version").notNull().default(1),
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
  grantsVersion: integer("grants_version").notNull().default(1),
});

/** Whose it is: it goes with its project. */
export const projectId = () =>
  text("project_id")
    .notNull()
    .references(() => project.id, { onDelete: "cascade" });

export const serviceAccount = sqliteTable(
  "service_account",
  {
    id: text("id").primaryKey(),
    projectId: projectId(),
    name: text("name").notNull(),
    email: text("email").notNull().unique(),
    displayName: text("display_name"),
    description: text("description"),
    owner: text("owner"),
    labels: stringMap("labels").notNull().default({}),
    allowedAudiences: text("allowed_audiences", { mode: "json" })
      .$type<readonly string[]>()
      .notNull()
      .default([]),
    tokenLifetime: integer("token_lifetime"),
    disabled: flag("disabled").notNull().default(false),
    expiresAt: integer("expires_at"),
    lastUsedAt: integer("last_used_at"),
    version: integer("version").notNull().default(1),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [
    unique().on(table.projectId, table.name),
    index("service_account_by_project").on(table.projectId, table.id),
  ],
);

export const issuedEmail = sqliteTable("issued_email", {
  email: text("email").primaryKey(),
  createdAt: integer("created_at").notNull(),
});

/** Whose it is: it goes with its account. */
export const serviceAccountId = () =>
  text("service_account_id")
    .notNull()
    .references(() => serviceAccount.id, { onDelete: "cascade" });

/** An API that accepts our access tokens. */
export const resourceServer = sqliteTable(
  "resource_server",
  {
    id: text("id").primaryKey(),
    projectId: projectId(),
    name: text("name").notNull(),
    audience: text("audience").notNull(),
    serviceAccountId: text("service_account_id").references(() => serviceAccount.id, {
      onDelete: "set null",
    }),
    version: integer("version").notNull().default(1),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
    permissions: text("permissions", { mode: "json" })
      .$type<readonly ApiPermission[]>()
      .notNull()
      .default([]),
    tokenLifetime: integer("token_lifetime"),
    signingAlgorithm: text("signing_algorithm").$type<SigningAlgorithm>(),
  },
  (table) => [
    unique().on(table.projectId, table.name),
    unique().on(table.projectId, table.audience),
    index("resource_server_by_service_account").on(table.serviceAccountId),
    index("resource_server_by_audience").on(table.audience),
  ],
);
