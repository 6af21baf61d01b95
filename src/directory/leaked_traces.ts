import { calculateJwkThumbprint } from "jose";
import { publicHalvesIn } from "../keyring/index.ts";
import { sha256Hex } from "../tokens/index.ts";

/** By what a reported string is looked up: never by itself. */
export interface Traces {
  /** SHA-256 of each token in it, or the hash that it is; lower-case hexadecimal. */
  readonly hashes: readonly string[];
  /** RFC 7638 thumbprints of each private key in it. */
  readonly thumbprints: readonly string[];
  /** Whether there was more in it than is looked at. */
  readonly truncated: boolean;
}

const SHA256 = /^[0-9a-f]{64}$/i;
/** Our tokens inside other text: their headers begin with `{"`, and their parts have these bounds. */
const TOKENS = /eyJ[A-Za-z0-9_-]{13,1024}\.([A-Za-z0-9_-]{16,16384})\.([A-Za-z0-9_-]{43,1024})/g;
const TOKENS_MAX = 32;
/** Characters of the signatures that we make: HS256, ES256 and EdDSA, RS256. What is glued behind is not of it. */
const SIGNATURE_CHARACTERS = [43, 86, 342];
/** Base64 that is long enough to be a token or a key: how a Kubernetes Secret holds one. */
const ENCODED = /[A-Za-z0-9+/]{128,65536}={0,2}/g;
const ENCODED_MAX = 8;
const TEXT_MAX_CHARACTERS = 64 * 1024;

/**
 * What a scanner's string could be of ours: it may quote the line around the credential, or a whole file, and either
 * may stand in it as base64.
 */
export async function tracesOf(reported: string): Promise<Traces> {
  const text = reported.trim().slice(0, TEXT_MAX_CHARACTERS);
  if (SHA256.test(text)) return { hashes: [text.toLowerCase()], thumbprints: [], truncated: false };
  const encoded = [...text.matchAll(ENCODED)].map(([run]) => run);
  const texts = [text, ...encoded.slice(0, ENCODED_MAX).flatMap(decoded)];
  const tokens = texts.flatMap((one) => [...one.matchAll(TOKENS)]);
  const hashes = await Promise.all(tokens.slice(0, TOKENS_MAX).flatMap(candidatesOf).map(sha256Hex));
  const keys = (await Promise.all(texts.map(publicHalvesIn))).flat();
  const thumbprints = await Promise.all(keys.map((key) => calculateJwkThumbprint(key)));
  return { hashes, thumbprints, truncated: tokens.length > TOKENS_MAX || encoded.length > ENCODED_MAX };
}

/** A token as it was found, and without what may be glued to its signature. */
function candidatesOf([token, , signature = ""]: RegExpMatchArray): readonly string[] {
  const glued = SIGNATURE_CHARACTERS.map((length) => signature.length - length).filter((more) => more > 0);
  return [token, ...glued.map((more) => token.slice(0, -more))];
}

function decoded(run: string): readonly string[] {
  try {
    return [atob(run)];
  } catch {
    return [];
  }
}
