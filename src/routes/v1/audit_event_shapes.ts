import { z } from "@hono/zod-openapi";
import { id, instant, paging, time } from "./primitives.ts";

/** The shapes of the record: what it is asked, and what is answered. */

export const auditQuery = z.strictObject({
  ...paging,
  from: instant.optional(),
  until: instant.optional(),
  actor: z
    .string()
    .min(1)
    .max(512)
    .optional()
    .openapi({ description: "The actor's exact id, as events show it." }),
  action: z.string().min(1).max(64).optional(),
  outcome: z.enum(["granted", "refused"]).optional(),
  serviceAccount: z.string().min(1).max(320).optional(),
  requestId: z.string().min(1).max(64).optional(),
});

/** Beyond any project an account has no name: its id alone finds it. */
export const serviceAuditQuery = auditQuery
  .omit({ serviceAccount: true })
  .extend({ serviceAccountId: z.string().min(1).max(64).optional() });

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
    act: z
      .array(
        z.object({
          type: z.string(),
          id: z.string(),
          issuer: z.string().optional(),
          bindingId: id.optional(),
        }),
      )
      .openapi({ description: "Who acts as the actor, the nearest first; empty where it acts itself." }),
    occurrences: z.int().openapi({ description: "How many refusals this event stands for." }),
  })
  .openapi("AuditEvent");
