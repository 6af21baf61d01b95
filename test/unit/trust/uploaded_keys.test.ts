import { describe, expect, it } from "vitest";
import { judgeUploadedKeys } from "../../../src/trust/uploaded_keys.ts";
import { bytesOf, foreignKey, oddNumber, uintOf, without } from "./keys.ts";

const KEYS = await Promise.all(
  ["RS256", "ES256", "ES384", "ES512", "EdDSA"].map(async (alg) => (await foreignKey(alg, alg)).jwk),
);
const [rsa, p256, p384, p521] = KEYS;
if (!rsa || !p256 || !p384 || !p521) throw new Error("no keys");

const many = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ ...p256, kid: `key-${index}` }));
const ZEROS = { 32: bytesOf("00".repeat(32)), 48: bytesOf("00".repeat(48)), 66: bytesOf("00".repeat(66)) };
const UNIMPORTABLE = "This key cannot be imported: its numbers make no key.";

describe("an uploaded key set that is fit", () => {
  it.each<readonly [name: string, keys: readonly unknown[], kept: readonly unknown[]]>([
    ["one of each kind", KEYS, KEYS],
    ["without alg", [without(rsa, "alg"), without(p256, "alg")], [without(rsa, "alg"), without(p256, "alg")]],
    ["with members that we have no use for", [{ ...p256, use: "sig", x5c: ["AAAA"], name: "x" }], [p256]],
    ["as many keys as may be", many(100), many(100)],
    ["one point under two kids", [p256, { ...p256, kid: "again" }], [p256, { ...p256, kid: "again" }]],
  ])("%s: public members alone are kept", async (_name, keys, kept) => {
    expect(await judgeUploadedKeys(keys)).toEqual({ ok: true, value: kept });
  });
});

describe("an uploaded key set with an unfit key", () => {
  it.each<readonly [name: string, key: unknown, detail: string]>([
    ["a point beside P-256", { ...p256, y: p256.x }, UNIMPORTABLE],
    ["a point beside P-384", { ...p384, y: p384.x }, UNIMPORTABLE],
    ["a point beside P-521", { ...p521, y: p521.x }, UNIMPORTABLE],
    ["the point of zeros on P-256", { ...p256, x: ZEROS[32], y: ZEROS[32] }, UNIMPORTABLE],
    ["the point of zeros on P-384", { ...p384, x: ZEROS[48], y: ZEROS[48] }, UNIMPORTABLE],
    ["the point of zeros on P-521", { ...p521, x: ZEROS[66], y: ZEROS[66] }, UNIMPORTABLE],
    ["a coordinate beyond the field", { ...p256, x: bytesOf("ff".repeat(32)) }, UNIMPORTABLE],
    ["a private key", { ...p256, d: p256.x }, "This key holds a private or symmetric key."],
    ["a symmetric key", { kid: "k", kty: "oct", k: "AAAA" }, "This key holds a private or symmetric key."],
    ["a key for encryption", { ...rsa, use: "enc" }, "This key is not for signatures (use)."],
    [
      "a weak key",
      { ...rsa, n: uintOf(oddNumber(1024)) },
      "This key has an RSA modulus of 1024 bits; 2048 is the least.",
    ],
    ["no key", null, "This key is not a JSON object."],
    ["no kid", without(p256, "kid"), "This key has no kid."],
    ["a kid twice", { ...p256, kid: "RS256" }, "This key has the kid of a key above."],
  ])("%s", async (_name, key, detail) => {
    const good = { ...p521, kid: "good" };
    expect(await judgeUploadedKeys([rsa, key, good])).toEqual({
      ok: false,
      refusal: [{ index: 1, detail }],
    });
  });

  it("every one of them is named by its place", async () => {
    const judged = await judgeUploadedKeys([null, p256, p256, {}]);
    expect(judged).toEqual({
      ok: false,
      refusal: [
        { index: 0, detail: "This key is not a JSON object." },
        { index: 2, detail: "This key has the kid of a key above." },
        { index: 3, detail: "This key has no kid." },
      ],
    });
  });

  it("101 keys are one too many", async () => {
    expect(await judgeUploadedKeys(many(101))).toEqual({
      ok: false,
      refusal: [{ index: 100, detail: "A key set has at most 100 keys." }],
    });
  });
});
