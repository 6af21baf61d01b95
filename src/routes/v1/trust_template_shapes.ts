import { z } from "@hono/zod-openapi";
import { OPERATORS } from "../../protocol/index.ts";
import { ref } from "./primitives.ts";

/** The shapes of trust templates. */

export const trustTemplateItem = z
  .object({
    name: z.string(),
    title: z.string(),
    description: z.string(),
    issuer: z.string(),
    isShared: z.boolean(),
    parameters: z.record(
      z.string(),
      z.object({
        description: z.string(),
        example: z.string(),
        required: z.boolean(),
        pattern: z.string().nullable(),
        default: z.string().nullable(),
      }),
    ),
    assertions: z.array(z.object({ item: z.string(), operator: z.enum(OPERATORS), value: z.unknown() })),
    singleUse: z.boolean(),
    maxTokenAge: z.int().nullable(),
    sharedAudience: z.string().nullable(),
    pipeline: z.object({ file: z.string(), language: z.string(), text: z.string() }),
    notes: z.array(z.string()),
    sample: z.record(z.string(), z.unknown()),
  })
  .openapi("TrustTemplate");

export const templateParams = z.object({ template: ref("name") });
