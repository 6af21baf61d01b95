import { hexOf } from "../protocol/index.ts";

/** SHA-256 of a token as 64 hexadecimal digits: how rows and events name a token that they never hold. */
export async function sha256Hex(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return hexOf(bytes);
}
