import { hexOf } from "../protocol/index.ts";

/**
 * The y coordinates, little-endian, of Ed25519's points of small order, canonical or not: under such a key a signature
 * can be made for any message by anybody. The sign of x, the top bit, makes no difference. @see RFC 8725 s3.4, RFC 8032 s5.1
 */
const SMALL_ORDER_Y: readonly string[] = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

/** Whether a public key of 32 bytes is a point of small order. */
export function isSmallOrder(point: Uint8Array): boolean {
  const y = Array.from(point, (byte, index) => (index === 31 ? byte & 0x7f : byte));
  return SMALL_ORDER_Y.includes(hexOf(y));
}
