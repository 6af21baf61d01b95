import { z } from "@hono/zod-openapi";
import { BODY_MAX_BYTES } from "./primitives.ts";

/** The shapes of leaked credentials: what is accepted, and what is answered. */

export const leakedCredentials = z
  .strictObject({
    credentials: z
      .array(
        z
          .string()
          .min(1)
          .max(64 * 1024),
      )
      .min(1)
      .max(100)
      .openapi({
        description: `What was found: tokens, private keys or key files, also inside other text; or SHA-256 of a token as 64 hexadecimal digits. The body as a whole has at most ${BODY_MAX_BYTES / 1024} KiB.`,
      }),
  })
  .openapi("LeakedCredentials");

export const leakReports = z
  .object({
    items: z.array(
      z.object({
        index: z.int().openapi({ description: "Which of the reported strings." }),
        recognised: z.boolean(),
        found: z.array(
          z.object({
            type: z.enum(["access_token", "project_token", "service_account_key"]),
            wasLive: z.boolean().openapi({ description: "Whether it was this report that ended it." }),
          }),
        ),
        truncated: z.boolean().openapi({
          description: "Whether the string held more than is looked at: report it again in parts.",
        }),
      }),
    ),
  })
  .openapi("LeakReports");
