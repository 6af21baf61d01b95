import { calculateJwkThumbprint } from "jose";
import { publicHalvesIn } from "../keyring/index.ts";
import { sha256Hex } from "../tokens/index.ts";

/** By what a reported string is looked up: never by itself. */
export interface Traces {
  /** SHA-256 of each token in it, or the hash that it is; lower-case hexadecimal. */
  readonly hashes: readonly string[];
  /** RFC 7638 thumbprints of each private key in it. */
  readonly thumbprints: readonly string[];
}

const SHA256 = /^[0-9a-f]{64}$/i;
/** A compact JWS inside other text. It begins where a run begins, so that a long run is read once. */
const TOKENS = /(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}/g;
const TOKENS_MAX = 16;
/** Line ends as JSON writes them, whose letter would count as the beginning of a token. */
const ESCAPED_SPACE = /\\[nrt]/g;

/** What a scanner's string could be of ours: it may quote the line around the credential, or a whole file. */
export async function tracesOf(reported: string): Promise<Traces> {
  const text = reported.trim();
  if (SHA256.test(text)) return { hashes: [text.toLowerCase()], thumbprints: [] };
  const tokens = [...text.replace(ESCAPED_SPACE, " ").matchAll(TOKENS)]
    .slice(0, TOKENS_MAX)
    .map(([token]) => token);
  const keys = await publicHalvesIn(text);
  return {
    hashes: await Promise.all(tokens.map(sha256Hex)),
    thumbprints: await Promise.all(keys.map((key) => calculateJwkThumbprint(key))),
  };
}
