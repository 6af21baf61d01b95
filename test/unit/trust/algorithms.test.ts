import { describe, expect, it } from "vitest";
import { FOREIGN_ALGORITHMS, isAlgorithmOfKey } from "../../../src/trust/algorithms.ts";

const RSA_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];

const KEYS: readonly (readonly [
  name: string,
  key: Readonly<Record<string, unknown>>,
  algorithms: readonly string[],
])[] = [
  ["an RSA key", { kty: "RSA" }, RSA_ALGORITHMS],
  ["an RSA key with a curve, which means nothing to it", { kty: "RSA", crv: "P-256" }, RSA_ALGORITHMS],
  ["an RSA key for PS384", { kty: "RSA", alg: "PS384" }, ["PS384"]],
  ["a P-256 key", { kty: "EC", crv: "P-256" }, ["ES256"]],
  ["a P-384 key", { kty: "EC", crv: "P-384" }, ["ES384"]],
  ["a P-521 key", { kty: "EC", crv: "P-521" }, ["ES512"]],
  ["an Ed25519 key", { kty: "OKP", crv: "Ed25519" }, ["EdDSA", "Ed25519"]],
  ["an Ed25519 key for EdDSA", { kty: "OKP", crv: "Ed25519", alg: "EdDSA" }, ["EdDSA", "Ed25519"]],
  ["an Ed25519 key by its newer name", { kty: "OKP", crv: "Ed25519", alg: "Ed25519" }, ["EdDSA", "Ed25519"]],
  ["a P-256 key for another curve", { kty: "EC", crv: "P-256", alg: "ES384" }, []],
  ["a secp256k1 key", { kty: "EC", crv: "secp256k1" }, []],
  ["an X25519 key", { kty: "OKP", crv: "X25519" }, []],
  ["a symmetric key", { kty: "oct", alg: "HS256" }, []],
  ["an RSA key for HS256", { kty: "RSA", alg: "HS256" }, []],
  ["an RSA key for nothing", { kty: "RSA", alg: "none" }, []],
  ["an RSA key whose alg is null", { kty: "RSA", alg: null }, []],
  ["no key", {}, []],
];

const OTHERS = ["none", "HS256", "RS1", "ES256K", "Ed448", "", "constructor", "__proto__", "rs256"];

describe("foreign algorithms (RFC 8725 s3.1, s3.2)", () => {
  it("are ten, one of them under two names, all asymmetric", () => {
    expect(FOREIGN_ALGORITHMS).toEqual([...RSA_ALGORITHMS, "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]);
  });

  it.each(KEYS)("%s verifies its own and no other", (_name, key, algorithms) => {
    const own = [...FOREIGN_ALGORITHMS, ...OTHERS].filter((alg) => isAlgorithmOfKey(alg, key));
    expect(own).toEqual(algorithms);
  });
});
