import { z } from "@hono/zod-openapi";
import { time } from "./primitives.ts";

/** The shape of a signing key: its state, never the key. */

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
