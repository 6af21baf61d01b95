import { z } from "@hono/zod-openapi";
import { ACCESS_TOKEN_MAX_SECONDS, PERMISSIONS_MAX } from "../../protocol/index.ts";
import { audience, id, line, permissionName, time } from "./primitives.ts";

/** The shapes of impersonation: what is accepted, and what is answered. */

/** Shorter than of an account's own tokens, which clients fetch anew in time: an emergency's is used at once, by a person. */
const EMERGENCY_TOKEN_MIN_SECONDS = 60;

export const accessTokenInput = z
  .strictObject({
    reason: line(512).openapi({ description: "Why you act as this account; it stands in the record." }),
    audience: audience.optional().openapi({
      description: "An API's audience, or a URI below it; this service without it.",
    }),
    scope: z.array(permissionName).min(1).max(PERMISSIONS_MAX).optional(),
    tokenLifetime: z.int().min(EMERGENCY_TOKEN_MIN_SECONDS).max(ACCESS_TOKEN_MAX_SECONDS).optional(),
  })
  .openapi("AccessTokenInput", { example: { reason: "INC-4711: replay the stuck orders" } });

export const accessTokenItem = z
  .object({
    id: id.openapi({ description: "Its jti." }),
    accessToken: z.string(),
    tokenType: z.literal("Bearer"),
    expiresIn: z.int(),
    expiresAt: time,
    audience: z.string(),
    scope: z.array(z.string()),
  })
  .openapi("AccessToken");
