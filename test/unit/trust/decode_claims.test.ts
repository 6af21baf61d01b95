import { describe, expect, it } from "vitest";
import { claimsWith, decoded, GOOD_CLAIMS, GOOD_HEADER, outcomeOf, rawToken } from "./raw_tokens.ts";

type Changes = Readonly<Record<string, unknown>>;

const outcomeWith = (changes: Changes) => outcomeOf(rawToken(GOOD_HEADER, claimsWith(changes)));
const decodedWith = (changes: Changes) => decoded(rawToken(GOOD_HEADER, claimsWith(changes)));

/** Claims as text, for numbers and members that JSON.stringify would not write. */
const literally = (members: string) =>
  rawToken(GOOD_HEADER, `${JSON.stringify(GOOD_CLAIMS).slice(0, -1)},${members}}`);

describe("claims that are accepted", () => {
  it.each<readonly [name: string, changes: Changes, expected: Changes]>([
    ["aud as a string", { aud: "a" }, { audience: ["a"] }],
    ["aud as an array", { aud: ["a", "b"] }, { audience: ["a", "b"] }],
    ["a sub as long as may be", { sub: "s".repeat(2048) }, { subject: "s".repeat(2048) }],
    ["a sub with spaces, compared as it is (RFC 7519 s7.3)", { sub: " Ä " }, { subject: " Ä " }],
    ["a sub that is not normalised", { sub: "A\u0308" }, { subject: "A\u0308" }],
    ["an iss that is no URL", { iss: "accounts.example" }, { issuer: "accounts.example" }],
    ["exp with a fraction", { exp: 1.5 }, { expiresAt: 1.5 }],
    ["exp zero", { exp: 0 }, { expiresAt: 0 }],
    ["nbf and iat", { nbf: 1, iat: 2 }, { notBefore: 1, issuedAt: 2 }],
    ["neither nbf nor iat", {}, { notBefore: undefined, issuedAt: undefined }],
  ])("%s", (_name, changes, expected) => {
    expect(decodedWith(changes)).toMatchObject(expected);
  });
});

describe("claims that every token needs (RFC 7523 s3)", () => {
  it.each(["iss", "sub", "aud", "exp"])("%s", (name) => {
    expect(outcomeWith({ [name]: undefined })).toEqual({
      reason: "claim_missing",
      detail: `The claim ${name} is missing.`,
    });
  });

  it.each(["iss", "sub", "aud", "exp"])("%s inherited is missing all the same", (name) => {
    const { [name]: inherited, ...own } = GOOD_CLAIMS as Changes;
    const payload = `{"__proto__":${JSON.stringify({ [name]: inherited })},${JSON.stringify(own).slice(1)}`;
    expect(outcomeOf(rawToken(GOOD_HEADER, payload))).toEqual({
      reason: "claim_missing",
      detail: `The claim ${name} is missing.`,
    });
  });

  it("nothing at all", () => {
    expect(outcomeOf(rawToken(GOOD_HEADER, {})).reason).toBe("claim_missing");
  });
});

const AUD = "The claim aud must be a string, or an array of strings, that is not empty.";
const ISS = "The claim iss must be a string that is not empty.";
const SUB = "The claim sub must be a string of 1 to 2048 characters.";
const date = (name: string) => `The claim ${name} must be a number of seconds.`;

describe("claims of the wrong type", () => {
  it.each<readonly [name: string, changes: Changes, detail: string]>([
    ["iss empty", { iss: "" }, ISS],
    ["iss null", { iss: null }, ISS],
    ["iss a number", { iss: 1 }, ISS],
    ["iss an array", { iss: [GOOD_CLAIMS.iss] }, ISS],
    ["iss an object", { iss: { toString: GOOD_CLAIMS.iss } }, ISS],
    ["sub empty", { sub: "" }, SUB],
    ["sub null", { sub: null }, SUB],
    ["sub a number", { sub: 42 }, SUB],
    ["sub an array", { sub: ["me"] }, SUB],
    ["sub too long", { sub: "s".repeat(2049) }, SUB],
    ["aud empty", { aud: "" }, AUD],
    ["aud null", { aud: null }, AUD],
    ["aud a number", { aud: 1 }, AUD],
    ["aud an object", { aud: { 0: "a", length: 1 } }, AUD],
    ["aud an empty array", { aud: [] }, AUD],
    ["aud an array with an empty string", { aud: ["a", ""] }, AUD],
    ["aud an array with a number", { aud: ["a", 1] }, AUD],
    ["aud an array with null", { aud: ["a", null] }, AUD],
    ["aud an array in an array", { aud: [["a"]] }, AUD],
    ["exp a string", { exp: String(GOOD_CLAIMS.exp) }, date("exp")],
    ["exp null", { exp: null }, date("exp")],
    ["exp true", { exp: true }, date("exp")],
    ["exp an array", { exp: [GOOD_CLAIMS.exp] }, date("exp")],
    ["exp an object", { exp: {} }, date("exp")],
    ["exp negative", { exp: -1 }, date("exp")],
    ["nbf a string", { nbf: "1" }, date("nbf")],
    ["nbf null", { nbf: null }, date("nbf")],
    ["nbf negative", { nbf: -1 }, date("nbf")],
    ["iat a string", { iat: "1" }, date("iat")],
    ["iat null", { iat: null }, date("iat")],
    ["iat an array", { iat: [1] }, date("iat")],
  ])("%s", (_name, changes, detail) => {
    expect(outcomeWith(changes)).toEqual({ reason: "claim_malformed", detail });
  });

  it.each<readonly [name: string, members: string, reason: string]>([
    ["exp beyond every number", '"exp":1e999', "claim_malformed"],
    ["exp minus infinity", '"exp":-1e999', "claim_malformed"],
    ["exp NaN is no JSON", '"exp":NaN', "token_malformed"],
    ["exp in hexadecimal is no JSON", '"exp":0x7fffffff', "token_malformed"],
    ["exp with a leading zero is no JSON", '"exp":01800000300', "token_malformed"],
    ["nbf beyond every number", '"nbf":1e999', "claim_malformed"],
    ["an array in place of aud, the last one wins", '"aud":[]', "claim_malformed"],
  ])("%s", (_name, members, reason) => {
    expect(outcomeOf(literally(members)).reason).toBe(reason);
  });
});

/** Values inside each other, so many levels with the claims themselves as the first. */
const nested = (levels: number) => `"deep":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}`;

describe("claims made to break readers", () => {
  it.each([
    ["arrays 16 levels deep", nested(16)],
    ["objects 16 levels deep", `"deep":${'{"a":'.repeat(15)}1${"}".repeat(15)}`],
    ["a number that no double holds", '"big":123456789012345678901234567890'],
    ["half a surrogate pair, escaped", '"half":"\\ud800"'],
    ["a claim with an empty name", '"":"empty"'],
    ["1,000 claims", Array.from({ length: 1000 }, (_, index) => `"${index}":1`).join()],
  ])("%s are no reason to fall over", (_name, members) => {
    expect(outcomeOf(literally(members)).reason).toBe("accepted");
  });

  it.each([
    ["arrays 17 levels deep", nested(17)],
    ["objects 17 levels deep", `"deep":${'{"a":'.repeat(16)}1${"}".repeat(16)}`],
    ["arrays as deep as a token can hold", nested(5800)],
    ["a deep __proto__", `"__proto__":${nested(17).slice(7)}`],
  ])("%s are one token's own fault", (_name, members) => {
    expect(outcomeOf(literally(members))).toEqual({
      reason: "token_malformed",
      detail: "The payload is not a JSON object in UTF-8, or too deeply nested.",
    });
  });

  it.each(["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"])(
    "%s is a claim like any other",
    (name) => {
      const { claims } = decoded(literally(`"${name}":{"polluted":true}`));
      expect(Object.hasOwn(claims, name)).toBe(true);
      expect(Object.getPrototypeOf(claims)).toBe(Object.prototype);
      expect({}).not.toHaveProperty("polluted");
    },
  );
});
