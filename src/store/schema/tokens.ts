import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { ActingParty, AuthMethod, RevocationCriteria } from "../../protocol/index.ts";
import { projectId, serviceAccountId } from "./accounts.ts";

/** Our tokens, how they are taken back, and the keys that sign them. */

export const accessToken = sqliteTable(
  "access_token",
  {
    jti: text("jti").primaryKey(),
    projectId: projectId(),
    serviceAccountId: serviceAccountId(),
    federatedIdentityProviderId: text("federated_identity_provider_id"),
    authMethod: text("auth_method").$type<AuthMethod>().notNull(),
    audience: text("audience").notNull(),
    scope: text("scope").notNull(),
    tokenSha256: text("token_sha256").notNull(),
    issuedAt: integer("issued_at").notNull(),
    expiresAt: integer("expires_at").notNull(),
    serviceAccountKeyId: text("service_account_key_id"),
    projectTokenId: text("project_token_id"),
    resourceServerId: text("resource_server_id"),
    parentJti: text("parent_jti"),
    identityProviderId: text("identity_provider_id"),
    act: text("act", { mode: "json" }).$type<readonly ActingParty[]>(),
    workloadBindings: text("workload_bindings", { mode: "json" }).$type<readonly string[]>(),
  },
  (table) => [
    index("access_token_by_service_account").on(table.serviceAccountId, table.expiresAt),
    index("access_token_by_expiry").on(table.expiresAt),
    index("access_token_by_project").on(table.projectId, table.expiresAt),
    index("access_token_by_parent").on(table.parentJti).where(sql`${table.parentJti} IS NOT NULL`),
    index("access_token_by_identity_provider")
      .on(table.identityProviderId)
      .where(sql`${table.identityProviderId} IS NOT NULL`),
  ],
);

export const revokedToken = sqliteTable(
  "revoked_token",
  {
    seq: integer("seq").primaryKey({ autoIncrement: true }),
    jti: text("jti").notNull().unique(),
    projectId: text("project_id").notNull(),
    expiresAt: integer("expires_at").notNull(),
    revokedAt: integer("revoked_at").notNull(),
    revocationId: text("revocation_id"),
  },
  (table) => [
    index("revoked_token_by_expiry").on(table.expiresAt),
    index("revoked_token_by_time").on(table.revokedAt),
    index("revoked_token_by_revocation").on(table.revocationId).where(sql`${table.revocationId} IS NOT NULL`),
  ],
);

export const revocation = sqliteTable(
  "revocation",
  {
    id: text("id").primaryKey(),
    projectId: projectId(),
    criteria: text("criteria", { mode: "json" }).$type<RevocationCriteria>().notNull(),
    reason: text("reason"),
    accessTokens: integer("access_tokens").notNull().default(0),
    projectTokens: integer("project_tokens").notNull().default(0),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [index("revocation_by_project").on(table.projectId, table.id)],
);

export const signingKey = sqliteTable("signing_key", {
  kid: text("kid").primaryKey(),
  algorithm: text("algorithm").$type<"ES256" | "RS256" | "EdDSA">().notNull(),
  publicJwk: text("public_jwk", { mode: "json" }).$type<Readonly<Record<string, string>>>().notNull(),
  sealedPrivateKey: text("sealed_private_key"),
  sealingKeyId: text("sealing_key_id"),
  createdAt: integer("created_at").notNull(),
  activatesAt: integer("activates_at").notNull(),
  expiresAt: integer("expires_at"),
});
