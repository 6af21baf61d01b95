import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, unique, uniqueIndex } from "drizzle-orm/sqlite-core";
import type {
  ClaimAssertion,
  JsonWebKeyWithKid,
  LearnedIds,
  Mode,
  UploadedKeySet,
} from "../../protocol/index.ts";
import { flag, projectId, serviceAccountId } from "./accounts.ts";

/** By what an account gets its tokens: trust in an issuer, a key of its own, a project token. */

export const federatedIdentityProvider = sqliteTable(
  "federated_identity_provider",
  {
    id: text("id").primaryKey(),
    projectId: projectId(),
    serviceAccountId: serviceAccountId(),
    name: text("name").notNull(),
    issuer: text("issuer").notNull(),
    assertions: text("assertions", { mode: "json" }).$type<readonly ClaimAssertion[]>().notNull(),
    jwks: text("jwks", { mode: "json" }).$type<UploadedKeySet>(),
    tokenLifetime: integer("token_lifetime"),
    disabled: flag("disabled").notNull().default(false),
    lastUsedAt: integer("last_used_at"),
    version: integer("version").notNull().default(1),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
    mode: text("mode").$type<Mode>().notNull().default("enforce"),
    singleUse: flag("single_use").notNull().default(false),
    maxTokenAge: integer("max_token_age"),
    leeway: integer("leeway"),
    learnedIds: text("learned_ids", { mode: "json" }).$type<readonly LearnedIds[]>(),
    acknowledged: text("acknowledged", { mode: "json" }).$type<readonly string[]>().notNull().default([]),
    template: text("template"),
    pin: text("pin"),
  },
  (table) => [
    unique().on(table.serviceAccountId, table.name),
    index("federated_identity_provider_by_issuer").on(table.serviceAccountId, table.issuer),
    index("federated_identity_provider_by_project").on(table.projectId),
  ],
);

export const trustUse = sqliteTable(
  "trust_use",
  {
    federatedIdentityProviderId: text("federated_identity_provider_id")
      .primaryKey()
      .references(() => federatedIdentityProvider.id, { onDelete: "cascade" }),
    projectId: projectId(),
    exchanges: integer("exchanges").notNull().default(0),
    refusals: integer("refusals").notNull().default(0),
    lastRefusedAt: integer("last_refused_at"),
  },
  (table) => [index("trust_use_by_project").on(table.projectId)],
);

export const keyPurge = sqliteTable(
  "key_purge",
  {
    projectId: projectId(),
    issuer: text("issuer").notNull(),
    generation: text("generation").notNull(),
    purgedAt: integer("purged_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.issuer] })],
);

/** Who used a credential last; exact to a minute. */
const usage = () => ({
  lastUsedAt: integer("last_used_at"),
  lastUsedIp: text("last_used_ip"),
  lastUsedUserAgent: text("last_used_user_agent"),
});

export const serviceAccountKey = sqliteTable(
  "service_account_key",
  {
    id: text("id").primaryKey(),
    projectId: projectId(),
    serviceAccountId: serviceAccountId(),
    keyAlgorithm: text("key_algorithm").notNull(),
    keyOrigin: text("key_origin").$type<"GENERATED" | "USER_PROVIDED">().notNull(),
    publicJwk: text("public_jwk", { mode: "json" }).$type<JsonWebKeyWithKid>().notNull(),
    thumbprint: text("thumbprint").notNull(),
    active: flag("active").notNull().default(true),
    validUntil: integer("valid_until"),
    leakedAt: integer("leaked_at"),
    ...usage(),
    expiryNotedAt: integer("expiry_noted_at"),
    version: integer("version").notNull().default(1),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [
    unique().on(table.serviceAccountId, table.thumbprint),
    index("service_account_key_by_project").on(table.projectId),
    index("service_account_key_by_thumbprint").on(table.thumbprint),
    index("service_account_key_to_note")
      .on(table.validUntil)
      .where(sql`${table.validUntil} IS NOT NULL AND ${table.expiryNotedAt} IS NULL`),
  ],
);

export const spentAssertion = sqliteTable(
  "spent_assertion",
  {
    voucherId: text("voucher_id").notNull(),
    jti: text("jti").notNull(),
    expiresAt: integer("expires_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.voucherId, table.jti] }),
    index("spent_assertion_by_expiry").on(table.expiresAt),
  ],
);

export const projectToken = sqliteTable(
  "project_token",
  {
    id: text("id").primaryKey(),
    projectId: projectId(),
    serviceAccountId: serviceAccountId(),
    name: text("name").notNull(),
    tokenSha256: text("token_sha256").notNull().unique(),
    generation: integer("generation").notNull().default(1),
    issuedAt: integer("issued_at").notNull(),
    expiresAt: integer("expires_at").notNull(),
    revokedAt: integer("revoked_at"),
    revocationId: text("revocation_id"),
    ...usage(),
    expiryNotedAt: integer("expiry_noted_at"),
    version: integer("version").notNull().default(1),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [
    uniqueIndex("project_token_by_name")
      .on(table.serviceAccountId, table.name)
      .where(sql`${table.revokedAt} IS NULL`),
    index("project_token_by_service_account").on(table.serviceAccountId, table.id),
    index("project_token_by_project").on(table.projectId),
    index("project_token_by_expiry").on(table.expiresAt),
    index("project_token_by_revocation").on(table.revocationId).where(sql`${table.revocationId} IS NOT NULL`),
  ],
);
