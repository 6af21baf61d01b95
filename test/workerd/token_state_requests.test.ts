import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { assertionOf, CLIENT_ASSERTION, lastEvent } from "./credentials.ts";
import { issuer, startService } from "./harness.ts";
import {
  givenHolder,
  givenHome,
  givenProjectToken,
  type Holder,
  type Home,
  must,
  stateOf,
  tokenByKey,
} from "./token_holders.ts";

let shiftMs = 0;
const service = startService({ nowMs: () => Date.now() + shiftMs });
const BOOTSTRAP = `Bearer ${env.BOOTSTRAP_TOKEN}`;
const ENDPOINTS = ["/oauth/v2/introspect", "/oauth/v2/revoke"];

let home: Home;
let holder: Holder;
let token: string;
beforeAll(async () => {
  home = await givenHome(service);
  holder = await givenHolder(service, home);
  token = await tokenByKey(service, holder);
});

/** @param form a Record, or the encoded text itself */
async function ask(
  path: string,
  form: Record<string, string> | string,
  headers: Record<string, string> = {},
  method = "POST",
) {
  const body = typeof form === "string" ? form : new URLSearchParams(form).toString();
  const type = { "content-type": "application/x-www-form-urlencoded" };
  const init = { method, headers: { ...type, ...headers }, ...(method === "GET" ? {} : { body }) };
  const response = await service.fetch(path, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? {} : JSON.parse(text) };
}

const asClient = (assertion: string, more: Record<string, string> = {}) => ({
  client_assertion_type: CLIENT_ASSERTION,
  client_assertion: assertion,
  ...more,
});
const bearer = (text: string) => ({ authorization: `Bearer ${text}` });

type Asked = readonly [form: Record<string, string>, headers?: Record<string, string>];

describe.each(ENDPOINTS)("%s: who does not say who it is, is 401 invalid_client", (path) => {
  it.each<readonly [string, () => Asked | Promise<Asked>]>([
    ["nobody", () => [{}]],
    ["client_id alone", () => [{ client_id: holder.email }]],
    ["client_id and client_secret", () => [{ client_id: holder.email, client_secret: "guessed" }]],
    ["Basic", () => [{}, { authorization: `Basic ${btoa("a:b")}` }]],
    [
      "Basic with the bootstrap token",
      () => [{}, { authorization: `Basic ${btoa(`:${env.BOOTSTRAP_TOKEN}`)}` }],
    ],
    ["the bootstrap token without a scheme", () => [{}, { authorization: env.BOOTSTRAP_TOKEN }]],
    ["another scheme", () => [{}, { authorization: `Token ${env.BOOTSTRAP_TOKEN}` }]],
    ["a bearer of garbage", () => [{}, bearer("garbage")]],
    ["an empty bearer", () => [{}, { authorization: "Bearer " }]],
    ["the bootstrap token cut by a character", () => [{}, bearer(env.BOOTSTRAP_TOKEN.slice(0, -1))]],
    ["two bearers in one header", () => [{}, bearer(`${env.BOOTSTRAP_TOKEN}, Bearer ${token}`)]],
    ["a token with a character more", () => [{}, bearer(`${token}A`)]],
    [
      "a foreign CI token as bearer",
      async () => [{}, bearer(await issuer.token({ repository_id: "777001" }, service.url))],
    ],
    [
      "a token for another audience",
      async () => {
        const audience = "https://api.example.com";
        const other = await givenHolder(service, home, { allowedAudiences: [audience] });
        return [{}, bearer(await tokenByKey(service, other, { audience }))];
      },
    ],
    [
      "a revoked token",
      async () => {
        const own = await tokenByKey(service, holder);
        await ask("/oauth/v2/revoke", { token: own }, bearer(own));
        return [{}, bearer(own)];
      },
    ],
    [
      "a disabled account's token",
      async () => {
        const other = await givenHolder(service, home);
        const { text } = await givenProjectToken(service, other);
        await must(service, "PATCH", other.path, { disabled: true });
        return [{}, bearer(text)];
      },
    ],
    ["an assertion without its type", async () => [{ client_assertion: await assertionOf(holder.key) }]],
    [
      "an assertion under an unknown type",
      async () => [{ ...asClient(await assertionOf(holder.key)), client_assertion_type: "urn:jwt" }],
    ],
    ["a garbled assertion", () => [asClient("a.b.c", { client_id: holder.email })]],
    [
      "an assertion for another audience",
      async () => [asClient(await assertionOf(holder.key, { aud: "https://elsewhere.example" }))],
    ],
    ["an expired assertion", async () => [asClient(await assertionOf(holder.key, { iat: 1, exp: 601 }))]],
    ["an assertion without jti", async () => [asClient(await assertionOf(holder.key, { jti: undefined }))]],
    [
      "an assertion in another account's name",
      async () => [
        asClient(await assertionOf(holder.key), { client_id: (await givenHolder(service, home)).email }),
      ],
    ],
    [
      "an assertion of a key that is switched off",
      async () => {
        const other = await givenHolder(service, home);
        await must(service, "PATCH", other.keyPath, { active: false });
        return [asClient(await assertionOf(other.key))];
      },
    ],
  ])("%s", async (_name, asked) => {
    const [form, headers] = await asked();
    const answer = await ask(path, { token, ...form }, headers);
    expect([answer.status, answer.body.error]).toEqual([401, "invalid_client"]);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(Object.keys(answer.body).sort()).toEqual(["error", "error_description"]);
    expect(JSON.parse(await stateOf(service, token, env.BOOTSTRAP_TOKEN)).active).toBe(true);
    const challenge = answer.headers.get("www-authenticate");
    // oauth4webapi, and so openid-client, reads no error past a challenge that it did not ask for.
    if ("client_assertion" in form) expect(challenge).toBeNull();
    else expect(challenge, "RFC 9110 s15.5.2").toMatch(/^(?:Bearer|Basic) realm=/);
  });

  it("a used client_assertion, and its owner's record says why", async () => {
    const form = { token: "garbage", ...asClient(await assertionOf(holder.key)) };
    expect((await ask(path, form)).status).toBe(200);
    const again = await ask(path, form);
    expect([again.status, again.body.error]).toEqual([401, "invalid_client"]);
    expect(await lastEvent(service, home.name)).toMatchObject({
      action: "client.authenticate",
      reason: "assertion_replayed",
      serviceAccountId: holder.id,
    });
  });

  it("an expired access token", async () => {
    const own = await tokenByKey(service, holder);
    shiftMs = 3601_000;
    const { status, body } = await ask(path, { token: own }, bearer(own));
    shiftMs = 0;
    expect([status, body.error]).toEqual([401, "invalid_client"]);
  });
});

describe.each(ENDPOINTS)("%s: a request that is none is 400 invalid_request", (path) => {
  const auth = { authorization: BOOTSTRAP };
  it.each<readonly [string, string, () => string, Record<string, string>]>([
    ["no token", "", () => "", auth],
    ["an empty token", "", () => "token=", auth],
    ["token twice", "", () => `token=${token}&token=${token}`, auth],
    ["token_type_hint twice", "", () => `token=${token}&token_type_hint=a&token_type_hint=a`, auth],
    ["token in the URL", "?token=abc", () => `token=${token}`, auth],
    ["token in the URL alone", "?token=abc", () => "", auth],
    ["client_assertion in the URL", "?client_assertion=abc", () => `token=${token}`, auth],
    [
      "65 parameters",
      "",
      () => `token=${token}${Array.from({ length: 64 }, (_, index) => `&p${index}=1`).join("")}`,
      auth,
    ],
    ["half a percent-encoding", "", () => "token=%ff%fe", auth],
    ["JSON", "", () => JSON.stringify({ token }), { ...auth, "content-type": "application/json" }],
    ["no media type that is a form", "", () => `token=${token}`, { ...auth, "content-type": "text/plain" }],
    [
      "bearer and client_assertion",
      "",
      () =>
        `token=${token}&client_assertion_type=${encodeURIComponent(CLIENT_ASSERTION)}&client_assertion=a.b.c`,
      auth,
    ],
  ])("%s", async (_name, query, form, headers) => {
    const answer = await ask(`${path}${query}`, form(), headers);
    expect([answer.status, answer.body.error]).toEqual([400, "invalid_request"]);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(JSON.stringify(answer.body)).not.toContain(token.slice(0, 40));
    expect(JSON.parse(await stateOf(service, token, env.BOOTSTRAP_TOKEN)).active).toBe(true);
  });

  it("bearer and a good client_assertion: which is not spent", async () => {
    const assertion = await assertionOf(holder.key);
    const both = await ask(path, { token, ...asClient(assertion) }, auth);
    expect([both.status, both.body.error]).toEqual([400, "invalid_request"]);
    expect((await ask(path, { token: "garbage", ...asClient(assertion) })).status).toBe(200);
  });

  it.each(["GET", "PUT", "PATCH", "DELETE"])("%s is 405 and says what is taken", async (method) => {
    const answer = await ask(path, "", auth, method);
    expect([answer.status, answer.body.error, answer.headers.get("allow")]).toEqual([
      405,
      "invalid_request",
      "POST",
    ]);
  });

  it("over 128 KiB is 413, at it is not", async () => {
    const filled = (bytes: number) => `token=${"a".repeat(bytes - "token=".length)}`;
    const over = await ask(path, filled(128 * 1024 + 1), auth);
    expect([over.status, over.body.error]).toEqual([413, "invalid_request"]);
    expect((await ask(path, filled(128 * 1024), auth)).status).toBe(200);
  });

  it("a chunked body without a length is bounded as well", async () => {
    const chunk = new TextEncoder().encode("a".repeat(64 * 1024));
    const body = new ReadableStream({
      start(controller) {
        for (let index = 0; index < 3; index++) controller.enqueue(chunk);
        controller.close();
      },
    });
    const headers = { ...auth, "content-type": "application/x-www-form-urlencoded" };
    const response = await service.fetch(path, {
      method: "POST",
      headers,
      body,
      duplex: "half",
    } as RequestInit);
    expect(response.status).toBe(413);
  });
});
