import { z } from "@hono/zod-openapi";
import { WEEKDAYS } from "../../protocol/index.ts";
import { assertions, issuer } from "./federated_identity_provider_shapes.ts";
import { id, instant, line, projectParams, ref, stamps, time } from "./primitives.ts";

/** The shapes of role bindings: what is accepted, and what is answered. */

const identityProvider = ref("Id or name of an identity provider.");
/** What a column gives back as it went in: NUL cuts a text short in libSQL, and half a surrogate pair is no UTF-8. */
const isStorable = (text: string) => text.isWellFormed() && !text.includes("\u0000");
const STORABLE = "Use Unicode text without NUL.";
const foreignName = z.string().min(1).max(512).refine(isStorable, STORABLE);
const email = z
  .string()
  .max(320)
  .regex(/^[^\s@]+@[^\s@]+$/, "Use an e-mail address.")
  .refine(isStorable, STORABLE);

/** Who gets the role. */
const principal = z
  .union([
    z.strictObject({ type: z.literal("service_account"), serviceAccount: ref("Id, e-mail or name.") }),
    z.strictObject({ type: z.literal("person"), identityProvider, subject: foreignName }),
    z.strictObject({ type: z.literal("person"), identityProvider, email }),
    z.strictObject({ type: z.literal("group"), identityProvider, name: foreignName }),
    z.strictObject({ type: z.literal("workloads"), issuer, assertions }),
  ])
  .openapi("Principal");

/** On what. */
const resource = z
  .discriminatedUnion("type", [
    z.strictObject({ type: z.literal("project") }),
    z.strictObject({ type: z.literal("service_account"), serviceAccount: ref("Id, e-mail or name.") }),
    z.strictObject({
      type: z.literal("resource_server"),
      resourceServer: ref("Id, audience or name."),
      path: z.string().max(512).optional().openapi({ example: "/orders/eu" }),
    }),
  ])
  .openapi("BindingResource");

const clock = z
  .string()
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, "Use HH:MM, from 00:00 to 24:00.")
  .openapi({ example: "08:00" });
const schedule = z.strictObject({
  weekdays: z.array(z.enum(WEEKDAYS)).min(1).max(7),
  from: clock,
  until: clock,
  timeZone: z.string().min(1).max(64).openapi({ example: "Europe/Berlin" }),
});
const ipRanges = z
  .array(z.string().min(1).max(64))
  .min(1)
  .max(50)
  .openapi({ example: ["203.0.113.0/24"] });

/** All of it must hold; `notBefore` and `from` are inside, `notAfter` and `until` are not. */
const condition = z
  .strictObject({
    notBefore: instant.optional(),
    notAfter: instant.optional(),
    schedule: schedule.optional(),
    ipRanges: ipRanges.optional(),
  })
  .openapi("BindingCondition");
const conditionChange = z
  .strictObject({
    notBefore: instant.nullish(),
    notAfter: instant.nullish(),
    schedule: schedule.nullish(),
    ipRanges: ipRanges.nullish(),
  })
  .nullish();

export const roleBindingInput = z
  .strictObject({
    principal,
    role: z
      .string()
      .min(1)
      .max(64)
      .openapi({ description: "A built-in role's name, or the project's own by name or id." }),
    resource: resource.optional().openapi({ description: "The project itself where it is left out." }),
    effect: z.enum(["allow", "deny"]).optional(),
    condition: condition.optional(),
    description: line(256).optional(),
  })
  .openapi("RoleBindingInput", {
    example: { principal: { type: "service_account", serviceAccount: "deployer" }, role: "viewer" },
  });

export const roleBindingChange = z
  .strictObject({ condition: conditionChange, description: line(256).nullish() })
  .openapi("RoleBindingChange");

export const principalItem = z.object({
  type: z.enum(["service_account", "person", "group", "workloads"]),
  serviceAccountId: id.optional(),
  identityProviderId: id.nullable().optional(),
  subject: z.string().optional(),
  email: z.string().optional(),
  name: z.string().optional(),
  issuer: z.string().optional(),
  assertions: z.array(z.record(z.string(), z.unknown())).optional(),
});

export const roleBindingItem = z
  .object({
    id,
    projectId: id,
    principal: principalItem,
    role: z.string().nullable().openapi({ description: "A built-in role; null where roleId names one." }),
    roleId: id.nullable(),
    effect: z.enum(["allow", "deny"]),
    resource: z.object({
      type: z.enum(["project", "service_account", "resource_server"]),
      id,
      path: z.string().optional(),
    }),
    condition: z
      .object({
        notBefore: time.optional(),
        notAfter: time.optional(),
        schedule: z
          .object({
            weekdays: z.array(z.string()),
            from: z.string(),
            until: z.string(),
            timeZone: z.string(),
          })
          .optional(),
        ipRanges: z.array(z.string()).optional(),
      })
      .nullable(),
    description: z.string().nullable(),
    ...stamps,
  })
  .openapi("RoleBinding");

export const roleBindingParams = projectParams.extend({ id: ref("id") });
