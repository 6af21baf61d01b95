import { base64url, SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import type { JsonWebKeyWithKid } from "../../../src/protocol/index.ts";
import { FOREIGN_ALGORITHMS } from "../../../src/trust/algorithms.ts";
import { type VerifyingKey, verifySignature } from "../../../src/trust/verify.ts";
import { bytesOf, foreignKey, without } from "./keys.ts";
import { decoded, GOOD_CLAIMS, partOf } from "./raw_tokens.ts";

const KEYS = new Map(
  await Promise.all(
    [...FOREIGN_ALGORITHMS, "stranger"].map(
      async (alg) => [alg, await foreignKey(alg === "stranger" ? "ES256" : alg)] as const,
    ),
  ),
);

function keyOf(alg: string) {
  const key = KEYS.get(alg);
  if (key === undefined) throw new Error(`no key for ${alg}`);
  return key;
}

const jwkOf = (alg: string) => keyOf(alg).jwk;

/** A token signed by the key of `signer`, by default the one that its header names. */
function tokenOf(alg: string, signer = alg): Promise<string> {
  const header = { alg, kid: "key-1" };
  return new SignJWT(GOOD_CLAIMS).setProtectedHeader(header).sign(keyOf(signer).privateKey);
}

function found(jwk: JsonWebKeyWithKid): VerifyingKey {
  return { jwk, imported: new Map() };
}

async function reasonOf(compact: string, jwk: JsonWebKeyWithKid, alg = decoded(compact).alg) {
  const verdict = await verifySignature({ ...decoded(compact), alg }, found(jwk));
  return verdict.ok ? "accepted" : verdict.refusal.reason;
}

/** The token with its signature replaced by what is made of it. */
function resigned(compact: string, make: (signature: Uint8Array) => Uint8Array): string {
  const end = compact.lastIndexOf(".") + 1;
  return compact.slice(0, end) + base64url.encode(make(base64url.decode(compact.slice(end))));
}

describe.each(FOREIGN_ALGORITHMS)("%s", (alg) => {
  it("a token of its key is accepted, with and without alg in the key", async () => {
    const compact = await tokenOf(alg);
    expect(await reasonOf(compact, jwkOf(alg))).toBe("accepted");
    expect(await reasonOf(compact, without(jwkOf(alg), "alg"))).toBe("accepted");
  });

  it.each<readonly [name: string, tamper: (compact: string) => string]>([
    [
      "another payload",
      (compact) => compact.replace(/\.[^.]+\./, `.${partOf({ ...GOOD_CLAIMS, sub: "root" })}.`),
    ],
    [
      "one more header member",
      (compact) => compact.replace(/^[^.]+/, partOf({ alg, kid: "key-1", typ: "JWT" })),
    ],
    ["one flipped bit", (compact) => resigned(compact, (bytes) => bytes.with(7, (bytes[7] ?? 0) ^ 1))],
    ["a byte less", (compact) => resigned(compact, (bytes) => bytes.slice(0, -1))],
    ["a byte more", (compact) => resigned(compact, (bytes) => Uint8Array.from([...bytes, 0]))],
    ["a zero before", (compact) => resigned(compact, (bytes) => Uint8Array.from([0, ...bytes]))],
    ["nothing but zeros", (compact) => resigned(compact, (bytes) => bytes.map(() => 0))],
    ["nothing but ones", (compact) => resigned(compact, (bytes) => bytes.map(() => 255))],
    ["one byte", (compact) => resigned(compact, () => new Uint8Array(1))],
    ["four kilobytes", (compact) => resigned(compact, () => new Uint8Array(4096))],
  ])("%s is refused", async (_name, tamper) => {
    expect(await reasonOf(tamper(await tokenOf(alg)), jwkOf(alg))).toBe("signature_invalid");
  });

  it("a token of another key under the same kid is refused", async () => {
    const { jwk } = alg === "ES256" ? keyOf("stranger") : await foreignKey(alg);
    expect(await reasonOf(await tokenOf(alg), jwk)).toBe("signature_invalid");
  });
});

describe("the algorithm is the key's own (RFC 8725 s3.1; CVE-2026-22817)", () => {
  it.each<readonly [name: string, alg: string, jwk: JsonWebKeyWithKid, detail: string]>([
    [
      "an RS256 token for a PS256 key",
      "RS256",
      jwkOf("PS256"),
      'The key is of "PS256", the token of "RS256".',
    ],
    [
      "a PS256 token for an RS256 key",
      "PS256",
      jwkOf("RS256"),
      'The key is of "RS256", the token of "PS256".',
    ],
    [
      "an RS512 token for an RS256 key",
      "RS512",
      jwkOf("RS256"),
      'The key is of "RS256", the token of "RS512".',
    ],
    [
      "an ES256 token for a P-384 key",
      "ES256",
      jwkOf("ES384"),
      'The key is of "ES384", the token of "ES256".',
    ],
    [
      "an ES256 token for a P-384 key without alg",
      "ES256",
      without(jwkOf("ES384"), "alg"),
      'The key is of "P-384", the token of "ES256".',
    ],
    [
      "an ES256 token for an RSA key",
      "ES256",
      without(jwkOf("RS256"), "alg"),
      'The key is of "RSA", the token of "ES256".',
    ],
    [
      "an EdDSA token for a P-256 key",
      "EdDSA",
      jwkOf("ES256"),
      'The key is of "ES256", the token of "EdDSA".',
    ],
  ])("%s", async (_name, alg, jwk, detail) => {
    const verdict = await verifySignature(decoded(await tokenOf(alg)), found(jwk));
    expect(verdict).toEqual({ ok: false, refusal: { reason: "algorithm_not_allowed", detail } });
  });

  it.each(["none", "HS256", "RS1", "constructor", ""])(
    "%j, should decoding ever let it through",
    async (alg) => {
      const compact = await tokenOf("RS256");
      expect(await reasonOf(compact, without(jwkOf("RS256"), "alg"), alg)).toBe("algorithm_not_allowed");
    },
  );

  it("a token whose header says another algorithm than was decoded", async () => {
    const compact = await tokenOf("RS256");
    expect(await reasonOf(compact, without(jwkOf("RS256"), "alg"), "PS256")).toBe("signature_invalid");
  });

  it("of an alg given twice every layer believes the last", async () => {
    const header = '{"alg":"none","kid":"key-1","alg":"ES256"}';
    const key = await crypto.subtle.importKey(
      "jwk",
      await privateJwk("ES256"),
      { name: "ECDSA", namedCurve: "P-256" },
      false,
      ["sign"],
    );
    const input = `${partOf(header)}.${partOf(GOOD_CLAIMS)}`;
    const bytes = new TextEncoder().encode(input);
    const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, bytes);
    const compact = `${input}.${base64url.encode(new Uint8Array(signature))}`;
    expect(await reasonOf(compact, jwkOf("ES256"))).toBe("accepted");
  });
});

function privateJwk(alg: string) {
  return crypto.subtle.exportKey("jwk", keyOf(alg).privateKey);
}

const P256_ORDER = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
const ED25519_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const NUMBER = (value: number) => value.toString(16).padStart(64, "0");

describe("numbers that no signature has (RFC 7518 s3.4, RFC 8032 s5.1.7; CVE-2022-21449)", () => {
  it.each([
    ["r = s = 0", NUMBER(0) + NUMBER(0)],
    ["r = 0, s = 1", NUMBER(0) + NUMBER(1)],
    ["r = 1, s = 0", NUMBER(1) + NUMBER(0)],
    ["r = s = 1", NUMBER(1) + NUMBER(1)],
    ["r = s = the order", P256_ORDER + P256_ORDER],
    ["r = the order, s = 0", P256_ORDER + NUMBER(0)],
    ["a signature in DER", "3006020101020101"],
  ])("ES256: %s", async (_name, hex) => {
    const compact = resigned(await tokenOf("ES256"), () => base64url.decode(bytesOf(hex)));
    expect(await reasonOf(compact, jwkOf("ES256"))).toBe("signature_invalid");
  });

  it("EdDSA: S beyond the order", async () => {
    const compact = resigned(await tokenOf("EdDSA"), (signature) => {
      const s = BigInt(`0x${Buffer.from(signature.slice(32)).reverse().toString("hex")}`) + ED25519_ORDER;
      return Uint8Array.from([
        ...signature.slice(0, 32),
        ...Buffer.from(s.toString(16).padStart(64, "0"), "hex").reverse(),
      ]);
    });
    expect(await reasonOf(compact, jwkOf("EdDSA"))).toBe("signature_invalid");
  });
});

describe("a key that cannot be imported", () => {
  it.each<readonly [name: string, alg: string, jwk: JsonWebKeyWithKid]>([
    ["a point beside its curve", "ES256", { ...jwkOf("ES256"), y: jwkOf("ES256").x }],
    ["a point of zeros", "ES256", { ...jwkOf("ES256"), x: bytesOf(NUMBER(0)), y: bytesOf(NUMBER(0)) }],
    ["no coordinates", "ES384", without(jwkOf("ES384"), "x", "y")],
    ["no modulus", "RS256", without(jwkOf("RS256"), "n")],
  ])("%s", async (_name, alg, jwk) => {
    expect(await reasonOf(await tokenOf(alg), jwk)).toBe("key_rejected");
  });
});

it("a key is imported once for each algorithm", async () => {
  const key = found(without(jwkOf("RS256"), "alg"));
  for (const alg of ["RS256", "RS256", "PS256"]) await verifySignature(decoded(await tokenOf(alg)), key);
  expect([...key.imported.keys()]).toEqual(["RS256", "PS256"]);
});
