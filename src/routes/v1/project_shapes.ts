import { z } from "@hono/zod-openapi";
import { id, labels, labelsChange, line, name, stamps } from "./primitives.ts";

/** The shapes of projects: what is accepted, and what is answered. */

export const projectInput = z
  .strictObject({
    name,
    displayName: line(256).optional(),
    labels: labels.optional(),
    disabled: z.boolean().optional(),
  })
  .openapi("ProjectInput", { example: { name: "shop" } });

export const projectChange = z
  .strictObject({
    name: name.optional(),
    displayName: line(256).nullish(),
    labels: labelsChange.optional(),
    disabled: z.boolean().optional(),
  })
  .openapi("ProjectChange");

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
