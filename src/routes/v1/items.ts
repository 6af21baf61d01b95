import { z } from "@hono/zod-openapi";
import { PROBLEMS } from "../../protocol/index.ts";
import { assertion, name } from "./schemas.ts";

/** The shapes that `/v1` answers. */

export const time = z.string().openapi({ format: "date-time" });
export const id = z.string().openapi({ example: "0199c3d2-5b7a-7c1e-9f40-2a6d1c3e8b75" });
export const stamps = { createdAt: time, updatedAt: time };

export const projectItem = z
  .object({
    id,
    name,
    displayName: z.string().nullable(),
    labels: z.record(z.string(), z.string()),
    disabled: z.boolean(),
    ...stamps,
  })
  .openapi("Project");

export const serviceAccountItem = z
  .object({
    id,
    projectId: id,
    name,
    email: z.string(),
    displayName: z.string().nullable(),
    description: z.string().nullable(),
    owner: z.string().nullable(),
    labels: z.record(z.string(), z.string()),
    allowedAudiences: z.array(z.string()),
    tokenLifetime: z.int().nullable(),
    disabled: z.boolean(),
    expiresAt: time.nullable(),
    ...stamps,
    lastUsedAt: time.nullable().openapi({ description: "Exact to a minute." }),
  })
  .openapi("ServiceAccount");

export const providerItem = z
  .object({
    id,
    projectId: id,
    serviceAccountId: id,
    name: z.string(),
    issuer: z.string(),
    assertions: z.array(assertion),
    jwks: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }).nullable(),
    tokenLifetime: z.int().nullable(),
    disabled: z.boolean(),
    ...stamps,
    lastUsedAt: time.nullable().openapi({ description: "Exact to a minute." }),
  })
  .openapi("FederatedIdentityProvider");

export const auditEventItem = z
  .object({
    id,
    projectId: id.nullable(),
    serviceAccountId: id.nullable(),
    time,
    actor: z.object({ type: z.string(), id: z.string() }),
    action: z.string().openapi({ example: "access_token.exchange" }),
    target: z.object({ type: z.string(), id: z.string().nullable() }),
    outcome: z.enum(["granted", "refused"]),
    reason: z.string().nullable().openapi({ example: "assertion_failed" }),
    detail: z.string().nullable(),
    requestId: z.string(),
    ip: z.string().nullable(),
    userAgent: z.string().nullable(),
    issuer: z.string().nullable(),
    subject: z.string().nullable(),
    claims: z.record(z.string(), z.unknown()).nullable(),
    kid: z.string().nullable(),
    jti: z.string().nullable(),
    tokenSha256: z.string().nullable(),
    durationMs: z.int(),
    occurrences: z.int().openapi({ description: "How many refusals this event stands for." }),
  })
  .openapi("AuditEvent");

export const signingKeyItem = z
  .object({
    kid: z.string(),
    algorithm: z.string(),
    state: z.enum(["next", "active", "retired"]),
    createdAt: time,
    activatesAt: time,
    expiresAt: time.nullable(),
  })
  .openapi("SigningKey");

export const problemItem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(Object.keys(PROBLEMS) as [keyof typeof PROBLEMS]),
    detail: z.string(),
    requestId: z.string(),
    errors: z.array(z.object({ pointer: z.string(), code: z.string(), detail: z.string() })).optional(),
  })
  .openapi("Problem");
