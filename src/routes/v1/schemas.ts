import { z } from "@hono/zod-openapi";
import { ACCESS_TOKEN_MAX_SECONDS, ACCESS_TOKEN_MIN_SECONDS, LABELS_MAX } from "../../protocol/index.ts";
import { isUuid } from "../../store/index.ts";

/** The shapes of `/v1`: what is accepted, and what OpenAPI says of it. */

/** Lower-case letters, digits and single hyphens, beginning with a letter: what fits an e-mail and a DNS label. */
export const name = z
  .string()
  .min(1)
  .max(63)
  .regex(
    /^[a-z](?:-?[a-z0-9])*$/,
    "Use lower-case letters, digits and single hyphens, beginning with a letter.",
  )
  .refine((text) => !isUuid(text), "A name must not have the form of an id.")
  .openapi({ example: "deployer" });

const LINE = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]*$/u;

/** One line of text for people: nothing that cannot be seen, and one spelling of what looks the same. */
export const line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(LINE, "Use plain text without control or invisible characters.")
    .refine((text) => text === text.trim() && text !== "", "Leave out white space around the text.")
    .refine((text) => text === text.normalize("NFC"), "Use composed characters (Unicode NFC).")
    // OpenAPI's patterns have no flags; without this the flag would become part of the pattern.
    .openapi({ pattern: LINE.source });

const labelKey = z
  .string()
  .max(63)
  .regex(/^[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?$/, "Use letters, digits and . _ / - inside.");
const labels = z
  .record(labelKey, line(256))
  .refine((members) => Object.keys(members).length <= LABELS_MAX, `At most ${LABELS_MAX} labels.`)
  .openapi({ example: { team: "payments" } });
const labelsChange = z
  .record(labelKey, line(256).nullable())
  .refine((members) => Object.keys(members).length <= LABELS_MAX, `At most ${LABELS_MAX} labels.`)
  .nullable();

/** An instant of the wire as integer seconds; beyond the year 9999 nothing could write it back. */
export const instant = z.iso
  .datetime({ offset: true })
  .max(40)
  .transform((text) => Math.floor(Date.parse(text) / 1000))
  .refine((seconds) => seconds >= 0 && seconds < 253402300800, "Use an instant from 1970 to 9999.")
  .openapi({ type: "string", format: "date-time", example: "2027-01-31T12:00:00Z" });

const tokenLifetime = z
  .int()
  .min(ACCESS_TOKEN_MIN_SECONDS)
  .max(ACCESS_TOKEN_MAX_SECONDS)
  .openapi({ description: "Seconds that access tokens live.", example: 900 });

export const audience = z
  .string()
  .min(1)
  .max(512)
  .regex(/^[\x21-\x7e]+$/, "Use visible ASCII characters without spaces.");
const allowedAudiences = z
  .array(audience)
  .max(50)
  .openapi({
    description: "What tokens may be asked for, besides this service.",
    example: ["https://api.example.com"],
  });

export const projectInput = z
  .strictObject({
    name,
    displayName: line(256).optional(),
    labels: labels.optional(),
    disabled: z.boolean().optional(),
  })
  .openapi("ProjectInput", { example: { name: "shop" } });

export const projectChange = z
  .strictObject({
    name: name.optional(),
    displayName: line(256).nullish(),
    labels: labelsChange.optional(),
    disabled: z.boolean().optional(),
  })
  .openapi("ProjectChange");

export const serviceAccountInput = z
  .strictObject({
    name,
    displayName: line(256).optional(),
    description: line(1024).optional(),
    owner: line(256).optional(),
    labels: labels.optional(),
    disabled: z.boolean().optional(),
    expiresAt: instant.optional(),
    allowedAudiences: allowedAudiences.optional(),
    tokenLifetime: tokenLifetime.optional(),
  })
  .openapi("ServiceAccountInput", { example: { name: "deployer", owner: "team-payments" } });

export const serviceAccountChange = z
  .strictObject({
    name: name.optional(),
    displayName: line(256).nullish(),
    description: line(1024).nullish(),
    owner: line(256).nullish(),
    labels: labelsChange.optional(),
    disabled: z.boolean().optional(),
    expiresAt: instant.nullish().openapi({ type: ["string", "null"], format: "date-time" }),
    allowedAudiences: allowedAudiences.nullish(),
    tokenLifetime: tokenLifetime.nullish(),
  })
  .openapi("ServiceAccountChange");

const providerName = line(128).openapi({ example: "github-main" });
const issuer = z.string().min(1).max(255).openapi({ example: "https://token.actions.githubusercontent.com" });
export const assertion = z
  .strictObject({
    item: z
      .string()
      .min(1)
      .max(256)
      .openapi({ description: "A claim's name, or a JSON Pointer when it begins with /." }),
    operator: z.literal("equals"),
    value: z.string().min(1).max(2048),
  })
  .openapi("ClaimAssertion", { example: { item: "repository_id", operator: "equals", value: "777001" } });
const assertions = z.array(assertion).min(1).max(50);
const jwks = z
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

const PAGE_SIZE_MAX = 200;
const pageSize = z
  .string()
  .regex(/^[1-9]\d{0,2}$/, `Use a whole number from 1 to ${PAGE_SIZE_MAX}.`)
  .transform(Number)
  .refine((size) => size <= PAGE_SIZE_MAX, `Use a whole number from 1 to ${PAGE_SIZE_MAX}.`)
  .openapi({ type: "integer", minimum: 1, maximum: PAGE_SIZE_MAX, default: 50 });

const paging = { pageSize: pageSize.optional(), pageToken: z.string().min(1).max(256).optional() };

export const pageQuery = z.strictObject(paging);

export const auditQuery = z.strictObject({
  ...paging,
  from: instant.optional(),
  until: instant.optional(),
  actor: z
    .string()
    .min(1)
    .max(512)
    .optional()
    .openapi({ description: "The actor's exact id, as events show it." }),
  action: z.string().min(1).max(64).optional(),
  outcome: z.enum(["granted", "refused"]).optional(),
  serviceAccount: z.string().min(1).max(320).optional(),
  requestId: z.string().min(1).max(64).optional(),
});

/** Beyond any project an account has no name: its id alone finds it. */
export const serviceAuditQuery = auditQuery
  .omit({ serviceAccount: true })
  .extend({ serviceAccountId: z.string().min(1).max(64).optional() });

export const ref = (description: string) => z.string().min(1).max(320).openapi({ description });
export const projectParams = z.object({ project: ref("id or name") });
export const accountParams = projectParams.extend({ serviceAccount: ref("id, e-mail or name") });
export const providerParams = accountParams.extend({ id: ref("id") });
