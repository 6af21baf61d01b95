import { SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { redactClaims, withoutTokens } from "../../../src/audit/redact.ts";

const SECRET = new TextEncoder().encode("a test secret of thirty-two bytes");

function tokenWith(claims: Record<string, unknown>): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(SECRET);
}

const TOKEN = await tokenWith({ sub: "somebody", iss: "https://issuer.example" });
const LONG_TOKEN = await tokenWith({ sub: "somebody", groups: "g".repeat(1000) });

describe("text without tokens", () => {
  it.each<readonly [name: string, text: string, expected: string]>([
    ["plain text stays", "repo:acme/shop:ref:refs/heads/main", "repo:acme/shop:ref:refs/heads/main"],
    [
      "names with dots stay",
      "system:serviceaccount.some-long-namespace.web",
      "system:serviceaccount.some-long-namespace.web",
    ],
    ["a version stays", "1.2.3-abcdefabcdefabcdef", "1.2.3-abcdefabcdefabcdef"],
    ["nothing stays nothing", "", ""],
    ["a token goes", TOKEN, "[redacted]"],
    ["a token between words goes", `Bearer ${TOKEN}, or so`, "Bearer [redacted], or so"],
    ["a token in quotes goes", `{"id_token":"${TOKEN}"}`, '{"id_token":"[redacted]"}'],
    ["a token in a URL goes", `https://a.example/?t=${TOKEN}#x`, "https://a.example/?t=[redacted]#x"],
    ["two tokens go", `${TOKEN} ${TOKEN}`, "[redacted] [redacted]"],
    ["a token without its signature goes", `${TOKEN.slice(0, TOKEN.lastIndexOf("."))}.`, "[redacted]"],
    ["a long token goes", `x ${LONG_TOKEN}`, "x [redacted]"],
    ["a token behind other letters goes from them", `token_${TOKEN}`, "token_[redacted]"],
  ])("%s", (_name, text, expected) => {
    expect(withoutTokens(text)).toBe(expected);
  });

  it.each([
    ["letters and hyphens", "a-".repeat(20_000)],
    ["one long word", "a".repeat(40_000)],
    ["words as long as a token's part", "abcdefghijklmnop.".repeat(2_500)],
    ["dots", ".".repeat(40_000)],
  ])("time grows with its length, not with the square: %s", (_name, text) => {
    const before = performance.now();
    withoutTokens(text);
    expect(performance.now() - before).toBeLessThan(200);
  });
});

/** With the claim around it four objects, one more than the record follows. */
const DEEP = { b: { c: { d: { e: 1 } } } };

describe("claims as the record keeps them", () => {
  it.each<readonly [name: string, claims: Record<string, unknown>, expected: Record<string, unknown>]>([
    [
      "ordinary ones stay",
      {
        sub: "me",
        aud: ["a", "b"],
        exp: 1,
        admin: false,
        team: null,
        "kubernetes.io": { namespace: "shop" },
      },
      {
        sub: "me",
        aud: ["a", "b"],
        exp: 1,
        admin: false,
        team: null,
        "kubernetes.io": { namespace: "shop" },
      },
    ],
    ["none stay none", {}, {}],
    ["a token goes", { note: `see ${TOKEN}` }, { note: "see [redacted]" }],
    ["a token in an array goes", { list: ["x", TOKEN] }, { list: ["x", "[redacted]"] }],
    ["a token deep inside goes", { a: { b: [TOKEN] } }, { a: { b: ["[redacted]"] } }],
    [
      "a name of a secret goes, whatever it holds",
      { client_secret: { a: 1 } },
      { client_secret: "[redacted]" },
    ],
    [
      "a name of a secret goes inside another",
      { vars: { DB_PASSWORD: "x" } },
      { vars: { DB_PASSWORD: "[redacted]" } },
    ],
    [
      "a name of a secret goes inside an array",
      { vars: [{ apiKey: "x" }] },
      { vars: [{ apiKey: "[redacted]" }] },
    ],
    ["a long string is cut", { a: "x ".repeat(300) }, { a: "x ".repeat(256) }],
    ["a long array is cut", { a: Array(40).fill(1) }, { a: Array(32).fill(1) }],
    ["what lies too deep is left out", { a: DEEP }, { a: { b: { c: { d: "[deeper]" } } } }],
    ["arrays lie as deep as objects", { a: [[[[1]]]] }, { a: [[["[deeper]"]]] }],
    ["a name without end is left out", { ["n".repeat(257)]: 1, a: 1 }, { a: 1 }],
    [
      "a name without end inside another is cut",
      { a: { ["n".repeat(300)]: 1 } },
      { a: { ["n".repeat(256)]: 1 } },
    ],
    ["one that is too large for all is left out", { a: Array(32).fill("x".repeat(200)), b: 1 }, { b: 1 }],
  ])("%s", (_name, claims, expected) => {
    expect(redactClaims(claims, [])).toEqual(expected);
  });

  it.each([
    "secret",
    "client_secret",
    "password",
    "passwd",
    "credentials",
    "api_key",
    "api-key",
    "APIKEY",
    "private_key",
    "bearer",
    "cookie",
    "token",
    "access_token",
    "refresh-token",
    "at_hash",
    "nonce",
    "Nonce",
  ])("%s is a name of a secret", (name) => {
    expect(redactClaims({ [name]: "value" }, [name])).toEqual({ [name]: "[redacted]" });
  });

  it.each(["token_type", "tokens_used", "sub", "nonce_supported", "at_hash_alg", "environment"])(
    "%s is not",
    (name) => {
      expect(redactClaims({ [name]: "value" }, [])).toEqual({ [name]: "value" });
    },
  );

  it("no part of a token stays that is longer than what is kept", () => {
    const kept = JSON.stringify(redactClaims({ note: LONG_TOKEN, inner: [LONG_TOKEN] }, []));
    expect(kept).not.toContain(LONG_TOKEN.slice(0, 32));
  });

  it("a claim named __proto__ is one, and pollutes nothing", () => {
    const kept = redactClaims(
      JSON.parse('{"__proto__":{"polluted":1},"a":{"__proto__":{"polluted":1}}}'),
      [],
    );
    expect(JSON.stringify(kept)).toBe('{"__proto__":{"polluted":1},"a":{"__proto__":{"polluted":1}}}');
    expect({}).not.toHaveProperty("polluted");
  });

  it("the claims themselves stay as they were", () => {
    const claims = { a: { password: "x" }, list: [TOKEN] };
    redactClaims(claims, ["a"]);
    expect(claims).toEqual({ a: { password: "x" }, list: [TOKEN] });
  });
});

describe("the room there is: 64 claims, 4 KiB", () => {
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`c${index}`, index]));
  const wide = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`c${index}`, "x".repeat(500)]));
  const umlauts = Object.fromEntries(
    Array.from({ length: 10 }, (_, index) => [`c${index}`, "ä".repeat(500)]),
  );

  it.each<readonly [name: string, claims: Record<string, unknown>, kept: number]>([
    ["64 of a hundred are kept", many, 64],
    ["4 KiB of 15 are kept", wide, 8],
    ["bytes count, not characters", umlauts, 4],
  ])("%s", (_name, claims, kept) => {
    const redacted = redactClaims(claims, []);
    expect(Object.keys(redacted)).toHaveLength(kept);
    expect(new TextEncoder().encode(JSON.stringify(redacted)).length).toBeLessThanOrEqual(4096);
  });

  it.each<
    readonly [
      name: string,
      claims: Record<string, unknown>,
      first: readonly string[],
      names: readonly string[],
    ]
  >([
    ["win it though they come last", many, ["c99", "c98"], ["c99", "c98", "c0"]],
    ["win it though others are large", wide, ["c29"], ["c29", "c0", "c1"]],
    ["take it once, named twice", many, ["c99", "c99"], ["c99", "c0", "c1"]],
    ["take none when they are absent", many, ["absent", "toString", "__proto__"], ["c0", "c1", "c2"]],
  ])("claims that assertions judge %s", (_name, claims, first, names) => {
    expect(Object.keys(redactClaims(claims, first)).slice(0, 3)).toEqual(names);
  });
});
