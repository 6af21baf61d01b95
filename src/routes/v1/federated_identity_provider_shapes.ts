import { z } from "@hono/zod-openapi";
import { accountParams, claimItem, id, lastUsedAt, line, ref, stamps, tokenLifetime } from "./primitives.ts";

/** The shapes of federated identity providers: what is accepted, and what is answered. */

const providerName = line(128).openapi({ example: "github-main" });
export const issuer = z
  .string()
  .min(1)
  .max(255)
  .openapi({ example: "https://token.actions.githubusercontent.com" });
const assertion = z
  .strictObject({
    item: claimItem,
    operator: z.literal("equals"),
    value: z.string().min(1).max(2048),
  })
  .openapi("ClaimAssertion", { example: { item: "repository_id", operator: "equals", value: "777001" } });
export const assertions = z.array(assertion).min(1).max(50);
export const jwks = z
  .strictObject({
    keys: z
      .array(z.record(z.string().max(64), z.unknown()))
      .min(1)
      .max(100),
  })
  .openapi({ description: "The issuer's public keys, where it cannot be fetched from here (RFC 7517)." });

export const providerInput = z
  .strictObject({
    name: providerName,
    issuer,
    assertions,
    jwks: jwks.optional(),
    tokenLifetime: tokenLifetime.optional(),
    disabled: z.boolean().optional(),
  })
  .openapi("FederatedIdentityProviderInput");

export const providerChange = z
  .strictObject({
    name: providerName.optional(),
    issuer: issuer.optional(),
    assertions: assertions.optional(),
    jwks: jwks.nullish(),
    tokenLifetime: tokenLifetime.nullish(),
    disabled: z.boolean().optional(),
  })
  .openapi("FederatedIdentityProviderChange");

export const providerItem = z
  .object({
    id,
    projectId: id,
    serviceAccountId: id,
    name: z.string(),
    issuer: z.string(),
    assertions: z.array(assertion),
    jwks: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }).nullable(),
    tokenLifetime: z.int().nullable(),
    disabled: z.boolean(),
    ...stamps,
    lastUsedAt,
  })
  .openapi("FederatedIdentityProvider");

export const providerParams = accountParams.extend({ id: ref("id") });
