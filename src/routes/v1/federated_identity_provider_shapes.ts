import { z } from "@hono/zod-openapi";
import { ASSERTIONS_MAX, MODES, OPERATORS } from "../../protocol/index.ts";
import {
  accountParams,
  claimItem,
  id,
  lastUsedAt,
  line,
  ref,
  stamps,
  time,
  tokenLifetime,
} from "./primitives.ts";

/** The shapes of federated identity providers: what is accepted, and what is answered. */

const mode = z.enum(MODES).openapi({
  description: "shadow: judged and recorded, neither granting nor refusing.",
});
const singleUse = z.boolean().openapi({ description: "Each token is good once." });
const maxTokenAge = z.int().min(1).max(604_800).openapi({ description: "Seconds since iat, at most." });
const leeway = z
  .int()
  .min(0)
  .max(300)
  .openapi({ description: "Seconds that clocks may differ; 60 without it." });
const acknowledge = z
  .array(z.string().min(1).max(64))
  .max(32)
  .openapi({ description: "Codes of findings that are meant so." });
const parameters = z
  .record(z.string().min(1).max(64), z.string().max(512))
  .openapi({ description: "What the template asks for; see GET /v1/trust-templates." });

const providerName = line(128).openapi({ example: "github-main" });
export const issuer = z
  .string()
  .min(1)
  .max(255)
  .openapi({ example: "https://token.actions.githubusercontent.com" });
const scalar = z.union([z.string().min(1).max(2048), z.number(), z.boolean()]);
const assertion = z
  .strictObject({
    item: claimItem,
    operator: z.enum(OPERATORS),
    value: z.union([scalar, z.array(scalar).min(1).max(100)]),
    mode: mode.optional(),
  })
  .openapi("ClaimAssertion", { example: { item: "repository_id", operator: "equals", value: "777001" } });
export const assertions = z.array(assertion).min(1).max(ASSERTIONS_MAX);
export const jwks = z
  .strictObject({
    keys: z
      .array(z.record(z.string().max(64), z.unknown()))
      .min(1)
      .max(100),
  })
  .openapi({ description: "The issuer's public keys, where it cannot be fetched from here (RFC 7517)." });

const judging = {
  mode: mode.optional(),
  singleUse: singleUse.optional(),
  acknowledge: acknowledge.optional(),
};

export const providerInput = z
  .strictObject({
    name: providerName.optional(),
    template: z.string().min(1).max(64).optional(),
    parameters: parameters.optional(),
    issuer: issuer.optional(),
    assertions: assertions.optional(),
    jwks: jwks.optional(),
    ...judging,
    tokenLifetime: tokenLifetime.optional(),
    maxTokenAge: maxTokenAge.optional(),
    leeway: leeway.optional(),
    disabled: z.boolean().optional(),
  })
  .superRefine((input, { addIssue }) => {
    const missing = (member: "name" | "issuer" | "assertions", expected: "string" | "array") =>
      addIssue({
        code: "invalid_type",
        expected,
        input: undefined,
        path: [member],
        message: `Invalid input: expected ${expected}, received undefined; or name a template and its parameters.`,
      });
    if (input.template === undefined) {
      if (input.name === undefined) missing("name", "string");
      if (input.issuer === undefined) missing("issuer", "string");
      if (input.assertions === undefined) missing("assertions", "array");
    }
  })
  .openapi("FederatedIdentityProviderInput", {
    example: { template: "github", parameters: { repositoryOwnerId: "4242", repositoryId: "777001" } },
  });

export const providerChange = z
  .strictObject({
    name: providerName.optional(),
    issuer: issuer.optional(),
    assertions: assertions.optional(),
    jwks: jwks.nullish(),
    ...judging,
    tokenLifetime: tokenLifetime.nullish(),
    maxTokenAge: maxTokenAge.nullish(),
    leeway: leeway.nullish(),
    learnedIds: z
      .null()
      .optional()
      .openapi({ description: "null: believe names anew, whatever ids they have now." }),
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
    mode,
    singleUse: z.boolean(),
    maxTokenAge: z.int().nullable(),
    leeway: z.int().nullable(),
    learnedIds: z
      .array(
        z.object({
          item: z.string(),
          value: z.string(),
          ids: z.record(z.string(), z.union([z.string(), z.number()])),
        }),
      )
      .openapi({ description: "The ids that names had when they were first believed." }),
    acknowledged: z.array(z.string()).openapi({ description: "Findings that somebody accepted." }),
    template: z.string().nullable(),
    breadth: z.string().openapi({
      description: "In words, whom the trust lets in.",
      example: "one branch of one repository",
    }),
    exchanges: z.int().openapi({ description: "Tokens that were got by it." }),
    refusals: z.int().openapi({ description: "Tokens of its issuer that it refused." }),
    lastRefusedAt: time.nullable(),
    ...stamps,
    lastUsedAt,
  })
  .openapi("FederatedIdentityProvider");

export const providerParams = accountParams.extend({ id: ref("id") });
