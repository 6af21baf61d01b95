import { describe, expect, it } from "vitest";
import { JWKS_KEYS_MAX, judgeKeySet } from "../../../src/trust/key_hygiene.ts";
import { foreignKey, without } from "./keys.ts";

const { jwk } = await foreignKey("ES256");
const { jwk: other } = await foreignKey("ES256");

const many = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ ...jwk, kid: `key-${index}` }));

/** A set as an issuer answers it: parsed from text. */
function parsed(text: string): unknown {
  return JSON.parse(text);
}

describe("an issuer's key set (RFC 7517 s5)", () => {
  it("gives the keys that are fit, and why the others are not", () => {
    const weak = { kid: "weak", kty: "RSA", n: "AQAB", e: "AQAB" };
    const judged = judgeKeySet({ keys: [jwk, { ...jwk, kid: "enc", use: "enc" }, null, "key", weak] });
    expect(judged).toEqual({
      ok: true,
      value: {
        keys: [jwk],
        rejected: new Map([
          ["enc", "is not for signatures (use)"],
          ["weak", "has an RSA modulus of 17 bits; 2048 is the least"],
        ]),
      },
    });
  });

  it.each<readonly [name: string, document: unknown, kids: readonly string[]]>([
    ["no keys yet", { keys: [] }, []],
    ["members beside keys", { keys: [jwk], extra: 1 }, ["key-1"]],
    ["as many keys as may be", { keys: many(JWKS_KEYS_MAX) }, many(JWKS_KEYS_MAX).map(({ kid }) => kid)],
    ["a key without kid beside one with", { keys: [without(jwk, "kid"), jwk] }, ["key-1"]],
    ["a kid of every object", { keys: [{ ...jwk, kid: "__proto__" }] }, ["__proto__"]],
  ])("%s", (_name, document, kids) => {
    const judged = judgeKeySet(document);
    expect(judged.ok && judged.value.keys.map(({ kid }) => kid)).toEqual(kids);
  });

  it.each<readonly [name: string, keys: readonly unknown[], first: unknown]>([
    ["the first key stays", [jwk, other], jwk],
    ["an unfit one takes no place", [{ ...other, use: "enc" }, jwk], jwk],
  ])("of two with one kid %s", (_name, keys, first) => {
    const judged = judgeKeySet({ keys });
    expect(judged.ok && judged.value.keys).toEqual([first]);
  });

  it.each<readonly [name: string, document: unknown, refusal: string]>([
    ["null", null, "has no array keys"],
    ["an array", [jwk], "has no array keys"],
    ["a string", "{}", "has no array keys"],
    ["a key in place of a set", jwk, "has no array keys"],
    ["keys as an object", { keys: { 0: jwk, length: 1 } }, "has no array keys"],
    ["inherited keys", parsed('{"__proto__":{"keys":[]}}'), "has no array keys"],
    ["a key too many", { keys: many(JWKS_KEYS_MAX + 1) }, "has more than 100 keys"],
    ["a hundred thousand nulls", { keys: Array(100_000).fill(null) }, "has more than 100 keys"],
  ])("%s is none", (_name, document, refusal) => {
    expect(judgeKeySet(document)).toEqual({ ok: false, refusal });
  });
});

describe("a kid that no reader expects costs its own key alone", () => {
  it.each<readonly [name: string, kid: unknown]>([
    ["a number", 1],
    ["null", null],
    ["an object", {}],
    ["an object that cannot be made a string", { toString: 0, valueOf: 0 }],
    ["an object whose toString is null", { toString: null }],
    ["an array of such an object", [{ toString: 0 }]],
    ["arrays a hundred thousand deep", parsed(`${"[".repeat(100_000)}${"]".repeat(100_000)}`)],
  ])("%s", (_name, kid) => {
    const judged = judgeKeySet({ keys: [{ ...jwk, kid }, jwk] });
    expect(judged.ok && judged.value.keys).toEqual([jwk]);
  });
});
