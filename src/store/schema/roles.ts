import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text, unique } from "drizzle-orm/sqlite-core";
import type {
  BindingCondition,
  BindingEffect,
  BindingResourceType,
  ClaimAssertion,
  ClaimMapping,
  PrincipalType,
  UploadedKeySet,
} from "../../protocol/index.ts";
import { flag, projectId } from "./accounts.ts";

/** Who may do what: roles, whom they are bound to, and who vouches for persons. */

export const role = sqliteTable(
  "role",
  {
    id: text("id").primaryKey(),
    projectId: projectId(),
    name: text("name").notNull(),
    description: text("description"),
    permissions: text("permissions", { mode: "json" }).$type<readonly string[]>().notNull(),
    version: integer("version").notNull().default(1),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [unique().on(table.projectId, table.name)],
);

export const identityProvider = sqliteTable("identity_provider", {
  id: text("id").primaryKey(),
  name: text("name").notNull().unique(),
  issuer: text("issuer").notNull().unique(),
  audience: text("audience").notNull(),
  mapping: text("mapping", { mode: "json" }).$type<ClaimMapping>().notNull(),
  trustsEmail: flag("trusts_email").notNull().default(false),
  jwks: text("jwks", { mode: "json" }).$type<UploadedKeySet>(),
  disabled: flag("disabled").notNull().default(false),
  version: integer("version").notNull().default(1),
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
});

export const roleBinding = sqliteTable(
  "role_binding",
  {
    id: text("id").primaryKey(),
    projectId: projectId(),
    principalType: text("principal_type").$type<PrincipalType>().notNull(),
    principalId: text("principal_id").notNull(),
    identityProviderId: text("identity_provider_id").references(() => identityProvider.id, {
      onDelete: "cascade",
    }),
    assertions: text("assertions", { mode: "json" }).$type<readonly ClaimAssertion[]>(),
    builtInRole: text("built_in_role"),
    roleId: text("role_id").references(() => role.id, { onDelete: "cascade" }),
    effect: text("effect").$type<BindingEffect>().notNull(),
    resourceType: text("resource_type").$type<BindingResourceType>().notNull(),
    resourceId: text("resource_id").notNull(),
    resourcePath: text("resource_path").notNull().default(""),
    condition: text("condition", { mode: "json" }).$type<BindingCondition>(),
    description: text("description"),
    version: integer("version").notNull().default(1),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [
    index("role_binding_by_principal").on(
      table.principalType,
      table.principalId,
      table.projectId,
      table.resourceId,
    ),
    index("role_binding_by_project").on(table.projectId, table.id),
    index("role_binding_denials").on(table.projectId).where(sql`${table.effect} = 'deny'`),
    index("role_binding_by_resource").on(table.resourceId),
    index("role_binding_by_role").on(table.roleId).where(sql`${table.roleId} IS NOT NULL`),
    index("role_binding_by_identity_provider")
      .on(table.identityProviderId)
      .where(sql`${table.identityProviderId} IS NOT NULL`),
  ],
);
