import { env } from "cloudflare:workers";
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import { CLIENT_ASSERTION, post } from "./credentials.ts";
import { FEED, jtiOf, startAt } from "./feed_clock.ts";
import { exchangeOf } from "./harness.ts";
import { givenHolder, givenHome, givenProjectToken, INACTIVE, must, stateOf } from "./token_holders.ts";

describe("the feed", () => {
  it("is a JWT of its own type under our keys, with exactly the revoked tokens that live, sorted", async () => {
    const { service, feed, byKey, revoke, seconds } = startAt();
    const holder = await givenHolder(service, await givenHome(service));
    const tokens: string[] = [];
    for (let index = 0; index < 6; index++) tokens.push(await byKey(holder));
    const taken = [5, 1, 3].map((index) => tokens[index] ?? "");
    for (const token of taken) await revoke(token);

    const { status, headers, text } = await feed();
    expect([status, headers.get("content-type"), headers.get("cache-control")]).toEqual([
      200,
      "application/jwt",
      "public, max-age=30",
    ]);
    const jwks = await (await service.fetch("/.well-known/jwks.json")).json();
    const options = {
      issuer: service.url,
      typ: "revoked-tokens+jwt",
      currentDate: new Date(seconds() * 1000),
    };
    const { payload } = await jwtVerify(text, createLocalJWKSet(jwks as never), options);
    expect(payload).toEqual({
      iss: service.url,
      iat: seconds(),
      exp: seconds() + 7200,
      jtis: taken.map(jtiOf).sort(),
    });
    expect(Object.keys(decodeProtectedHeader(text)).sort()).toEqual(["alg", "kid", "typ"]);
  });

  it("is empty when nothing was revoked, and has no project tokens, which only we accept", async () => {
    const { service, jtis, revoke } = startAt();
    expect(await jtis()).toEqual([]);
    const holder = await givenHolder(service, await givenHome(service));
    await revoke((await givenProjectToken(service, holder)).text);
    expect(await jtis()).toEqual([]);
  });

  it("keeps a token for 300 s after its end, and to the turn of that hour, whatever is purged meanwhile", async () => {
    const { service, jtis, byKey, revoke, advance } = startAt();
    const holder = await givenHolder(service, await givenHome(service), { tokenLifetime: 600 });
    const token = await byKey(holder);
    await revoke(token);
    advance(600 + 299);
    await service.tend();
    expect(await jtis()).toEqual([jtiOf(token)]);
    advance(3600);
    expect(await jtis()).toEqual([]);
    advance(7200);
    await service.tend();
    const row = await env.DB.prepare("SELECT count(*) AS n FROM revoked_token WHERE jti = ?")
      .bind(jtiOf(token))
      .first();
    expect(row).toEqual({ n: 0 });
  });

  it("takes no token up that nobody accepts any more", async () => {
    const { service, jtis, byKey, revoke, advance } = startAt();
    const holder = await givenHolder(service, await givenHome(service));
    const token = await byKey(holder);
    advance(3600 + 300);
    await revoke(token);
    await must(service, "DELETE", holder.path);
    expect(await jtis()).toEqual([]);
  });

  it.each(["POST", "PUT", "DELETE"])("%s is 405", async (method) => {
    const { service } = startAt();
    const response = await service.fetch(FEED, { method });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET"]);
  });
});

describe("two isolates", () => {
  it("sign one state alike, so that no verifier takes the one's feed for a replay of the other's", async () => {
    const one = startAt();
    const holder = await givenHolder(one.service, await givenHome(one.service));
    await one.revoke(await one.byKey(holder));
    const early = decodeJwt((await one.feed()).text);
    const other = startAt();
    other.advance(one.seconds() + 60 - other.seconds());
    const late = decodeJwt((await other.feed()).text);
    expect([late.iat, late.exp, late.jtis]).toEqual([early.iat, early.exp, early.jtis]);
  });
});

describe("its ETag", () => {
  it("is weak, stable within the hour, and changes with a revocation and with the hour", async () => {
    const { service, feed, byKey, revoke, advance } = startAt();
    const holder = await givenHolder(service, await givenHome(service));
    const tag = async () => (await feed()).headers.get("etag") ?? "";
    const [token, kept] = [await byKey(holder), await byKey(holder)];
    const first = await tag();
    expect(first).toMatch(/^W\/"\d+\.\d+"$/);
    advance(3599);
    expect(await tag()).toBe(first);
    advance(-3000);
    await revoke(token);
    const second = await tag();
    expect(second).not.toBe(first);
    await revoke(token);
    expect(await stateOf(service, kept, env.BOOTSTRAP_TOKEN)).not.toBe(INACTIVE);
    expect(await tag(), "revoked twice, told once").toBe(second);
    advance(3001);
    const third = await tag();
    expect([first, second]).not.toContain(third);
    expect(Number(decodeJwt((await feed()).text).exp)).toBeGreaterThan(0);
  });

  it("never lets a 304 outlive the JWT that it stands for", async () => {
    const { feed, advance } = startAt();
    const { headers, text } = await feed();
    const etag = headers.get("etag") ?? "";
    const { iat = 0, exp = 0 } = decodeJwt(text);
    advance(exp - iat - 30);
    expect((await feed({ "if-none-match": etag })).status).toBe(200);
  });

  it.each<readonly [string, (etag: string) => string, number]>([
    ["itself", (etag) => etag, 304],
    ["without W/", (etag) => etag.slice(2), 304],
    ["in a list", (etag) => `"a", ${etag}, W/"b"`, 304],
    ["in a list without spaces", (etag) => `"a",${etag}`, 304],
    ["* is any", () => "*", 304],
    ["another", () => 'W/"00000000000000000000000000000000"', 200],
    ["an empty one", () => "", 200],
    ["without quotes", (etag) => etag.slice(3, -1), 200],
    ["its beginning", (etag) => `${etag.slice(0, -2)}"`, 200],
  ])("If-None-Match: %s", async (_name, header, status) => {
    const { feed } = startAt();
    const etag = (await feed()).headers.get("etag") ?? "";
    const answer = await feed({ "if-none-match": header(etag) });
    expect(answer.status).toBe(status);
    expect(answer.headers.get("etag")).toBe(etag);
    expect(answer.headers.get("cache-control")).toBe("public, max-age=30");
    expect(answer.text === "").toBe(status === 304);
  });
});

describe("its JWT opens nothing", () => {
  it("as bearer, subject token, assertion or token asked about", async () => {
    const { service, feed } = startAt();
    const holder = await givenHolder(service, await givenHome(service));
    const { text } = await feed();
    const rest = await service.call("GET", "/v1/projects", undefined, { authorization: `Bearer ${text}` });
    expect([rest.status, rest.body.code]).toEqual([401, "invalid_token"]);
    expect((await post(service, "/oauth/v2/introspect", { token: text }, text)).status).toBe(401);
    expect(await stateOf(service, text, env.BOOTSTRAP_TOKEN)).toBe(INACTIVE);
    const client = {
      client_assertion_type: CLIENT_ASSERTION,
      client_assertion: text,
      client_id: holder.email,
    };
    const asked = await post(service, "/oauth/v2/introspect", { token: text, ...client });
    expect([asked.status, JSON.parse(asked.text).error]).toEqual([401, "invalid_client"]);
    for (const form of [
      exchangeOf(text, holder.email),
      { grant_type: "client_credentials", ...client },
      { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion: text, client_id: holder.email },
    ]) {
      const { status, body } = await service.exchange(form);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(body).not.toHaveProperty("access_token");
    }
    const { body } = await service.call(
      "GET",
      `${holder.path.split("/service")[0]}/audit-events?outcome=refused`,
    );
    const reasons = body.items.map(({ reason }: { reason: string }) => reason);
    expect(new Set(reasons)).toEqual(new Set(["token_type_not_allowed"]));
  });
});
