import { calculateJwkThumbprint } from "jose";
import { LEAKED_KEYS_MAX, publicHalvesIn } from "../keyring/index.ts";
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
/**
 * Our tokens inside other text: their headers begin with `{"`, and their parts have these bounds. Found also within each
 * other.
 */
const TOKENS = /(?=(eyJ[A-Za-z0-9_-]{13,1024}\.[A-Za-z0-9_-]{16,32768}\.([A-Za-z0-9_-]{43,1024})))/g;
const TOKENS_MAX = 32;
/** Characters of the signatures that we make: HS256, ES256 and EdDSA, RS256. What is glued behind is not of it. */
const SIGNATURE_CHARACTERS = [43, 86, 342];
/** Base64 that is long enough to be a token or a key: how a Kubernetes Secret holds one. */
const ENCODED = /[A-Za-z0-9+/]{128,65536}={0,2}/g;
const ENCODED_MAX = 16;
const TEXT_MAX_CHARACTERS = 64 * 1024;
/** What wraps a text, such as base64 at 76 columns; and what a diff or a quotation puts before each of its lines. */
const WRAPS = /[ \t]*\r?\n[ \t]*/g;
const PREFIXES = /^[ \t]*[+>|-] ?/gm;

/**
 * What a scanner's string could be of ours: it may quote the line around the credential, or a whole file, and either
 * may stand in it as base64.
 */
export async function tracesOf(reported: string): Promise<Traces> {
  const text = reported.trim().slice(0, TEXT_MAX_CHARACTERS);
  if (SHA256.test(text)) return { hashes: [text.toLowerCase()], thumbprints: [], truncated: false };
  const bare = text.replace(PREFIXES, "");
  const plain = [...new Set([text, bare, text.replace(WRAPS, ""), bare.replace(WRAPS, "")])];
  const encoded = [...new Set(plain.flatMap((one) => [...one.matchAll(ENCODED)].map(([run]) => run)))];
  const texts = [...plain, ...encoded.slice(0, ENCODED_MAX).flatMap(decoded)];
  const tokens = new Map(texts.flatMap((one) => [...one.matchAll(TOKENS)].map((found) => [found[1], found])));
  const looked = [...tokens.values()].slice(0, TOKENS_MAX);
  const keys = await Promise.all(texts.map(publicHalvesIn));
  return {
    hashes: await Promise.all(looked.flatMap(candidatesOf).map(sha256Hex)),
    thumbprints: await Promise.all(keys.flat().map((key) => calculateJwkThumbprint(key))),
    truncated:
      tokens.size > TOKENS_MAX ||
      encoded.length > ENCODED_MAX ||
      keys.some(({ length }) => length >= LEAKED_KEYS_MAX),
  };
}

/** A token as it was found, and without what may be glued to its signature. */
function candidatesOf([, token = "", signature = ""]: RegExpMatchArray): readonly string[] {
  const glued = SIGNATURE_CHARACTERS.map((length) => signature.length - length).filter((more) => more > 0);
  return [token, ...glued.map((more) => token.slice(0, -more))];
}

/** What stands before a run, and is base64 too by chance, shifts it: so it is read from each of four beginnings. */
function decoded(run: string): readonly string[] {
  const digits = run.replaceAll("=", "");
  return [0, 1, 2, 3].map((shift) => {
    const part = digits.slice(shift);
    return atob(part.length % 4 === 1 ? part.slice(0, -1) : part);
  });
}
