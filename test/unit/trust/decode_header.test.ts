import { describe, expect, it } from "vitest";
import { decoded, GOOD_HEADER, outcomeOf, rawToken } from "./raw_tokens.ts";

const with_ = (changes: Readonly<Record<string, unknown>>) => ({ ...GOOD_HEADER, ...changes });

describe("headers that are accepted", () => {
  it.each([
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
  ])("alg %s", (alg) => {
    expect(decoded(rawToken(with_({ alg }))).alg).toBe(alg);
  });

  it.each(["JWT", "jwt", "at+jwt", "application/at+jwt", "AT+JWT", "client-authentication+jwt"])(
    "typ %j",
    (typ) => {
      expect(outcomeOf(rawToken(with_({ typ }))).reason).toBe("accepted");
    },
  );

  it.each([
    ["of one character", "k"],
    ["as long as may be", "k".repeat(1024)],
    ["that looks like a path", "../../etc/passwd"],
    ["that looks like SQL", "' OR '1'='1"],
    ["that is a member of every object", "__proto__"],
    ["with a NUL", "a\0b"],
  ])("a kid %s is an opaque name", (_name, kid) => {
    expect(decoded(rawToken(with_({ kid }))).kid).toBe(kid);
  });
});

describe("alg: from our list alone (RFC 8725 s3.1, s3.2)", () => {
  it.each<readonly [name: string, alg: unknown]>([
    ["absent", undefined],
    ["none", "none"],
    ["None", "None"],
    ["NONE", "NONE"],
    ["HS256", "HS256"],
    ["HS384", "HS384"],
    ["HS512", "HS512"],
    ["RS1", "RS1"],
    ["in lower case", "es256"],
    ["with a space behind", "ES256 "],
    ["with a NUL behind", "ES256\0"],
    ["of a curve that we do not know", "ES256K"],
    ["for encryption", "RSA-OAEP"],
    ["derived from a password", "PBES2-HS256+A128KW"],
    ["empty", ""],
    ["null", null],
    ["a number", 256],
    ["an array", ["ES256"]],
    ["an object", { toString: "ES256" }],
    ["a member of every object", "constructor"],
    ["the prototype", "__proto__"],
    ["a long way down", [[[[[[[[[[[[[["ES256"]]]]]]]]]]]]]]],
  ])("%s", (_name, alg) => {
    const { reason, detail } = outcomeOf(rawToken(with_({ alg })));
    expect(reason).toBe("algorithm_not_allowed");
    expect(detail.length).toBeLessThan(400);
  });

  it("is not read from an inherited member", () => {
    expect(outcomeOf(rawToken('{"kid":"k","__proto__":{"alg":"ES256"}}')).reason).toBe(
      "algorithm_not_allowed",
    );
  });
});

describe("kid: names the key", () => {
  const SHAPE = "The header's kid is not a string of 1 to 1024 characters.";
  it.each<readonly [name: string, kid: unknown, reason: string, detail: string]>([
    ["absent", undefined, "kid_missing", "The header has no kid."],
    ["empty", "", "token_malformed", SHAPE],
    ["a number", 1, "token_malformed", SHAPE],
    ["null", null, "token_malformed", SHAPE],
    ["an array", ["key-1"], "token_malformed", SHAPE],
    ["an object", { kid: "key-1" }, "token_malformed", SHAPE],
    ["true", true, "token_malformed", SHAPE],
    ["too long", "k".repeat(1025), "token_malformed", SHAPE],
  ])("%s", (_name, kid, reason, detail) => {
    expect(outcomeOf(rawToken(with_({ kid })))).toEqual({ reason, detail });
  });

  it("is not read from an inherited member", () => {
    expect(outcomeOf(rawToken('{"alg":"ES256","__proto__":{"kid":"k"}}')).reason).toBe("kid_missing");
  });
});

describe("crit and b64: understood by none of us (RFC 7515 s4.1.11, RFC 7797 s7)", () => {
  it.each<readonly [name: string, members: Readonly<Record<string, unknown>>]>([
    ["crit that is empty", { crit: [] }],
    ["crit with an unknown name", { crit: ["exp"], exp: 1 }],
    ["crit with a registered name", { crit: ["alg"] }],
    ["crit with an absent name", { crit: ["urn:example:absent"] }],
    ["crit with b64", { crit: ["b64"], b64: true }],
    ["crit null", { crit: null }],
    ["crit a string", { crit: "b64" }],
    ["b64 false without crit", { b64: false }],
    ["b64 false with crit", { b64: false, crit: ["b64"] }],
    ["b64 true", { b64: true }],
    ["b64 null", { b64: null }],
  ])("%s", (_name, members) => {
    expect(outcomeOf(rawToken(with_(members)))).toEqual({
      reason: "critical_header",
      detail: "The header has crit or b64.",
    });
  });
});

describe("typ: other kinds of token are none of ours (RFC 8725 s3.11, s3.12)", () => {
  it.each([
    ["a logout token", "logout+jwt"],
    ["a DPoP proof", "dpop+jwt"],
    ["a security event", "secevent+jwt"],
    ["an introspection answer", "token-introspection+jwt"],
    ["a request object", "oauth-authz-req+jwt"],
    ["a key binding", "kb+jwt"],
    ["by its whole media type", "application/logout+jwt"],
    ["with a space behind it", "logout+jwt "],
    ["with a parameter", "logout+jwt;v=1"],
    ["a selective disclosure", "dc+sd-jwt"],
    ["empty", ""],
    ["in upper case", "DPoP+JWT"],
    ["an access token of another tree", "text/at+jwt"],
    ["what only ends like an access token", "not-at+jwt"],
    ["behind a line end", "at+jwt\nlogout+jwt"],
  ])("%s", (_name, typ) => {
    expect(outcomeOf(rawToken(with_({ typ })))).toEqual({
      reason: "token_type_not_allowed",
      detail: `The header's typ is ${JSON.stringify(typ)}.`,
    });
  });

  it.each([
    ["a number", 1],
    ["null", null],
    ["an array", ["at+jwt"]],
  ])("%s is no typ", (_name, typ) => {
    expect(outcomeOf(rawToken(with_({ typ })))).toEqual({
      reason: "token_malformed",
      detail: "The header's typ is not a string.",
    });
  });
});

describe("keys that the header brings along change nothing (RFC 8725 s3.10; CVE-2018-0114)", () => {
  const plain = decoded(rawToken());
  it.each<readonly [name: string, member: Readonly<Record<string, unknown>>]>([
    ["jku", { jku: "https://attacker.example/jwks" }],
    ["x5u", { x5u: "https://attacker.example/cert" }],
    ["x5c", { x5c: ["AAAA"] }],
    ["x5t", { x5t: "AAAA" }],
    ["jwk", { jwk: { kty: "EC", crv: "P-256", x: "AA", y: "AA", kid: "key-1" } }],
    ["jwk that is no key", { jwk: 1 }],
  ])("%s", (_name, member) => {
    const compact = rawToken(with_(member));
    expect(decoded(compact)).toEqual({ ...plain, compact });
  });
});
