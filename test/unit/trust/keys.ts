import { base64url, exportJWK, generateKeyPair } from "jose";
import type { JsonWebKeyWithKid } from "../../../src/protocol/index.ts";

/** A key pair of somebody else, as its issuer would publish it. */
export interface ForeignKey {
  readonly privateKey: CryptoKey;
  readonly jwk: JsonWebKeyWithKid;
}

/** Generates one; the published key names its algorithm. */
export async function foreignKey(alg: string, kid = "key-1"): Promise<ForeignKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const { kty = "", ...members } = await exportJWK(publicKey);
  return { privateKey, jwk: { kid, kty, alg, ...members } };
}

/** The key without some of its members. */
export function without(jwk: JsonWebKeyWithKid, ...names: readonly string[]): JsonWebKeyWithKid {
  const kept = Object.entries(jwk).filter(([name]) => !names.includes(name));
  return Object.fromEntries(kept) as JsonWebKeyWithKid;
}

/** A number as the JWK of an RSA key spells it. @see RFC 7518 s2 Base64urlUInt */
export function uintOf(value: bigint): string {
  const hex = value.toString(16);
  return bytesOf(hex.padStart(hex.length + (hex.length % 2), "0"));
}

/** Bytes given in hexadecimal, in base64url. */
export function bytesOf(hex: string): string {
  return base64url.encode(Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)));
}

/** An odd number of exactly so many bits, of no special shape. */
export function oddNumber(bits: number): bigint {
  let value = 1n;
  while (value.toString(2).length < bits) value = value * 6364136223846793005n + 1442695040888963407n;
  return (value >> BigInt(value.toString(2).length - bits)) | 1n;
}
