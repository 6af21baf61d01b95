import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasRocaShape } from "../../../src/trust/roca.ts";
import { foreignKey, oddNumber } from "./keys.ts";
import { power, ROCA_M, rocaModulus } from "./roca_modulus.ts";

const exponent = fc.bigInt({ min: 0n, max: 1n << 120n });
const factor = fc.bigInt({ min: 0n, max: 1n << 53n });

describe("the shape of ROCA (CVE-2017-15361)", () => {
  it("is seen in a modulus of two such primes", () => {
    const modulus = rocaModulus();
    expect(modulus.toString(2)).toHaveLength(2048);
    expect(hasRocaShape(modulus)).toBe(true);
  });

  it("is never overlooked, whatever the exponents and factors", () => {
    const shaped = fc.tuple(factor, exponent).map(([k, a]) => k * ROCA_M + power(65537n, a, ROCA_M));
    fc.assert(
      fc.property(shaped, shaped, (p, q) => {
        expect(hasRocaShape(p * q)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it("is not seen in a modulus made soundly", async () => {
    const { jwk } = await foreignKey("PS256");
    const modulus = BigInt(`0x${Buffer.from(String(jwk.n), "base64url").toString("hex")}`);
    expect(hasRocaShape(modulus)).toBe(false);
  });

  it.each([
    ["a modulus that leaves the shape at one prime alone", rocaModulus() + ROCA_M / 11n],
    ["no shape at all", oddNumber(2048)],
    ["one more than such a modulus", rocaModulus() + 2n],
    ["zero", 0n],
  ])("is not seen in %s", (_name, modulus) => {
    expect(hasRocaShape(modulus)).toBe(false);
  });

  it("is not seen in 20,000 odd numbers in a row", () => {
    const start = oddNumber(2048);
    const seen = Array.from({ length: 20_000 }, (_, index) => hasRocaShape(start + BigInt(2 * index)));
    expect(seen).not.toContain(true);
  });
});
