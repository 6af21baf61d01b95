import { z } from "@hono/zod-openapi";
import { ACCOUNT_KEY_ALGORITHMS } from "../../keyring/index.ts";
import { id, stamps, time } from "./items.ts";
import { accountParams, instant, line, ref } from "./schemas.ts";

/** The shapes of an account's own credentials, keys and project tokens: what is accepted, and what is answered. */

const PUBLIC_KEY_MAX_CHARACTERS = 16 * 1024;

const publicKey = z
  .union([
    z.string().min(1).max(PUBLIC_KEY_MAX_CHARACTERS),
    z.record(z.string().max(64), z.unknown()).transform((jwk) => JSON.stringify(jwk)),
  ])
  .openapi({
    type: ["string", "object"],
    description:
      "Your own public key: PEM (SPKI), an X.509 certificate in PEM, or a JWK. Without it we make a pair.",
  });

export const keyInput = z
  .strictObject({
    algorithm: z
      .enum(ACCOUNT_KEY_ALGORITHMS as [(typeof ACCOUNT_KEY_ALGORITHMS)[number]])
      .optional()
      .openapi({ description: "Of the pair that we make; RSA_2048 without it." }),
    publicKey: publicKey.optional(),
    validUntil: instant.optional(),
  })
  .openapi("ServiceAccountKeyInput", { example: { algorithm: "ED25519" } });

export const keyChange = z
  .strictObject({
    active: z.boolean().optional(),
    validUntil: instant.nullish().openapi({ type: ["string", "null"], format: "date-time" }),
  })
  .openapi("ServiceAccountKeyChange");

const lastUsedBy = z
  .object({ ip: z.string().nullable(), userAgent: z.string().nullable() })
  .nullable()
  .openapi({ description: "Whom the last noted use came from." });
const usage = {
  lastUsedAt: time.nullable().openapi({ description: "Exact to a minute." }),
  lastUsedBy,
  warnings: z
    .array(z.object({ code: z.enum(["expires_soon", "expired"]), detail: z.string() }))
    .openapi({ description: "What wants doing, such as a successor 30 days before the end." }),
};

const keyTerms = {
  publicKey: z.string().openapi({ description: "PEM (SPKI)." }),
  keyType: z.literal("USER_MANAGED"),
  keyOrigin: z.enum(["GENERATED", "USER_PROVIDED"]),
  keyAlgorithm: z.string().openapi({ example: "RSA_2048" }),
};

export const keyItem = z
  .object({
    id,
    projectId: id,
    serviceAccountId: id,
    active: z.boolean(),
    ...stamps,
    validUntil: time.nullable(),
    ...keyTerms,
    ...usage,
  })
  .openapi("ServiceAccountKey");

export const keyFile = z
  .object({
    id,
    active: z.boolean(),
    createdAt: time,
    validUntil: time.optional(),
    ...keyTerms,
    credentials: z.object({
      kid: z.string(),
      iss: z.string().openapi({ description: "The account's e-mail." }),
      sub: z.string().openapi({ description: "The account's id." }),
      aud: z.string().openapi({ description: "What an assertion carries as its aud: our issuer URL." }),
      privateKey: z
        .string()
        .optional()
        .openapi({ description: "PEM (PKCS #8). Answered once, stored nowhere." }),
      tokenEndpoint: z.string(),
    }),
  })
  .openapi("ServiceAccountKeyFile");

export const keyParams = accountParams.extend({ keyId: ref("id") });

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
