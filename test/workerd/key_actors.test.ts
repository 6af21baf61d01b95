import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import {
  assertionOf,
  CLIENT_ASSERTION,
  givenKey,
  introspect,
  JWT_BEARER,
  keyFlow,
  lastEvent,
  post,
} from "./credentials.ts";
import { exchangeOf, startService } from "./harness.ts";
import { givenNeighbour } from "./own_keys.ts";

/** Keys from their owner's side: what a token got by a key may do to keys, and what is known of a key's use. */

const service = startService();
let given: Awaited<ReturnType<typeof givenKey>>;
let token: string;
beforeEach(async () => {
  given = await givenKey(service);
  token = (await keyFlow(service, await assertionOf(given.file))).body.access_token;
});

const textOf = async (answer: Response) => new TextDecoder().decode(await answer.arrayBuffer());

describe("an account cannot prolong itself", () => {
  const as = (method: string, path: string, body?: unknown) =>
    service.call(method, path, body, { authorization: `Bearer ${token}` });
  type Place = (keys: string, id: string) => string;
  const all: Place = (keys) => keys;
  const one: Place = (keys, id) => `${keys}/${id}`;

  it.each<[string, string, Place, unknown, string]>([
    ["by another key", "POST", all, { algorithm: "ED25519" }, "create"],
    ["by a later end", "PATCH", one, { validUntil: null }, "update"],
    ["by switching a key on", "PATCH", one, { active: true }, "update"],
  ])("%s: it is not there", async (_name, method, place, body, verb) => {
    const { status, body: problem } = await as(method, place(given.keys, given.file.id), body);
    expect([status, problem.code]).toEqual([404, "not_found"]);
    expect(await lastEvent(service, given.project)).toMatchObject({
      reason: "not_found",
      action: `service_account_key.${verb}`,
      actor: { type: "service_account", id: given.account.id },
      serviceAccountId: given.account.id,
    });
    expect((await service.call("GET", given.keys)).body.items).toHaveLength(1);
  });

  it("and reads and deletes no key without a permission, its own or others'", async () => {
    const neighbour = await givenNeighbour(service, given.accounts);
    const stranger = await givenKey(service);
    const own = [await as("GET", given.keys), await as("DELETE", `${given.keys}/${given.file.id}`)];
    expect(own.map(({ status }) => status)).toEqual([403, 403]);
    const told = new Set<string>();
    for (const { keys, file } of [neighbour, stranger]) {
      const attempts = [
        ["GET", keys],
        ["GET", `${keys}/${file.id}`],
        ["DELETE", `${keys}/${file.id}`],
        ["POST", keys],
      ];
      for (const [method = "", path = ""] of attempts) {
        const { status, body } = await as(method, path, method === "POST" ? {} : undefined);
        expect([method, path, status]).toEqual([method, path, 404]);
        told.add(JSON.stringify({ ...body, requestId: "" }));
      }
      expect((await service.call("GET", `${keys}/${file.id}`)).status).toBe(200);
    }
    expect(told.size).toBe(1);
    expect(await lastEvent(service, stranger.project)).toBeUndefined();
  });
});

describe("a use is a use wherever it is", () => {
  it.each(["introspect", "revoke"])("at %s: the key says when and by whom", async (endpoint) => {
    const second = (await service.call("POST", given.keys, { algorithm: "ED25519" })).body;
    const client = { client_assertion_type: CLIENT_ASSERTION, client_assertion: await assertionOf(second) };
    expect((await post(service, `/oauth/v2/${endpoint}`, { token: "x", ...client })).status).toBe(200);
    const { body } = await service.call("GET", `${given.keys}/${second.id}`);
    expect(body.lastUsedAt).not.toBeNull();
  });
});

describe("a key that was given an earlier end", () => {
  it("leaves no token behind that outlives it", async () => {
    const validUntil = new Date(Date.now() + 1500).toISOString();
    expect((await service.call("PATCH", `${given.keys}/${given.file.id}`, { validUntil })).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(await introspect(service, token, env.BOOTSTRAP_TOKEN)).toEqual({ active: false });
  });
});

describe("a token of ours is no assertion", () => {
  /** By grant: a token exchange takes our access tokens, of those who may impersonate the account. */
  const presented: [string, () => Promise<string>, readonly [string, string, string]][] = [
    [
      "an access token",
      async () => (await keyFlow(service, await assertionOf(given.file))).body.access_token,
      ["issuer_not_trusted", "impersonation_not_granted", "issuer_not_trusted"],
    ],
    [
      "the feed of revoked tokens",
      async () => textOf(await service.fetch("/oauth/v2/revoked-tokens")),
      ["token_type_not_allowed", "token_type_not_allowed", "token_type_not_allowed"],
    ],
  ];
  it.each(presented)("%s", async (_name, make, reasons) => {
    const token = await make();
    expect(token.split(".")).toHaveLength(3);
    const alone = await keyFlow(service, token);
    expect([alone.status, alone.body.error]).toEqual([400, "invalid_request"]);
    expect(alone.body.error_description).toContain("client_id is missing");
    const named = { client_id: given.account.email };
    const forms = [
      { grant_type: JWT_BEARER, assertion: token, ...named },
      exchangeOf(token, given.account.email),
      {
        grant_type: "client_credentials",
        client_assertion_type: CLIENT_ASSERTION,
        client_assertion: token,
        ...named,
      },
    ];
    for (const [index, form] of forms.entries()) {
      const { status, body } = await service.exchange(form as Record<string, string>);
      expect([400, 401]).toContain(status);
      expect(body).not.toHaveProperty("access_token");
      expect(await lastEvent(service, given.project)).toMatchObject({
        reason: reasons[index],
        serviceAccountId: given.account.id,
      });
    }
  });

  it("nor is an assertion a token of ours", async () => {
    const assertion = await assertionOf(given.file, {}, { typ: "at+jwt" });
    expect(await introspect(service, assertion, env.BOOTSTRAP_TOKEN)).toEqual({ active: false });
    const headers = { authorization: `Bearer ${assertion}` };
    expect((await service.fetch(given.keys, { headers })).status).toBe(401);
  });
});
