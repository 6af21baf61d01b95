import { describe, expect, it } from "vitest";
import { judgeKey } from "../../../src/trust/key_hygiene.ts";
import { bytesOf, foreignKey, oddNumber, uintOf, without } from "./keys.ts";
import { rocaModulus } from "./roca_modulus.ts";

const [rsa, p256, p384, p521, ed25519] = await Promise.all(
  ["RS256", "ES256", "ES384", "ES512", "EdDSA"].map(async (alg) => (await foreignKey(alg)).jwk),
);
if (!rsa || !p256 || !p384 || !p521 || !ed25519) throw new Error("no keys");

const anyAlg = { rsa: without(rsa, "alg"), p256: without(p256, "alg") };

function refusalOf(candidate: unknown): string | undefined {
  const judged = judgeKey(candidate);
  return judged.ok ? undefined : judged.refusal;
}

type Case = readonly [name: string, candidate: unknown, refusal: string];

describe("a key that is fit", () => {
  it.each([
    ["RSA", rsa],
    ["P-256", p256],
    ["P-384", p384],
    ["P-521", p521],
    ["Ed25519", ed25519],
    ["RSA without alg", anyAlg.rsa],
    ["RSA for PS512", { ...rsa, alg: "PS512" }],
    ["RSA of 8192 bits", { ...rsa, n: uintOf(oddNumber(8192)) }],
    ["RSA with a 32-bit exponent", { ...rsa, e: uintOf(0xffffffffn) }],
    ["a kid as long as may be", { ...p256, kid: "k".repeat(1024) }],
  ])("%s", (_name, jwk) => {
    expect(judgeKey(jwk)).toEqual({ ok: true, value: jwk });
  });

  it("is cut down to what makes it one", () => {
    const published = {
      ...p256,
      use: "sig",
      key_ops: ["verify", "sign"],
      ext: true,
      x5c: ["AAAA"],
      x5u: "https://a.example",
      n: "AQAB",
      extra: { a: 1 },
    };
    expect(judgeKey(published)).toEqual({ ok: true, value: p256 });
  });
});

const NO_KID = "has no kid";
const NOT_OURS = "has a type, curve or alg that is not accepted";
const SECRET = "holds a private or symmetric key";
const NOT_SIG = "is not for signatures (use)";
const NOT_VERIFY = "is not for verifying (key_ops)";

describe("a key that is none", () => {
  it.each<Case>([
    ["null", null, "is not a JSON object"],
    ["an array", [rsa], "is not a JSON object"],
    ["a string", JSON.stringify(rsa), "is not a JSON object"],
    ["no kid", without(rsa, "kid"), NO_KID],
    ["an empty kid", { ...rsa, kid: "" }, NO_KID],
    ["a kid that is a number", { ...rsa, kid: 1 }, NO_KID],
    ["a kid that is an object", { ...rsa, kid: { toString: 1 } }, NO_KID],
    ["a kid too long", { ...rsa, kid: "k".repeat(1025) }, NO_KID],
    ["a symmetric key", { kid: "k", kty: "oct", k: "AAAA", alg: "HS256" }, SECRET],
    ["a symmetric key without its secret", { kid: "k", kty: "oct", alg: "HS256" }, NOT_OURS],
    ...["d", "p", "q", "dp", "dq", "qi", "oth", "k"].map(
      (name) => [`a private ${name}`, { ...rsa, [name]: "AQ" }, SECRET] as const,
    ),
    ["a private member that is null", { ...rsa, d: null }, SECRET],
    ["use enc", { ...rsa, use: "enc" }, NOT_SIG],
    ["use null", { ...rsa, use: null }, NOT_SIG],
    ["use as an array", { ...rsa, use: ["sig"] }, NOT_SIG],
    ["key_ops for encryption", { ...rsa, key_ops: ["encrypt"] }, NOT_VERIFY],
    ["key_ops for signing alone", { ...rsa, key_ops: ["sign"] }, NOT_VERIFY],
    ["empty key_ops", { ...rsa, key_ops: [] }, NOT_VERIFY],
    ["key_ops as a string", { ...rsa, key_ops: "verify" }, NOT_VERIFY],
    ["key_ops null", { ...rsa, key_ops: null }, NOT_VERIFY],
  ])("%s", (_name, candidate, refusal) => {
    expect(refusalOf(candidate)).toBe(refusal);
  });
});

describe("type, curve and alg belong together (RFC 8725 s3.1)", () => {
  it.each<Case>([
    ["RSA for an EC algorithm", { ...rsa, alg: "ES256" }, NOT_OURS],
    ["EC for an RSA algorithm", { ...p256, alg: "RS256" }, NOT_OURS],
    ["P-384 for ES256", { ...p384, alg: "ES256" }, NOT_OURS],
    ["P-256 for an algorithm that nobody has", { ...p256, alg: "ES521" }, NOT_OURS],
    ["a public key for HMAC", { ...rsa, alg: "HS256" }, NOT_OURS],
    ["alg none", { ...rsa, alg: "none" }, NOT_OURS],
    ["RS1", { ...rsa, alg: "RS1" }, NOT_OURS],
    ["an encryption algorithm", { ...rsa, alg: "RSA-OAEP-256" }, NOT_OURS],
    ["alg null", { ...rsa, alg: null }, NOT_OURS],
    ["alg empty", { ...rsa, alg: "" }, NOT_OURS],
    ["alg as an array", { ...rsa, alg: ["RS256"] }, NOT_OURS],
    ["alg in lower case", { ...rsa, alg: "rs256" }, NOT_OURS],
    ["alg of every object", { ...rsa, alg: "constructor" }, NOT_OURS],
    ["no kty", without(rsa, "kty"), NOT_OURS],
    ["kty in lower case", { ...rsa, kty: "rsa" }, NOT_OURS],
    ["kty as an array", { ...rsa, kty: ["RSA"] }, NOT_OURS],
    ["RSA that says EC", { ...anyAlg.rsa, kty: "EC" }, NOT_OURS],
    ["EC that says OKP", { ...anyAlg.p256, kty: "OKP" }, NOT_OURS],
    ["no curve", without(anyAlg.p256, "crv"), NOT_OURS],
    ["a curve of coins", { ...anyAlg.p256, crv: "secp256k1" }, NOT_OURS],
    ["X25519, which agrees and does not sign", { ...without(ed25519, "alg"), crv: "X25519" }, NOT_OURS],
    ["Ed448", { ...without(ed25519, "alg"), crv: "Ed448" }, NOT_OURS],
    ["a curve of every object", { ...anyAlg.p256, crv: "__proto__" }, NOT_OURS],
  ])("%s", (_name, candidate, refusal) => {
    expect(refusalOf(candidate)).toBe(refusal);
  });
});

const UNREADABLE = "has a modulus or exponent that is not base64url";
const EXPONENT = "has an RSA exponent that is even, below 65537 or beyond 32 bits";
const ROCA = "has an RSA modulus of the ROCA shape, which can be factored";
const bits = (count: number) => `has an RSA modulus of ${count} bits; 2048 is the least`;

describe("RSA (RFC 7518 s3.3, RFC 8725 s3.5)", () => {
  it.each<Case>([
    ["no modulus", without(rsa, "n"), UNREADABLE],
    ["no exponent", without(rsa, "e"), UNREADABLE],
    ["an empty modulus", { ...rsa, n: "" }, UNREADABLE],
    ["a modulus that is a number", { ...rsa, n: 3233 }, UNREADABLE],
    ["a modulus with padding", { ...rsa, n: `${rsa.n}==` }, UNREADABLE],
    ["a modulus with white space", { ...rsa, n: ` ${rsa.n}` }, UNREADABLE],
    ["a modulus in plain base64", { ...rsa, n: `+/${rsa.n}` }, UNREADABLE],
    ["an exponent with a line end", { ...rsa, e: "AQAB\n" }, UNREADABLE],
    ["an exponent of a thousand kilobytes", { ...rsa, e: "A".repeat(1_000_000) }, UNREADABLE],
    ["1024 bits", { ...rsa, n: uintOf(oddNumber(1024)) }, bits(1024)],
    ["2047 bits", { ...rsa, n: uintOf(oddNumber(2047)) }, bits(2047)],
    [
      "1024 bits behind zeros",
      { ...rsa, n: bytesOf(oddNumber(1024).toString(16).padStart(512, "0")) },
      bits(1024),
    ],
    ["nothing but zeros", { ...rsa, n: bytesOf("00".repeat(256)) }, bits(1)],
    ["8193 bits", { ...rsa, n: uintOf(oddNumber(8193)) }, "has an RSA modulus of more than 8192 bits"],
    ["an even modulus", { ...rsa, n: uintOf(oddNumber(2048) - 1n) }, "has an even RSA modulus"],
    ["exponent 0", { ...rsa, e: "AA" }, EXPONENT],
    ["exponent 1", { ...rsa, e: "AQ" }, EXPONENT],
    ["exponent 1 behind zeros", { ...rsa, e: "AAAAAQ" }, EXPONENT],
    ["exponent 3", { ...rsa, e: "Aw" }, EXPONENT],
    ["exponent 17", { ...rsa, e: "EQ" }, EXPONENT],
    ["exponent 65535", { ...rsa, e: uintOf(65535n) }, EXPONENT],
    ["exponent 65538, which is even", { ...rsa, e: uintOf(65538n) }, EXPONENT],
    ["an exponent of 33 bits", { ...rsa, e: uintOf((1n << 32n) + 1n) }, EXPONENT],
    ["the modulus as exponent", { ...rsa, e: rsa.n }, EXPONENT],
    ["a modulus of two ROCA primes (CVE-2017-15361)", { ...rsa, n: uintOf(rocaModulus()) }, ROCA],
  ])("%s", (_name, candidate, refusal) => {
    expect(refusalOf(candidate)).toBe(refusal);
  });
});

const X = "has an x coordinate of the wrong length";
const Y = "has a y coordinate of the wrong length";

describe("coordinates are of their curve's length (RFC 7518 s6.2.1.2, RFC 8037 s2)", () => {
  it.each<Case>([
    ["no x", without(p256, "x"), X],
    ["no y", without(p256, "y"), Y],
    ["x without its leading zero", { ...p256, x: bytesOf("11".repeat(31)) }, X],
    ["x behind one zero more", { ...p256, x: bytesOf("00".repeat(33)) }, X],
    ["y without its leading zero", { ...p256, y: bytesOf("11".repeat(31)) }, Y],
    ["a point in one member", { ...p256, x: bytesOf(`04${"11".repeat(64)}`) }, X],
    ["x with padding", { ...p256, x: `${p256.x}=` }, X],
    ["x as a number", { ...p256, x: 1 }, X],
    ["coordinates of P-256 on P-384", { ...p256, crv: "P-384", alg: "ES384" }, X],
    ["coordinates of P-384 on P-256", { ...p384, crv: "P-256", alg: "ES256" }, X],
    ["P-521 of 65 bytes", { ...p521, x: bytesOf("11".repeat(65)) }, X],
    ["no x on Ed25519", without(ed25519, "x"), X],
    ["31 bytes on Ed25519", { ...ed25519, x: bytesOf("11".repeat(31)) }, X],
    ["57 bytes on Ed25519", { ...ed25519, x: bytesOf("11".repeat(57)) }, X],
  ])("%s", (_name, candidate, refusal) => {
    expect(refusalOf(candidate)).toBe(refusal);
  });
});
