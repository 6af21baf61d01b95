import { z } from "@hono/zod-openapi";
import { claimItem, id, line, projectParams, ref, time } from "./primitives.ts";

/** The shapes of taking back: what is accepted, and what is answered. */

const credentialId = (description: string) => z.string().min(1).max(64).openapi({ description });
const foreign = z.string().min(1).max(1024);
const claims = z
  .array(
    z
      .strictObject({
        item: claimItem,
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
  keyId: credentialId("Got by this key of an account, also when it is deleted by now.").optional(),
  projectTokenId: credentialId(
    "This project token and what was got by it, also when it is deleted by now.",
  ).optional(),
  federatedIdentityProviderId: credentialId("Got by this trust, also when it is deleted by now.").optional(),
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

const taken = {
  criteria: z.object({ ...criteria, serviceAccountId: id.optional() }),
  accessTokens: z.int(),
  projectTokens: z.int(),
};

export const revocationItem = z
  .object({
    id,
    projectId: id,
    ...taken,
    reason: z.string().nullable(),
    dryRun: z.literal(false),
    createdAt: time,
  })
  .openapi("Revocation");

export const revocationPreview = z
  .object({ ...taken, dryRun: z.literal(true) })
  .openapi("RevocationPreview", { description: "What a revocation by these criteria would take now." });

export const revocationParams = projectParams.extend({ id: ref("id") });
