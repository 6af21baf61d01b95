import { decodeJwt, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { VerifyOptions } from "../../examples/verify_with_feed.ts";
import { type LocalWorker, startLocalWorker } from "../../scripts/local_worker.ts";
import { givenKey } from "./accounts.ts";
import { answering, down, FEED_PATH, startApi } from "./offline_api.ts";
import { readKeyFile } from "./stackit_key_file.ts";
import { signAssertion } from "./stackit_sdk.ts";

const AUDIENCE = "https://api.example.com";
const INVALID =
  'Bearer error="invalid_token", error_description="Expired, revoked, or not a token for this API."';

let service: LocalWorker;
let keyFile: string;
beforeAll(async () => {
  service = await startLocalWorker();
  keyFile = (await givenKey(service, {}, { allowedAudiences: [AUDIENCE] })).text;
});
afterAll(() => service.close());

const api = (options: Partial<VerifyOptions> = {}) => startApi(service.url, AUDIENCE, options);

/** An access token, got by the key flow. */
async function tokenFor(audience: string): Promise<string> {
  const assertion = signAssertion("go", readKeyFile("go", keyFile));
  const form = { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion, audience };
  const answer = await post("/oauth/v2/token", form);
  return String(((await answer.json()) as { access_token: string }).access_token);
}

const revoke = (token: string) => post("/oauth/v2/revoke", { token }, `Bearer ${service.bootstrapToken}`);

async function post(path: string, form: Record<string, string>, authorization?: string): Promise<Response> {
  const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
  const body = new URLSearchParams(form);
  const answer = await fetch(`${service.url}${path}`, { method: "POST", headers, body });
  if (answer.status !== 200) throw new Error(await answer.text());
  return answer;
}

const feedText = async () => (await fetch(`${service.url}${FEED_PATH}`)).text();

/** Signed with somebody else's key, under the name of ours. */
async function forge(claims: JWTPayload, typ: string): Promise<string> {
  const { privateKey } = await generateKeyPair("ES256");
  const set = await (await fetch(`${service.url}/.well-known/jwks.json`)).json();
  const { kid } = (set as { keys: [{ kid: string }] }).keys[0];
  return new SignJWT(claims).setProtectedHeader({ alg: "ES256", typ, kid }).sign(privateKey);
}

describe("a token", () => {
  it("of ours is accepted, and the handler has its claims", async () => {
    const token = await tokenFor(AUDIENCE);
    const answer = await api().get(`bearer ${token}`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual(decodeJwt(token));
  });

  it("of another project that registered the same audience is refused, where the API names its own", async () => {
    const token = await tokenFor(AUDIENCE);
    const { project_id: projectId } = decodeJwt(token) as { project_id: string };
    expect(await api({ projectId }).show(token)).toBe(200);
    expect(await api({ projectId: crypto.randomUUID() }).show(token)).toBe(401);
  });

  it.each([
    ["nothing", undefined],
    ["Basic", "Basic YTpi"],
    ["two words", "Bearer a b"],
    ["no token after the word", "Bearer "],
  ])("is asked for without a reason where there is %s", async (_name, authorization) => {
    const answer = await api().get(authorization);
    expect([answer.status, answer.headers.get("WWW-Authenticate")]).toEqual([401, "Bearer"]);
  });

  const b64 = (text: string) => Buffer.from(text).toString("base64url");
  it.each<[string, (token: string) => string | Promise<string>]>([
    ["garbage", () => "garbage"],
    ["with another signature", (token) => `${token.slice(0, -20)}${b64("fifteen letters")}`],
    ["with other claims", (token) => token.replace(/\.[^.]+\./, `.${b64('{"sub":"x"}')}.`)],
    ["of another typ, the feed itself", () => feedText()],
    ["for another audience", () => tokenFor(service.url)],
    ["signed by somebody else", (token) => forge(decodeJwt(token), "at+jwt")],
    ["signed by nobody", (token) => `${b64('{"alg":"none","typ":"at+jwt"}')}.${token.split(".")[1]}.`],
  ])("%s is refused, and no feed is asked for it", async (_name, spoil) => {
    const { get, asked } = api();
    const answer = await get(`Bearer ${await spoil(await tokenFor(AUDIENCE))}`);
    expect([answer.status, answer.headers.get("WWW-Authenticate")]).toEqual([401, INVALID]);
    expect(asked).toEqual([]);
  });

  it("of another issuer is refused", async () => {
    const other = startApi(service.url.replace("127.0.0.1", "localhost"), AUDIENCE);
    expect(await other.show(await tokenFor(AUDIENCE))).toBe(401);
  });

  it("that has expired is refused", async () => {
    const { show, pass } = api();
    const token = await tokenFor(AUDIENCE);
    pass(3500);
    expect(await show(token)).toBe(200);
    pass(110);
    expect(await show(token)).toBe(401);
  });

  it("is judged by nobody while our keys cannot be had", async () => {
    const { show, line } = api();
    const token = await tokenFor(AUDIENCE);
    for (const broken of [down, answering("oops", 500), answering("oops"), answering("{}")]) {
      line.keys = broken;
      expect(await show(token)).toBe(503);
    }
    line.keys = fetch;
    expect(await show(token)).toBe(200);
  });
});

describe("a revoked token", () => {
  it("is refused with the next look at the feed, 30 seconds later, and no other with it", async () => {
    const { get, show, pass, asked } = api();
    const [token, other] = [await tokenFor(AUDIENCE), await tokenFor(AUDIENCE)];
    expect(await show(token)).toBe(200);
    await revoke(token);
    pass(29);
    expect(await show(token)).toBe(200);
    pass(2);
    // Whoever comes first is answered by the feed at hand, while the new one is fetched.
    expect(await show(token)).toBe(200);
    const answer = await get(`Bearer ${token}`);
    expect([answer.status, answer.headers.get("WWW-Authenticate")]).toEqual([401, INVALID]);
    expect(await show(other)).toBe(200);
    expect(asked.map(({ status }) => status)).toEqual([200, 200]);
  });

  it("is refused at once by an API that starts, and as fast as it is told to look elsewhere", async () => {
    const token = await tokenFor(AUDIENCE);
    const quick = api({ refreshSeconds: 5 });
    expect(await quick.show(token)).toBe(200);
    await revoke(token);
    expect(await api().show(token)).toBe(401);
    quick.pass(6);
    expect([await quick.show(token), await quick.show(token)]).toEqual([200, 401]);
  });
});

describe("the feed", () => {
  it("is asked for once in 30 seconds however many come, and only whether it changed", async () => {
    const { show, pass, asked } = api();
    const token = await tokenFor(AUDIENCE);
    for (let look = 0; look < 3; look++) {
      for (let request = 0; request < 5; request++) expect(await show(token)).toBe(200);
      pass(31);
    }
    expect(await Promise.all([show(token), show(token), show(token)])).toEqual([200, 200, 200]);
    const [first, ...later] = asked;
    expect(first).toEqual({ tag: null, status: 200 });
    expect(later).toHaveLength(3);
    for (const { tag, status } of later) {
      expect(tag).toMatch(/^W\/"\d+\.\d+"$/);
      expect(status).toBe(304);
    }
  });

  it("that did not change is as good as a new one, for longer than 300 seconds", async () => {
    const { show, pass, asked } = api();
    const token = await tokenFor(AUDIENCE);
    for (let look = 0; look < 15; look++, pass(31)) expect(await show(token)).toBe(200);
    expect(asked.slice(1).map(({ status }) => status)).toEqual(Array(14).fill(304));
  });

  it("that is down serves for 300 seconds, then nobody is let in; and is asked for again when it is up", async () => {
    const { get, show, pass, line, asked } = api();
    const token = await tokenFor(AUDIENCE);
    expect(await show(token)).toBe(200);
    line.feed = down;
    pass(299);
    expect(await show(token)).toBe(200);
    pass(2);
    expect(await show(token)).toBe(503);
    pass(29);
    const answer = await get(`Bearer ${token}`);
    expect([answer.status, answer.headers.get("Retry-After")]).toEqual([503, "30"]);
    expect(asked).toHaveLength(3);
    line.feed = fetch;
    pass(30);
    expect(await show(token)).toBe(200);
  });

  it("that is down from the start lets nobody in; how long it may be is the API's to say", async () => {
    const token = await tokenFor(AUDIENCE);
    const cold = api();
    cold.line.feed = answering("", 500);
    expect(await cold.show(token)).toBe(503);
    const strict = api({ staleSeconds: 60 });
    expect(await strict.show(token)).toBe(200);
    strict.line.feed = down;
    strict.pass(61);
    expect(await strict.show(token)).toBe(503);
  });

  it("is renewed where there is no execution context, as on Node", async () => {
    const { app, pass, asked } = api();
    const headers = { authorization: `Bearer ${await tokenFor(AUDIENCE)}` };
    expect((await app.request("/", { headers })).status).toBe(200);
    pass(31);
    expect((await app.request("/", { headers })).status).toBe(200);
    await expect.poll(() => asked.map(({ status }) => status)).toEqual([200, 304]);
  });

  it("is fetched by each of those that come together at the start, so that none waits for another", async () => {
    const { show, asked } = api();
    const token = await tokenFor(AUDIENCE);
    const answers = await Promise.all(Array.from({ length: 5 }, () => show(token)));
    expect(answers).toEqual(Array(5).fill(200));
    expect(asked.every(({ status }) => status === 200)).toBe(true);
  });
});
