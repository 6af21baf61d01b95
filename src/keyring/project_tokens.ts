import { base64url, CompactSign, compactVerify } from "jose";
import type { Config } from "../config.ts";
import { Fault } from "../protocol/index.ts";

const HEADER = { alg: "HS256", typ: "project-token+jwt" } as const;

/** What every project token begins with, and nothing else does: for secret scanners. docs/credentials.md has it. */
export const PROJECT_TOKEN_PREFIX = `${base64url.encode(JSON.stringify(HEADER))}.`;

/** Signs claims as a project token. @see RFC 7518 s3.2 @throws Fault `configuration` without PROJECT_TOKEN_KEY */
export async function signProjectToken(
  config: Config,
  claims: Readonly<Record<string, unknown>>,
): Promise<string> {
  const key = await keyOf(config);
  if (key === undefined) throw new Fault("configuration", "PROJECT_TOKEN_KEY is not set.");
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader(HEADER)
    .sign(key);
}

/** Whether PROJECT_TOKEN_KEY made this signature. Constant time is the runtime's: HMAC is verified, not compared. */
export async function hasProjectTokenSignature(config: Config, compact: string): Promise<boolean> {
  const key = await keyOf(config);
  if (key === undefined || !compact.startsWith(PROJECT_TOKEN_PREFIX)) return false;
  try {
    await compactVerify(compact, key, { algorithms: [HEADER.alg] });
    return true;
  } catch {
    return false;
  }
}

/** The key of each configuration, imported once in an isolate. */
const imported = new WeakMap<Config, CryptoKey>();

async function keyOf(config: Config): Promise<CryptoKey | undefined> {
  const known = imported.get(config);
  if (known !== undefined || config.projectTokenKey === undefined) return known;
  const secret = new TextEncoder().encode(config.projectTokenKey);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", secret, algorithm, false, ["sign", "verify"]);
  imported.set(config, key);
  return key;
}
