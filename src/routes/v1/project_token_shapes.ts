import { z } from "@hono/zod-openapi";
import { usage } from "./credential_shapes.ts";
import { accountParams, id, instant, line, ref, stamps, time } from "./primitives.ts";

/** The shapes of project tokens: what is accepted, and what is answered. */

const tokenName = line(128).openapi({ example: "nightly-backup" });

export const projectTokenInput = z
  .strictObject({ name: tokenName, expiresAt: instant.optional() })
  .openapi("ProjectTokenInput", { example: { name: "nightly-backup" } });

export const projectTokenChange = z
  .strictObject({ name: tokenName.optional() })
  .openapi("ProjectTokenChange");

export const projectTokenItem = z
  .object({
    id,
    projectId: id,
    serviceAccountId: id,
    name: z.string(),
    ...stamps,
    issuedAt: time,
    expiresAt: time,
    ...usage,
  })
  .openapi("ProjectToken");

export const projectTokenWithToken = projectTokenItem
  .extend({ token: z.string().openapi({ description: "The token itself. Answered once, stored nowhere." }) })
  .openapi("ProjectTokenWithToken");

export const projectTokenParams = accountParams.extend({ id: ref("id") });
