import { z } from "@hono/zod-openapi";
import { PROBLEMS } from "../../protocol/index.ts";

/** The shape of every answer that is not what was asked for. */

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
