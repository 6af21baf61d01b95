import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type ForeignIssuer, githubClaims, startForeignIssuer } from "../../support/foreign_issuer.ts";

const AUDIENCE = "https://countersign.test";
const DISCOVERY_PATH = "/.well-known/openid-configuration";

/** From the start, because the provider says each thing only once. */
const consoleSpies = (["log", "info", "warn", "error"] as const).map((name) => vi.spyOn(console, name));

let foreign: ForeignIssuer;

beforeEach(async () => {
  foreign = await startForeignIssuer({ algorithm: "ES256" });
});

afterEach(() => foreign.close());

function verifyWithFetchedKeys(token: string) {
  const keys = createRemoteJWKSet(new URL(foreign.jwksUri));
  return jwtVerify(token, keys, { issuer: foreign.issuer, audience: AUDIENCE, algorithms: ["ES256"] });
}

async function control(command: string, body?: object): Promise<Record<string, unknown>> {
  const init = body && { method: "POST", body: JSON.stringify(body) };
  const response = await fetch(`${foreign.issuer}/__control/${command}`, init ?? {});
  return (await response.json()) as Record<string, unknown>;
}

test("a token carries the claims asked for, under the issuer that discovery names", async () => {
  const token = await foreign.token(githubClaims({ ref: "refs/heads/dev" }), { audience: AUDIENCE });
  const { payload, protectedHeader } = await verifyWithFetchedKeys(token);
  expect(protectedHeader).toEqual({ alg: "ES256", kid: foreign.kid, typ: "JWT" });
  expect(payload).toMatchObject({ ...githubClaims({ ref: "refs/heads/dev" }), jti: expect.any(String) });
  expect(payload).not.toHaveProperty("client_id");
  expect(Number(payload.exp) - Number(payload.iat)).toBe(300);
  const discovery = await (await fetch(foreign.issuer + DISCOVERY_PATH)).json();
  expect(discovery).toMatchObject({ issuer: foreign.issuer, jwks_uri: foreign.jwksUri });
  expect(Object.fromEntries(foreign.requests)).toEqual({ "/token": 1, "/jwks": 1, [DISCOVERY_PATH]: 1 });
});

test("after a rotation both keys verify, until the old one is removed", async () => {
  const old = await foreign.token(githubClaims(), { audience: AUDIENCE });
  const kid = await foreign.rotate();
  const fresh = await foreign.token(githubClaims(), { audience: AUDIENCE });
  expect(decodeProtectedHeader(fresh).kid).toBe(kid);
  await verifyWithFetchedKeys(old);
  await verifyWithFetchedKeys(fresh);
  foreign.removeOldKeys();
  await verifyWithFetchedKeys(fresh);
  await expect(verifyWithFetchedKeys(old)).rejects.toMatchObject({ code: "ERR_JWKS_NO_MATCHING_KEY" });
});

test("anything can be signed, and claims of a token can be changed or left out", async () => {
  const raw = await foreign.signRaw({ typ: "at+jwt" }, { iss: foreign.issuer, aud: AUDIENCE, exp: 1 });
  await expect(verifyWithFetchedKeys(raw)).rejects.toMatchObject({ code: "ERR_JWT_EXPIRED" });
  expect(await foreign.signRaw({ alg: "none" }, {})).toBe("eyJhbGciOiJub25lIn0.e30.");
  const odd = await foreign.token({ sub: "me", aud: ["a", "b"], jti: undefined });
  expect(decodeJwt(odd)).toEqual({
    iss: foreign.issuer,
    sub: "me",
    aud: ["a", "b"],
    iat: expect.any(Number),
    exp: expect.any(Number),
  });
});

test("discovery and key set fail as told, while tokens are still issued", async () => {
  foreign.failWith(503);
  expect((await fetch(foreign.jwksUri)).status).toBe(503);
  foreign.failWith("hang");
  const signal = AbortSignal.timeout(100);
  await expect(fetch(foreign.issuer + DISCOVERY_PATH, { signal })).rejects.toMatchObject({
    name: "TimeoutError",
  });
  foreign.failWith("drip");
  const dripping = await fetch(foreign.jwksUri, { signal: AbortSignal.timeout(200) });
  expect(dripping.status).toBe(200);
  await expect(dripping.text()).rejects.toMatchObject({ name: "TimeoutError" });
  await foreign.token();
  foreign.failWith(null);
  expect((await fetch(foreign.jwksUri)).status).toBe(200);
});

test("everything can be asked for over HTTP, and is not counted", async () => {
  const order = { claims: { sub: "me" }, audience: AUDIENCE, lifetime: 60, header: { typ: "id+jwt" } };
  const { token } = await control("token", order);
  const { payload, protectedHeader } = await verifyWithFetchedKeys(String(token));
  expect([payload.sub, Number(payload.exp) - Number(payload.iat), protectedHeader.typ]).toEqual([
    "me",
    60,
    "id+jwt",
  ]);
  expect(await control("rotate", {})).toEqual({ kid: foreign.kid });
  await control("remove-old-keys", {});
  await expect(verifyWithFetchedKeys(String(token))).rejects.toThrow();
  const raw = await control("sign-raw", { header: {}, payload: { sub: "raw" } });
  expect(decodeJwt(String(raw.token))).toEqual({ sub: "raw" });
  await control("fail", { mode: 302 });
  expect((await fetch(foreign.jwksUri, { redirect: "manual" })).status).toBe(302);
  expect(await control("requests")).toEqual({ "/token": 1, "/jwks": 3 });
  await control("reset-requests", {});
  expect(await control("requests")).toEqual({});
});

test("the provider has printed nothing so far", async () => {
  const other = await startForeignIssuer();
  expect(decodeProtectedHeader(await other.token()).alg).toBe("RS256");
  await other.close();
  for (const spy of consoleSpies) expect(spy).not.toHaveBeenCalled();
});
