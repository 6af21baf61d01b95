import { describe, expect, it } from "vitest";
import { judgeKey } from "../../../src/trust/key_hygiene.ts";
import { bytesOf, foreignKey } from "./keys.ts";

/** Encodings of the points of small order on Ed25519; the sign may be set on each. @see RFC 8032 s5.1.7 */
const POINTS = [
  ["of order 1, the identity", "0100000000000000000000000000000000000000000000000000000000000000"],
  ["of order 2", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"],
  ["of order 4", "0000000000000000000000000000000000000000000000000000000000000000"],
  ["of order 8", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"],
  ["of order 8, the other", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"],
  ["of order 4, not reduced", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"],
  ["of order 1, not reduced", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"],
] as const;

const withSign = (hex: string) => hex.slice(0, -2) + (Number.parseInt(hex.slice(-2), 16) | 0x80).toString(16);

/**
 * Under the identity, R = 1 and S = 0 is a signature of every message; under the others, of one in 2, 4 or 8. The
 * Workers runtime takes such keys and such signatures, so they are ours to refuse, like RSA's exponent 1.
 */
describe("a point under which anybody signs (RFC 8725 s3.4)", () => {
  it("a real key is none of them", async () => {
    const { jwk } = await foreignKey("EdDSA");
    expect(judgeKey(jwk).ok).toBe(true);
  });

  it.each([
    ...POINTS,
    ...POINTS.map(([name, hex]) => [`${name}, with its sign set`, withSign(hex)] as const),
  ])("%s", (_name, hex) => {
    const judged = judgeKey({ kid: "key-1", kty: "OKP", crv: "Ed25519", x: bytesOf(hex) });
    expect(judged).toEqual({ ok: false, refusal: expect.stringContaining("small order") });
  });
});
