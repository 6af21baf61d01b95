import { z } from "@hono/zod-openapi";
import { isUuid } from "../../store/index.ts";
import { issuer as issuerUrl, jwks } from "./federated_identity_provider_shapes.ts";
import { claimItem, id, line, ref, stamps } from "./primitives.ts";

/** The shapes of identity providers: what is accepted, and what is answered. */

const name = line(128)
  .refine((text) => !isUuid(text), "A name must not have the form of an id.")
  .openapi({ example: "staff" });
const issuer = issuerUrl.openapi({ example: "https://login.example.com" });
/** @see OpenID Connect Core 1.0 s2 */
const audience = line(512).openapi({
  description: "Our client id there: what its ID tokens carry as their aud.",
  example: "countersign",
});
const trustsEmail = z.boolean().openapi({
  description: "Takes an e-mail for the person's own although the token does not say email_verified: true.",
});
const mapping = z
  .strictObject({ email: claimItem.optional(), name: claimItem.optional(), groups: claimItem.optional() })
  .openapi({
    description: "Which claims say what of a person; of themselves email, name and groups.",
    example: { groups: "/realm_access/roles" },
  });
const mappingChange = z.strictObject({
  email: claimItem.nullish(),
  name: claimItem.nullish(),
  groups: claimItem.nullish(),
});

export const identityProviderInput = z
  .strictObject({
    name,
    issuer,
    audience,
    mapping: mapping.optional(),
    trustsEmail: trustsEmail.optional(),
    jwks: jwks.optional(),
    disabled: z.boolean().optional(),
  })
  .openapi("IdentityProviderInput", {
    example: { name: "staff", issuer: "https://login.example.com", audience: "countersign" },
  });

export const identityProviderChange = z
  .strictObject({
    name: name.optional(),
    issuer: issuer.optional(),
    audience: audience.optional(),
    mapping: mappingChange.nullish(),
    trustsEmail: trustsEmail.optional(),
    jwks: jwks.nullish(),
    disabled: z.boolean().optional(),
  })
  .openapi("IdentityProviderChange");

export const identityProviderItem = z
  .object({
    id,
    name: z.string(),
    issuer: z.string(),
    audience: z.string(),
    mapping: z.object({ email: z.string(), name: z.string(), groups: z.string() }),
    trustsEmail: z.boolean(),
    jwks: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }).nullable(),
    disabled: z.boolean(),
    ...stamps,
  })
  .openapi("IdentityProvider");

export const identityProviderParams = z.object({ id: ref("id or name") });
