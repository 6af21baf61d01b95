import { z } from "@hono/zod-openapi";
import { PERMISSIONS_MAX } from "../../protocol/index.ts";
import {
  audience,
  id,
  line,
  permissionName,
  projectParams,
  ref,
  stamps,
  tokenLifetime,
} from "./primitives.ts";

/** The shapes of resource servers: what is accepted, and what is answered. */

const name = line(128).openapi({ example: "shop-api" });
/** Absolute and without a fragment, as a client may name it in a request. @see RFC 8707 s2 */
const audienceUri = audience
  .refine((text) => URL.canParse(text), "Use an absolute URI, such as https://api.example.com.")
  .refine((text) => !text.includes("#"), "Leave out the fragment.")
  .openapi({
    description: "What tokens for this API carry as their aud.",
    example: "https://api.example.com",
  });
const serviceAccount = ref(
  "Id, e-mail or name of the account, of the same project, that the API asks us about tokens as.",
);

/** @see RFC 6749 s3.3 */
const permissions = z
  .array(z.strictObject({ name: permissionName, description: line(256) }))
  .max(PERMISSIONS_MAX)
  .openapi({ example: [{ name: "orders:write", description: "Place and change orders" }] });
const longestLife = tokenLifetime.openapi({ description: "Seconds that tokens for this API live at most." });
const signingAlgorithm = z.enum(["ES256", "RS256", "EdDSA"]).openapi({
  description: "What tokens for this API are signed with, where not with the service's own choice.",
});

export const resourceServerInput = z
  .strictObject({
    name,
    audience: audienceUri,
    serviceAccount: serviceAccount.optional(),
    permissions: permissions.optional(),
    tokenLifetime: longestLife.optional(),
    signingAlgorithm: signingAlgorithm.optional(),
  })
  .openapi("ResourceServerInput", {
    example: {
      name: "shop-api",
      audience: "https://api.example.com",
      permissions: [{ name: "orders:write", description: "Place and change orders" }],
    },
  });

export const resourceServerChange = z
  .strictObject({
    name: name.optional(),
    audience: audienceUri.optional(),
    serviceAccount: serviceAccount.nullish(),
    permissions: permissions.nullish(),
    tokenLifetime: longestLife.nullish(),
    signingAlgorithm: signingAlgorithm.nullish(),
  })
  .openapi("ResourceServerChange");

export const resourceServerItem = z
  .object({
    id,
    projectId: id,
    name: z.string(),
    audience: z.string(),
    serviceAccountId: id.nullable(),
    permissions: z.array(z.object({ name: z.string(), description: z.string() })),
    tokenLifetime: z.int().nullable(),
    signingAlgorithm: z.string().nullable(),
    ...stamps,
  })
  .openapi("ResourceServer");

export const resourceServerParams = projectParams.extend({ id: ref("id") });
