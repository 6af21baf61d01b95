import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JWK, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Contestant, startFloor } from "../../../bench/contestants.ts";
import { startTokenIssuer, type TokenIssuer } from "../../../bench/foreign_tokens.ts";

/** A floor that skips a check is too low to be one: it does an exchange, and it refuses what is none. */
let issuer: TokenIssuer;
let stranger: TokenIssuer;
let floor: Contestant & { readonly signingKey: JWK };

beforeAll(async () => {
  [issuer, stranger] = await Promise.all([startTokenIssuer(), startTokenIssuer()]);
  floor = await startFloor({ issuer, accounts: 3 });
});
afterAll(() => Promise.all([floor.close(), issuer.close(), stranger.close()]));

const form = (changes: Record<string, string> = {}) => {
  const parameters = new URLSearchParams(floor.target.bodies[1]);
  for (const [name, value] of Object.entries(changes)) parameters.set(name, value);
  return parameters;
};

async function exchange(body: URLSearchParams) {
  const response = await fetch(floor.target.url, { method: "POST", body });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
}

it("an exchange is answered with an at+jwt that its key verifies, and recorded", async () => {
  const before = await floor.countRecords();
  const { status, body } = await exchange(form());
  expect(status).toBe(200);
  const token = body.access_token ?? "";
  const origin = new URL(floor.target.url).origin;
  const keys = createLocalJWKSet({ keys: [floor.signingKey] });
  const { payload } = await jwtVerify(token, keys, { issuer: origin, audience: origin, typ: "at+jwt" });
  const presented = decodeJwt(form().get("subject_token") ?? "");
  expect(payload).toMatchObject({
    email: form().get("client_id"),
    auth_method: "federation",
    federated: { iss: issuer.issuer, sub: presented.sub },
  });
  expect(await floor.countRecords()).toBe(before + 1);
});

describe("it refuses, and records nothing for,", () => {
  const own = () => new URL(floor.target.url).origin;
  const minuteAgo = () => Math.floor(Date.now() / 1000) - 61;
  it.each([
    ["an account that does not exist", async () => ({ client_id: "nobody@sa.countersign.internal" })],
    ["an issuer that no account trusts", async () => ({ subject_token: await stranger.token(own()) })],
    ["another audience", async () => ({ subject_token: await issuer.token("https://other.example") })],
    ["an expired token", async () => ({ subject_token: await issuer.token(own(), { exp: minuteAgo() }) })],
    ["another branch", async () => ({ subject_token: await issuer.token(own(), { ref: "refs/heads/x" }) })],
    [
      "a signature over other claims",
      async () => {
        const [header, payload] = (await issuer.token(own())).split(".");
        const [, , signature] = (await issuer.token(own())).split(".");
        return { subject_token: [header, payload, signature].join(".") };
      },
    ],
  ])("%s", async (_, changes) => {
    const before = await floor.countRecords();
    expect((await exchange(form(await changes()))).status).toBe(400);
    expect(await floor.countRecords()).toBe(before);
  });
});

it("its key is named in its tokens", async () => {
  const { body } = await exchange(form());
  expect(decodeProtectedHeader(body.access_token ?? "").kid).toBe(floor.signingKey.kid);
});
