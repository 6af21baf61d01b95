/** A private key in the one form that the runtime imports, and an algorithm of it, which an import needs. */
export interface Pkcs8 {
  /** @see RFC 7468 s10 */
  readonly pem: string;
  readonly alg: string;
}

type Bytes = readonly number[];

const [INTEGER, OCTET_STRING, OBJECT_IDENTIFIER, SEQUENCE, CONTEXT_0] = [0x02, 0x04, 0x06, 0x30, 0xa0];
/** An RSA key of 8192 bits has 4.7 KB. */
const DER_MAX_BYTES = 5 * 1024;
/** Version, modulus, two exponents, two primes, two exponents of these, and a coefficient. @see RFC 8017 A.1.2 */
const PKCS1_NUMBERS = 9;

const RSA_ENCRYPTION: Bytes = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
const EC_PUBLIC_KEY: Bytes = [6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
/** What stands in an AlgorithmIdentifier, in hexadecimal. @see RFC 3279, RFC 5480, RFC 8410 */
const ALGS: ReadonlyMap<string, string> = new Map([
  [hexOf(RSA_ENCRYPTION), "RS256"],
  [hexOf([...EC_PUBLIC_KEY, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]), "ES256"],
  [hexOf([...EC_PUBLIC_KEY, 6, 5, 0x2b, 0x81, 4, 0, 0x22]), "ES384"],
  [hexOf([...EC_PUBLIC_KEY, 6, 5, 0x2b, 0x81, 4, 0, 0x23]), "ES512"],
  [hexOf([6, 3, 0x2b, 0x65, 0x70]), "EdDSA"],
]);

/**
 * Reads base64 of PKCS #8, PKCS #1 or SEC 1, whichever its bytes are: a label can lie. Nothing when it is none of them
 * or of another kind of key. The public half that PKCS #8 can carry is left behind. @see RFC 5958 s2
 */
export function pkcs8Of(base64: string): Pkcs8 | undefined {
  const der = bytesOf(base64);
  const children = childrenOf(inside(der, SEQUENCE));
  const [version, second, third] = children;
  if (version?.tag !== INTEGER || second === undefined || third === undefined) return undefined;
  if (second.tag === SEQUENCE && third.tag === OCTET_STRING) return wrap(second.content, third.content);
  if (second.tag === OCTET_STRING) return wrapSec1(der, children);
  return children.length === PKCS1_NUMBERS ? wrap(RSA_ENCRYPTION, der) : undefined;
}

/** The curve stands inside, beside the key, where PKCS #8 wants it around. @see RFC 5915 s3 */
function wrapSec1(der: Bytes, children: readonly Element[]): Pkcs8 | undefined {
  const parameters = children.find(({ tag }) => tag === CONTEXT_0);
  const [curve] = childrenOf(parameters?.content ?? []);
  return curve?.tag === OBJECT_IDENTIFIER ? wrap([...EC_PUBLIC_KEY, ...curve.whole], der) : undefined;
}

/** @see RFC 5208 s5 */
function wrap(identifier: Bytes, key: Bytes): Pkcs8 | undefined {
  const alg = ALGS.get(hexOf(identifier));
  if (alg === undefined) return undefined;
  const der = encode(SEQUENCE, [
    ...[INTEGER, 1, 0],
    ...encode(SEQUENCE, identifier),
    ...encode(OCTET_STRING, key),
  ]);
  return {
    pem: `-----BEGIN PRIVATE KEY-----\n${btoa(String.fromCharCode(...der))}\n-----END PRIVATE KEY-----`,
    alg,
  };
}

interface Element {
  readonly tag: number;
  readonly content: Bytes;
  readonly whole: Bytes;
}

/** What stands in the one element that these bytes are; nothing when they are not one of this tag. */
function inside(bytes: Bytes, tag: number): Bytes {
  const element = elementAt(bytes, 0);
  return element?.tag === tag && element.whole.length === bytes.length ? element.content : [];
}

/** Elements side by side, ten at most, as no key has more; none when they do not end where the bytes do. */
function childrenOf(bytes: Bytes): readonly Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const element = elementAt(bytes, at);
    if (element === undefined || elements.length > PKCS1_NUMBERS) return [];
    elements.push(element);
    at += element.whole.length;
  }
  return elements;
}

/** Lengths of at most two bytes: no key that we read holds more. @see X.690 s8.1 */
function elementAt(bytes: Bytes, at: number): Element | undefined {
  const [tag, first] = bytes.slice(at, at + 2);
  if (tag === undefined || first === undefined || first === 0x80 || first > 0x82) return undefined;
  const start = at + 2 + (first < 0x80 ? 0 : first - 0x80);
  const length = first < 0x80 ? first : bytes.slice(at + 2, start).reduce((sum, byte) => sum * 256 + byte, 0);
  if (start + length > bytes.length) return undefined;
  return { tag, content: bytes.slice(start, start + length), whole: bytes.slice(at, start + length) };
}

function encode(tag: number, content: Bytes): Bytes {
  const { length } = content;
  const header =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return [tag, ...header, ...content];
}

/** None when it is no base64, or longer than a key can be. */
function bytesOf(base64: string): Bytes {
  if (base64.length > (DER_MAX_BYTES * 4) / 3) return [];
  try {
    return Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return [];
  }
}

function hexOf(bytes: Bytes): string {
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
