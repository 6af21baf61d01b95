import { z } from "@hono/zod-openapi";
import { KEY_SOURCES, MODES, OPERATORS } from "../../protocol/index.ts";
import { providerChange } from "./federated_identity_provider_shapes.ts";
import { audience, id, instant, paging, permissionName, projectParams, ref, time } from "./primitives.ts";

/** The shapes of receipts, dry runs and simulations. */

export const receiptQuery = z.strictObject({
  ...paging,
  serviceAccount: z.string().min(1).max(320).optional(),
  federatedIdentityProvider: z.string().min(1).max(64).optional(),
  outcome: z.enum(["granted", "refused"]).optional(),
  reason: z.string().min(1).max(64).optional(),
  from: instant.optional(),
  until: instant.optional(),
});

const assertionTrace = z.object({
  item: z.string(),
  operator: z.enum(OPERATORS),
  value: z.unknown().openapi({ description: "What was expected." }),
  mode: z.enum(MODES).optional(),
  holds: z.boolean(),
  received: z.unknown().openapi({ description: "null where the claim was absent." }),
});

const trustTrace = z.object({
  id,
  name: z.string(),
  mode: z.enum(MODES),
  holds: z.boolean(),
  reason: z.string().nullable(),
  detail: z.string().nullable(),
  assertions: z.array(assertionTrace),
});

const nearestMiss = z
  .object({
    trustId: id,
    trustName: z.string(),
    kinds: z.array(z.string()).openapi({ example: ["sub_form"] }),
    detail: z.string(),
    patch: z.record(z.string(), z.unknown()).nullable().openapi({
      description: "JSON merge patch on the trust that would let the token in, for a person to apply.",
    }),
  })
  .openapi("NearestMiss");

export const receiptItem = z
  .object({
    id,
    projectId: id.nullable(),
    serviceAccountId: id.nullable(),
    time,
    outcome: z.enum(["granted", "refused"]),
    dryRun: z.boolean(),
    reason: z.string().nullable().openapi({ example: "assertion_failed" }),
    meaning: z.string().nullable(),
    detail: z.string().nullable(),
    stages: z.array(
      z.object({ stage: z.string(), result: z.enum(["passed", "failed", "not_reached", "not_checked"]) }),
    ),
    issuer: z.string().nullable(),
    subject: z.string().nullable(),
    kid: z.string().nullable(),
    keySource: z.enum(KEY_SOURCES).nullable(),
    signature: z.enum(["valid", "invalid", "not_checked"]),
    clock: z
      .object({ exp: z.number(), iat: z.number().optional(), nbf: z.number().optional() })
      .nullable()
      .openapi({ description: "Seconds from our clock to the token's; what has passed is negative." }),
    audience: z.array(z.string()).nullable(),
    trusts: z.array(trustTrace),
    claims: z.record(z.string(), z.unknown()).nullable(),
    claimsVerified: z.boolean().openapi({ description: "Whether the issuer's signature vouches for them." }),
    jti: z.string().nullable(),
    requestId: z.string(),
    durationMs: z.int(),
    nearestMiss: nearestMiss.nullable().optional(),
  })
  .openapi("Receipt");

export const receiptParams = z.object({ receipt: ref("id") });
export const projectReceiptParams = projectParams.extend({ receipt: ref("id") });

export const evaluationInput = z
  .strictObject({
    token: z.string().min(1).max(32_768).optional(),
    claims: z.record(z.string().max(256), z.unknown()).optional(),
    audience: audience.optional(),
    scope: z.array(permissionName).max(200).optional(),
  })
  .refine(
    ({ token, claims }) => (token === undefined) !== (claims === undefined),
    "Send token, or the claims that one would have: one of the two.",
  )
  .openapi("EvaluationInput", {
    example: {
      claims: {
        iss: "https://token.actions.githubusercontent.com",
        sub: "repo:acme/shop:ref:refs/heads/main",
        aud: "https://sts.example.com",
      },
    },
  });

const DAYS_MAX = 30;

export const simulationInput = z
  .strictObject({ change: providerChange, days: z.int().min(1).max(DAYS_MAX).optional() })
  .openapi("SimulationInput");

const replayed = z.object({
  receiptId: id,
  time,
  subject: z.string().nullable(),
  detail: z.string().nullable(),
});

export const simulationItem = z
  .object({
    replayed: z.int(),
    isTruncated: z.boolean(),
    wouldFail: z.array(replayed),
    wouldPass: z.array(replayed),
    unchanged: z.int(),
    undecided: z.int(),
  })
  .openapi("Simulation");
