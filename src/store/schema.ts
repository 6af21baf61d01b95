import { sql } from "drizzle-orm";
import {
  check,
  index,
  integer,
  primaryKey,
  sqliteTable,
  text,
  unique,
  uniqueIndex,
} from "drizzle-orm/sqlite-core";

/** The tables as `migrations/` makes them; a test of `test/store` holds the two against each other. */

const flag = (name: string) => integer(name, { mode: "boolean" });
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
});

const projectId = () =>
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

const serviceAccountId = () =>
  text("service_account_id")
    .notNull()
    .references(() => serviceAccount.id, { onDelete: "cascade" });

/** One condition on a foreign token's claims. `item` is a claim's name, or a JSON Pointer when it begins with `/`. */
export interface ClaimAssertion {
  readonly item: string;
  readonly operator: "equals";
  readonly value: string;
}

/** A key set as it was uploaded: public keys only. @see RFC 7517 s5 */
export interface UploadedKeySet {
  readonly keys: readonly JsonWebKeyWithKid[];
}

export type JsonWebKeyWithKid = Readonly<Record<string, unknown>> & {
  readonly kid: string;
  readonly kty: string;
};

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
  },
  (table) => [
    unique().on(table.serviceAccountId, table.name),
    index("federated_identity_provider_by_issuer").on(table.serviceAccountId, table.issuer),
    index("federated_identity_provider_by_project").on(table.projectId),
  ],
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

export const accessToken = sqliteTable(
  "access_token",
  {
    jti: text("jti").primaryKey(),
    projectId: projectId(),
    serviceAccountId: serviceAccountId(),
    federatedIdentityProviderId: text("federated_identity_provider_id"),
    authMethod: text("auth_method").notNull(),
    audience: text("audience").notNull(),
    scope: text("scope").notNull(),
    tokenSha256: text("token_sha256").notNull(),
    issuedAt: integer("issued_at").notNull(),
    expiresAt: integer("expires_at").notNull(),
  },
  (table) => [
    index("access_token_by_service_account").on(table.serviceAccountId),
    index("access_token_by_expiry").on(table.expiresAt),
    index("access_token_by_project").on(table.projectId),
  ],
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
  },
  (table) => [
    check("guard", sql`${table.rowsChanged} > 0`),
    index("audit_event_by_project").on(table.projectId, table.id),
    index("audit_event_by_service_account").on(table.serviceAccountId, table.id),
    index("audit_event_by_flood_bucket").on(table.floodBucket).where(sql`${table.floodBucket} IS NOT NULL`),
    uniqueIndex("audit_event_one_flood").on(table.floodBucket).where(sql`${table.reason} = 'flood'`),
  ],
);
