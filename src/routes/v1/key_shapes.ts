import { z } from "@hono/zod-openapi";
import { ACCOUNT_KEY_ALGORITHMS } from "../../keyring/index.ts";
import { usage } from "./credential_shapes.ts";
import { accountParams, id, instant, ref, stamps, time } from "./primitives.ts";

/** The shapes of an account's keys: what is accepted, and what is answered. */

const PUBLIC_KEY_MAX_CHARACTERS = 16 * 1024;

const publicKey = z
  .union([
    z.string().min(1).max(PUBLIC_KEY_MAX_CHARACTERS),
    z.record(z.string().max(64), z.unknown()).transform((jwk) => JSON.stringify(jwk)),
  ])
  .openapi({
    type: ["string", "object"],
    description:
      "Your own public key: PEM (PUBLIC KEY, that is SPKI, or RSA PUBLIC KEY), an X.509 certificate in PEM, or a JWK. Without it we make a pair.",
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
    leakedAt: time.nullable().openapi({ description: "When it was reported as leaked; it stays off then." }),
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
