import { z } from "@hono/zod-openapi";
import { audience, id, line, projectParams, ref, stamps } from "./primitives.ts";

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

export const resourceServerInput = z
  .strictObject({ name, audience: audienceUri, serviceAccount: serviceAccount.optional() })
  .openapi("ResourceServerInput", { example: { name: "shop-api", audience: "https://api.example.com" } });

export const resourceServerChange = z
  .strictObject({
    name: name.optional(),
    audience: audienceUri.optional(),
    serviceAccount: serviceAccount.nullish(),
  })
  .openapi("ResourceServerChange");

export const resourceServerItem = z
  .object({
    id,
    projectId: id,
    name: z.string(),
    audience: z.string(),
    serviceAccountId: id.nullable(),
    ...stamps,
  })
  .openapi("ResourceServer");

export const resourceServerParams = projectParams.extend({ id: ref("id") });
