import { base64url, CompactSign, compactVerify, exportJWK, importJWK, importPKCS8, type JWK } from "jose";
import { parseJson } from "../protocol/index.ts";
import { type Pkcs8, pkcs8Of } from "./pkcs8.ts";

type AnyRecord = Readonly<Record<string, unknown>>;
type PrivateJwk = { readonly jwk: JWK; readonly alg: string };
type Candidate = Pkcs8 | PrivateJwk;

const TEXT_MAX_CHARACTERS = 64 * 1024;
/** Keys that are looked for in one text. */
export const LEAKED_KEYS_MAX = 4;
/** Candidates tried, keys or not: each costs an import and a signature. */
const CANDIDATES_MAX = 16;
const JSON_LEVELS_MAX = 4;
const JSON_MEMBERS_MAX = 64;
/** A number of 8192 bits and a leading zero have 1367. */
const JWK_MEMBER_MAX_CHARACTERS = 1400;
/** Jose signs with no less than 2048 bits; that there is a most is left to us. @see RFC 7518 s3.3 */
const RSA_MODULUS_MAX_BYTES = 8192 / 8;

/** Both can be followed only as far as the next dash or brace, so that no text is read many times over. */
const BLOCKS = /-----BEGIN (?:RSA |EC )?PRIVATE KEY-----([A-Za-z0-9+/=\s]{1,16384})-----END /g;
const INNERMOST_OBJECTS = /\{[^{}]{1,16384}\}/g;

/** What JSON makes of a PEM and of other JSON, once or more often; all else that it escapes is white space. */
const ESCAPES = /\\{1,8}(["/nrt]|u0022|u002[bf]|u003d)/gi;
const ESCAPED: Readonly<Record<string, string>> = {
  '"': '"',
  "/": "/",
  u0022: '"',
  u002b: "+",
  u002f: "/",
  u003d: "=",
};

/** Members that make a key of each kind; others, such as `use` and `key_ops`, could only forbid the import. */
const PUBLIC_MEMBERS = ["kty", "crv", "x", "y", "n", "e"];
const JWK_MEMBERS = [...PUBLIC_MEMBERS, "d", "p", "q", "dp", "dq", "qi"];
const ALGS: ReadonlyMap<unknown, string> = new Map([
  ["RSA", "RS256"],
  ["P-256", "ES256"],
  ["P-384", "ES384"],
  ["P-521", "ES512"],
  ["Ed25519", "EdDSA"],
]);

/**
 * The public halves of the private keys inside a text, four at most: PEM (PKCS #8, PKCS #1, SEC 1) and JWKs, also within
 * other JSON and escaped by it. A text cannot name a key whose private half it does not hold. Throws for no text.
 */
export async function publicHalvesIn(text: string): Promise<readonly JWK[]> {
  const found = new Map<string, JWK>();
  for (const candidate of candidatesIn(text.slice(0, TEXT_MAX_CHARACTERS))) {
    const publicHalf = await publicHalfOf(candidate);
    if (publicHalf !== undefined) found.set(JSON.stringify(publicHalf), publicHalf);
    if (found.size === LEAKED_KEYS_MAX) break;
  }
  return [...found.values()];
}

/** Each once, however often the text repeats it. */
function candidatesIn(text: string): readonly Candidate[] {
  const plain = text.replace(ESCAPES, (_, escaped: string) => ESCAPED[escaped.toLowerCase()] ?? " ");
  const candidates = new Map<string, Candidate>();
  for (const [, body = ""] of plain.matchAll(BLOCKS)) {
    const pkcs8 = pkcs8Of(body.replaceAll(/\s/g, ""));
    if (pkcs8 !== undefined) candidates.set(pkcs8.pem, pkcs8);
  }
  const objects = Array.from(plain.matchAll(INNERMOST_OBJECTS), ([object]) => object);
  const documents = [text, ...objects.filter((object) => object.includes('"kty"'))];
  for (const jwk of documents.flatMap((document) => recordsIn(parseJson(document))).map(privateJwkOf)) {
    if (jwk !== undefined) candidates.set(JSON.stringify(jwk), jwk);
  }
  return [...candidates.values()].slice(0, CANDIDATES_MAX);
}

/** The key is exported from its import, as registered ones are: the same number can be spelled in more than one way. */
async function publicHalfOf(candidate: Candidate): Promise<JWK | undefined> {
  const { alg } = candidate;
  try {
    const privateKey = await importPrivate(candidate);
    const publicKey = await importJWK(pick(await exportJWK(privateKey), PUBLIC_MEMBERS), alg);
    const publicHalf = await exportJWK(publicKey);
    if (base64url.decode(publicHalf.n ?? "").length > RSA_MODULUS_MAX_BYTES) return undefined;
    // Not every import compares the halves: a stranger's public key beside one's own private one would pass for a leak.
    const challenge = new CompactSign(crypto.getRandomValues(new Uint8Array(32)));
    await compactVerify(await challenge.setProtectedHeader({ alg }).sign(privateKey), publicKey);
    return publicHalf;
  } catch {
    return undefined;
  }
}

function importPrivate(candidate: Candidate) {
  const options = { extractable: true };
  return "pem" in candidate
    ? importPKCS8(candidate.pem, candidate.alg, options)
    : importJWK(candidate.jwk, candidate.alg, options);
}

function privateJwkOf(record: AnyRecord): PrivateJwk | undefined {
  const jwk = pick(record, JWK_MEMBERS);
  const alg = ALGS.get(jwk.kty === "RSA" ? jwk.kty : jwk.crv);
  return alg === undefined || jwk.d === undefined ? undefined : { jwk, alg };
}

/** Every object in a JSON value, down to a depth and breadth that no file of keys has. */
function recordsIn(value: unknown, level = 0): readonly AnyRecord[] {
  if (typeof value !== "object" || value === null || level > JSON_LEVELS_MAX) return [];
  const members = Object.values(value).slice(0, JSON_MEMBERS_MAX);
  return [value as AnyRecord, ...members.flatMap((member) => recordsIn(member, level + 1))];
}

function pick(record: AnyRecord, names: readonly string[]): JWK {
  const members = names.map((name) => [name, record[name]] as const);
  return Object.fromEntries(members.filter(([, value]) => isMember(value)));
}

function isMember(value: unknown): value is string {
  return typeof value === "string" && value.length <= JWK_MEMBER_MAX_CHARACTERS;
}
