import { z } from "@hono/zod-openapi";
import { lastUsedAt } from "./primitives.ts";

/** What keys and project tokens answer alike. */

const lastUsedBy = z
  .object({ ip: z.string().nullable(), userAgent: z.string().nullable() })
  .nullable()
  .openapi({ description: "Whom the last noted use came from." });
export const usage = {
  lastUsedAt,
  lastUsedBy,
  warnings: z
    .array(z.object({ code: z.enum(["expires_soon", "expired"]), detail: z.string() }))
    .openapi({ description: "What wants doing, such as a successor 30 days before the end." }),
};
