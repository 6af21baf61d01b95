import { z } from "@hono/zod-openapi";
import type { Deps } from "../../deps.ts";
import { createKey, deleteKey, getKey, listKeys, publicKeysOf, updateKey } from "../../directory/index.ts";
import { answerCreated, answerEmpty, answerJson, answerStored } from "./answers.ts";
import { mount, pageOfQuery, type V1Routes } from "./endpoint.ts";
import { keyChange, keyFile, keyInput, keyItem, keyParams } from "./key_shapes.ts";
import { accountParams, pageQuery, ref } from "./primitives.ts";
import { createdAnswer, emptyAnswer, pageAnswer, storedAnswer } from "./responses.ts";

const tag = "keys";
const path = "/v1/projects/{project}/service-accounts/{serviceAccount}/keys";
const collection = { path, tag, params: accountParams };
const member = { path: `${path}/{keyId}`, tag, params: keyParams };
const one = storedAnswer("The key", keyItem);

const create = {
  ...collection,
  method: "post",
  permission: "service-account-keys:create",
  summary: "Register a key, yours or one that we make; answers the key file of the STACKIT SDKs",
  body: keyInput,
  answer: createdAnswer("The key file, with the private key where we made it", keyFile),
} as const;
const list = {
  ...collection,
  method: "get",
  permission: "service-account-keys:read",
  summary: "List an account's keys, and who used which last",
  query: pageQuery,
  answer: pageAnswer("A page of keys", keyItem),
} as const;
const get = {
  ...member,
  method: "get",
  permission: "service-account-keys:read",
  summary: "Get a key",
  answer: one,
} as const;
const change = {
  ...member,
  method: "patch",
  permission: "service-account-keys:update",
  summary: "Switch a key on or off, change its validUntil (JSON merge patch)",
  body: keyChange,
  isConditional: true,
  answer: one,
} as const;
const remove = {
  ...member,
  method: "delete",
  permission: "service-account-keys:delete",
  summary: "Delete a key; tokens that were got by it are revoked",
  isConditional: true,
  answer: emptyAnswer("Deleted"),
} as const;

export function keyRoutes(routes: V1Routes, deps: Deps): void {
  mount(routes, deps, create, async (c, { context, params, body }) =>
    answerCreated(c, await createKey(context, params, body)),
  );
  mount(routes, deps, list, async (c, { context, params, query }) =>
    answerJson(c, await listKeys(context, params, pageOfQuery(query))),
  );
  mount(routes, deps, get, async (c, { context, params }) =>
    answerStored(c, await getKey(context, keyRef(params))),
  );
  mount(routes, deps, change, async (c, { context, params, body, ifMatch }) =>
    answerStored(c, await updateKey(context, keyRef(params), { change: body, ifMatch })),
  );
  mount(routes, deps, remove, async (c, { context, params, ifMatch }) =>
    answerEmpty(c, await deleteKey(context, keyRef(params), ifMatch)),
  );
}

/** STACKIT's paths call a key's id `keyId`. */
function keyRef({ keyId, ...account }: z.output<typeof keyParams>) {
  return { ...account, id: keyId };
}

/** How long anybody may keep an account's key set; we ourselves read the database. */
const ACCOUNT_JWKS_MAX_AGE_SECONDS = 60;

const keySet = {
  method: "get",
  permission: null,
  path: "/v1/service-accounts/{email}/jwks.json",
  tag,
  summary: "The public keys that an account signs with (RFC 7517); empty where there is no such account",
  isPublic: true,
  params: z.object({ email: ref("e-mail") }),
  answer: {
    status: 200,
    description: "The key set",
    schema: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }),
  },
} as const;

/** Stands before authentication: whoever verifies an account's signature needs no credential for it. */
export function accountKeySetRoute(routes: V1Routes, deps: Deps): void {
  mount(routes, deps, keySet, async (c, { context, params }) => {
    c.header("Cache-Control", `public, max-age=${ACCOUNT_JWKS_MAX_AGE_SECONDS}`);
    return c.json({ keys: await publicKeysOf(context, params.email) });
  });
}
