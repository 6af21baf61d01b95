import { z } from "@hono/zod-openapi";
import { id, lastUsedAt, pageQuery, time } from "./primitives.ts";
import { roleBindingItem } from "./role_binding_shapes.ts";

/** The rows of access reviews. Their members are, in this order, the columns as CSV. */

export const reviewQuery = pageQuery.extend({
  format: z.enum(["json", "csv"]).optional().openapi({
    description:
      "csv (also by Accept: text/csv) answers the whole report; pageSize and pageToken are not read.",
  }),
});

export const unusedQuery = reviewQuery.extend({
  days: z
    .string()
    .regex(/^[1-9]\d{0,3}$/, "Use a whole number from 1 to 3650.")
    .transform(Number)
    .refine((days) => days <= 3650, "Use a whole number from 1 to 3650.")
    .optional()
    .openapi({ type: "integer", minimum: 1, maximum: 3650, default: 90 }),
});

export const accessRow = z
  .object({
    bindingId: id,
    effect: z.enum(["allow", "deny"]),
    principalType: z.enum(["service_account", "person", "group", "workloads"]),
    principalId: z
      .string()
      .openapi({ description: "An account's id, a person's sub or e-mail, a group's name, an issuer." }),
    principalName: z.string().nullable(),
    principalState: z.enum(["active", "disabled", "expired"]),
    role: z.string().nullable(),
    permissions: z
      .array(z.string())
      .openapi({ description: "* only where it stands for more than 200 permissions of APIs." }),
    resourceType: z.enum(["project", "service_account", "resource_server"]),
    resourceId: id,
    resourceName: z.string().nullable(),
    path: z.string(),
    condition: roleBindingItem.shape.condition,
    holds: z
      .enum(["yes", "no", "unknown"])
      .openapi({ description: "Whether conditions hold now; unknown where the caller's address decides." }),
    via: z.array(id).openapi({
      description: "Of whoever reaches it by impersonation: the binding that lets him, and the holder's own.",
    }),
    truncated: z
      .boolean()
      .openapi({ description: "Whether some who reach the same by impersonation are left out below." }),
    createdAt: time,
    createdBy: z
      .string()
      .nullable()
      .openapi({ description: "Type and id of an actor, where the record says." }),
  })
  .openapi("AccessRow");

export const unusedRow = z
  .object({
    kind: z.enum(["service_account", "service_account_key", "project_token", "federated_identity_provider"]),
    id,
    name: z.string().nullable(),
    serviceAccountId: id,
    serviceAccountName: z.string(),
    lastUsedAt,
    createdAt: time,
    ageDays: z.int(),
  })
  .openapi("UnusedRow");

export const unownedRow = z
  .object({ id, name: z.string(), email: z.string(), createdAt: time, lastUsedAt, disabled: z.boolean() })
  .openapi("UnownedRow");
