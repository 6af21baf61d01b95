import { z } from "@hono/zod-openapi";
import { id, time } from "./items.ts";
import { line, projectParams, ref } from "./schemas.ts";

/** The shapes of taking back: what is accepted, and what is answered. */

const credentialId = z.string().min(1).max(64);
const foreign = z.string().min(1).max(1024);
const claims = z
  .array(
    z
      .strictObject({
        item: z
          .string()
          .min(1)
          .max(256)
          .openapi({ description: "A claim's name, or a JSON Pointer when it begins with /." }),
        value: z.union([z.string().min(1).max(2048), z.number(), z.boolean()]),
      })
      .openapi({ example: { item: "repository_id", value: "777001" } }),
  )
  .min(1)
  // A statement of the database has at most a hundred parameters.
  .max(8)
  .openapi({ description: "Claims of the foreign token behind them, compared as a trust's equals does." });

const criteria = {
  all: z.literal(true).optional().openapi({ description: "The whole project; stands alone." }),
  keyId: credentialId.optional(),
  projectTokenId: credentialId.optional(),
  federatedIdentityProviderId: credentialId.optional(),
  issuer: foreign.optional().openapi({ description: "iss of the foreign token behind them." }),
  issuerKeyId: foreign.optional().openapi({ description: "kid that signed the foreign token behind them." }),
  claims: claims.optional(),
};

export const revocationInput = z
  .strictObject({
    ...criteria,
    serviceAccount: ref("id, e-mail or name").optional(),
    reason: line(512).optional(),
    dryRun: z.boolean().optional().openapi({ description: "Only say how many tokens it would take." }),
  })
  .openapi("RevocationInput", {
    description: "Which live tokens: those for which all criteria hold.",
    example: { claims: [{ item: "repository_id", value: "777001" }], reason: "INC-42", dryRun: true },
  });

export const revocationItem = z
  .object({
    id: id.optional().openapi({ description: "Absent in a dry run, as are the project, reason and time." }),
    projectId: id.optional(),
    criteria: z.object({ ...criteria, serviceAccountId: id.optional() }),
    reason: z.string().nullish(),
    dryRun: z.boolean(),
    accessTokens: z.int(),
    projectTokens: z.int(),
    createdAt: time.optional(),
  })
  .openapi("Revocation");

export const revocationParams = projectParams.extend({ id: ref("id") });

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
        description:
          "What was found: tokens, private keys or key files, also inside other text; or SHA-256 of a token as 64 hexadecimal digits.",
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
      }),
    ),
  })
  .openapi("LeakReports");
