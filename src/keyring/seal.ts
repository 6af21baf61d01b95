import { base64url } from "jose";
import type { Config } from "../config.ts";
import { Fault, hexOf } from "../protocol/index.ts";

/** AES-256-GCM's nonce; random, since a key seals a handful of times in its life. @see NIST SP 800-38D s8.2.2 */
const NONCE_BYTES = 12;
const SEALING_INFO = "countersign signing key seal v1";
const KEY_ID_INFO = "countersign sealing key id v1";

/** A private key as the database may see it, and the name of the sealing key that opens it. */
export interface Sealed {
  readonly sealed: string;
  readonly sealingKeyId: string;
}

/** @param context what the sealed bytes belong to (the kid), so that rows cannot be swapped */
export async function seal(config: Config, plaintext: string, context: string): Promise<Sealed> {
  const secret = config.sealingKeys[0];
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const key = await sealingKey(secret);
  const ciphertext = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv: nonce, additionalData: utf8(context) },
    key,
    utf8(plaintext),
  );
  const sealed = `${base64url.encode(nonce)}.${base64url.encode(new Uint8Array(ciphertext))}`;
  return { sealed, sealingKeyId: await sealingKeyId(secret) };
}

/** @throws Fault `keyring` when neither SEALING_KEY nor SEALING_KEY_PREVIOUS opens it */
export async function unseal(
  config: Config,
  { sealed, sealingKeyId: id }: Sealed,
  context: string,
): Promise<string> {
  const [nonce = "", ciphertext = ""] = sealed.split(".");
  for (const secret of config.sealingKeys) {
    if (secret === undefined || (await sealingKeyId(secret)) !== id) continue;
    try {
      const algorithm = { name: "AES-GCM", iv: base64url.decode(nonce), additionalData: utf8(context) };
      const plaintext = await crypto.subtle.decrypt(
        algorithm,
        await sealingKey(secret),
        base64url.decode(ciphertext),
      );
      return new TextDecoder().decode(plaintext);
    } catch (error) {
      throw new Fault("keyring", `signing key ${context} is damaged in the database`, error);
    }
  }
  throw new Fault(
    "keyring",
    `signing key ${context} was sealed under another SEALING_KEY; set that one as SEALING_KEY or SEALING_KEY_PREVIOUS`,
  );
}

/** Names a sealing key without telling it: 16 hexadecimal digits derived beside the key itself. */
export async function sealingKeyId(secret: string): Promise<string> {
  const bits = await crypto.subtle.deriveBits(hkdf(KEY_ID_INFO), await imported(secret), 64);
  return hexOf(new Uint8Array(bits));
}

async function sealingKey(secret: string): Promise<CryptoKey> {
  const algorithm = { name: "AES-GCM", length: 256 };
  return crypto.subtle.deriveKey(hkdf(SEALING_INFO), await imported(secret), algorithm, false, [
    "encrypt",
    "decrypt",
  ]);
}

/** @see RFC 5869; no salt, since the secret is random already */
function hkdf(info: string) {
  return { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: utf8(info) };
}

function imported(secret: string): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", utf8(secret), "HKDF", false, ["deriveBits", "deriveKey"]);
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
