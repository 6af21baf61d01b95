import { z } from "@hono/zod-openapi";
import {
  audience,
  id,
  instant,
  labels,
  labelsChange,
  lastUsedAt,
  line,
  name,
  stamps,
  time,
  tokenLifetime,
} from "./primitives.ts";

/** The shapes of service accounts: what is accepted, and what is answered. */

const allowedAudiences = z
  .array(audience)
  .max(50)
  .openapi({
    description: "What tokens may be asked for, besides this service.",
    example: ["https://api.example.com"],
  });

export const serviceAccountInput = z
  .strictObject({
    name,
    displayName: line(256).optional(),
    description: line(1024).optional(),
    owner: line(256).optional(),
    labels: labels.optional(),
    disabled: z.boolean().optional(),
    expiresAt: instant.optional(),
    allowedAudiences: allowedAudiences.optional(),
    tokenLifetime: tokenLifetime.optional(),
  })
  .openapi("ServiceAccountInput", { example: { name: "deployer", owner: "team-payments" } });

export const serviceAccountChange = z
  .strictObject({
    name: name.optional(),
    displayName: line(256).nullish(),
    description: line(1024).nullish(),
    owner: line(256).nullish(),
    labels: labelsChange.optional(),
    disabled: z.boolean().optional(),
    expiresAt: instant.nullish().openapi({ type: ["string", "null"], format: "date-time" }),
    allowedAudiences: allowedAudiences.nullish(),
    tokenLifetime: tokenLifetime.nullish(),
  })
  .openapi("ServiceAccountChange");

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
    lastUsedAt,
  })
  .openapi("ServiceAccount");
