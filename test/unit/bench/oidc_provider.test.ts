import { decodeJwt, decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Contestant, startOidcProvider } from "../../../bench/contestants.ts";
import { startTokenIssuer, type TokenIssuer } from "../../../bench/foreign_tokens.ts";

/** The comparison is fair only if the other one does the same work. */
let issuer: TokenIssuer;
let provider: Contestant;

beforeAll(async () => {
  issuer = await startTokenIssuer();
  provider = await startOidcProvider({ issuer, accounts: 3 });
});
afterAll(() => Promise.all([provider.close(), issuer.close()]));

async function exchange(changes: Record<string, string> = {}) {
  const body = new URLSearchParams(provider.target.bodies[1]);
  for (const [name, value] of Object.entries(changes)) body.set(name, value);
  const response = await fetch(provider.target.url, { method: "POST", body });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
}

it("a token is exchanged for an at+jwt of ES256, and a grant is saved", async () => {
  const before = await provider.countRecords();
  const { status, body } = await exchange();
  expect(status).toBe(200);
  const token = body.access_token ?? "";
  expect(decodeProtectedHeader(token)).toMatchObject({ alg: "ES256", typ: "at+jwt" });
  expect(decodeJwt(token).sub).toBe(new URLSearchParams(provider.target.bodies[1]).get("client_id"));
  expect(await provider.countRecords()).toBe(before + 1);
});

it.each([
  ["an account that does not exist", async () => ({ client_id: "nobody@sa.countersign.internal" }), 401],
  ["another audience", async () => ({ subject_token: await issuer.token("https://other.example") }), 400],
  [
    "another branch",
    async () => ({
      subject_token: await issuer.token(new URL(provider.target.url).origin, { ref: "refs/heads/x" }),
    }),
    400,
  ],
])("%s is refused and saves nothing", async (_, changes, expected) => {
  const before = await provider.countRecords();
  expect((await exchange(await changes())).status).toBe(expected);
  expect(await provider.countRecords()).toBe(before);
});
