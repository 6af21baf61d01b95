import { base64url } from "jose";
import { assertionOf, type KeyFile } from "./credentials.ts";
import { bytesOf, type OwnKey } from "./own_keys.ts";

/** Tokens that no library makes. */

const text = (value: unknown) => base64url.encode(typeof value === "string" ? value : JSON.stringify(value));
export type Sign = (input: Uint8Array) => Promise<ArrayBuffer | Uint8Array>;

/** A token of exactly these parts, whatever the standards say of them. */
export async function rawly(file: KeyFile, header: object, sign: Sign, payload?: unknown): Promise<string> {
  const [, body = ""] = (await assertionOf(file)).split(".");
  const all = { typ: "JWT", kid: file.credentials.kid, ...header };
  const input = `${text(JSON.parse(JSON.stringify(all)))}.${payload === undefined ? body : text(payload)}`;
  return `${input}.${base64url.encode(new Uint8Array(await sign(new TextEncoder().encode(input))))}`;
}

export function signer(key: OwnKey, algorithm: { name: string; namedCurve?: string; hash?: string }): Sign {
  return async (input) => {
    const imported = await crypto.subtle.importKey("pkcs8", bytesOf(key.privateKey), algorithm, false, [
      "sign",
    ]);
    return crypto.subtle.sign(algorithm, imported, input);
  };
}

export const hmac =
  (secret: string | Uint8Array): Sign =>
  async (input) => {
    const bytes = typeof secret === "string" ? new TextEncoder().encode(secret) : secret;
    const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, [
      "sign",
    ]);
    return crypto.subtle.sign("HMAC", key, input);
  };

export const constant =
  (bytes: readonly number[]): Sign =>
  async () =>
    Uint8Array.from(bytes);

/** The token with its signature done to something else. */
export async function resigned(
  token: Promise<string>,
  change: (signature: Uint8Array) => Uint8Array,
): Promise<string> {
  const [header, payload, signature = ""] = (await token).split(".");
  return [header, payload, base64url.encode(change(base64url.decode(signature)))].join(".");
}

/** The order of Ed25519's group. @see RFC 8032 s5.1 */
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
/** The same signature for whoever does not look whether s is below the order. @see RFC 8032 s8.4 */
export function malleated(signature: Uint8Array): Uint8Array {
  const s = signature.slice(32).reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n) + L;
  return Uint8Array.from([
    ...signature.slice(0, 32),
    ...Array.from({ length: 32 }, (_, at) => Number((s >> BigInt(8 * at)) & 255n)),
  ]);
}
