import { z } from "@hono/zod-openapi";
import { ACCESS_TOKEN_MAX_SECONDS, ACCESS_TOKEN_MIN_SECONDS, LABELS_MAX } from "../../protocol/index.ts";
import { isUuid } from "../../store/index.ts";

/** What the shapes of `/v1` are made of: what validates, and what OpenAPI says of it. */

/** Largest body: a key set of a hundred keys, and room beside it. */
export const BODY_MAX_BYTES = 256 * 1024;

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
export const labels = z
  .record(labelKey, line(256))
  .refine((members) => Object.keys(members).length <= LABELS_MAX, `At most ${LABELS_MAX} labels.`)
  .openapi({ example: { team: "payments" } });
export const labelsChange = z
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

export const tokenLifetime = z
  .int()
  .min(ACCESS_TOKEN_MIN_SECONDS)
  .max(ACCESS_TOKEN_MAX_SECONDS)
  .openapi({ description: "Seconds that access tokens live.", example: 900 });

export const audience = z
  .string()
  .min(1)
  .max(512)
  .regex(/^[\x21-\x7e]+$/, "Use visible ASCII characters without spaces.");

/** A scope token that is easy to read: letters and digits, `.`, `_`, `-`, `/` and `:` inside. @see RFC 6749 s3.3 */
export const permissionName = z
  .string()
  .max(128)
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9._/:-]*[A-Za-z0-9])?$/,
    "Use letters, digits and . _ / : - inside, without spaces.",
  )
  .openapi({ example: "orders:write" });

/** Where a claim lies, in a trust's assertion and in a revocation's criterion. */
export const claimItem = z
  .string()
  .min(1)
  .max(256)
  .openapi({ description: "A claim's name, or a JSON Pointer when it begins with /." });

/** An instant as it is answered. */
export const time = z.string().openapi({ format: "date-time" });
export const id = z.string().openapi({ example: "0199c3d2-5b7a-7c1e-9f40-2a6d1c3e8b75" });
export const stamps = { createdAt: time, updatedAt: time };
export const lastUsedAt = time.nullable().openapi({ description: "Exact to a minute." });

const PAGE_SIZE_MAX = 200;
const pageSize = z
  .string()
  .regex(/^[1-9]\d{0,2}$/, `Use a whole number from 1 to ${PAGE_SIZE_MAX}.`)
  .transform(Number)
  .refine((size) => size <= PAGE_SIZE_MAX, `Use a whole number from 1 to ${PAGE_SIZE_MAX}.`)
  .openapi({ type: "integer", minimum: 1, maximum: PAGE_SIZE_MAX, default: 50 });

export const paging = { pageSize: pageSize.optional(), pageToken: z.string().min(1).max(256).optional() };

export const pageQuery = z.strictObject(paging);

/** What a caller says that he knows, when he deletes what others hang on. */
const acknowledged = z
  .literal("last_owner")
  .transform((code) => [code])
  .openapi({ type: "string", enum: ["last_owner"], description: "Leave the project without an owner." });
const cascade = z
  .enum(["true", "false"])
  .transform((text) => text === "true")
  .openapi({ type: "boolean", description: "Take along the role bindings that hang on it." });

export const acknowledgeQuery = z.strictObject({ acknowledge: acknowledged.optional() });
export const cascadeQuery = z.strictObject({ cascade: cascade.optional() });
export const cascadeAndAcknowledgeQuery = cascadeQuery.extend(acknowledgeQuery.shape);

export const ref = (description: string) => z.string().min(1).max(320).openapi({ description });
export const projectParams = z.object({ project: ref("id or name") });
export const accountParams = projectParams.extend({ serviceAccount: ref("id, e-mail or name") });
