import { accept, type Result, refuse } from "../protocol/index.ts";

/** A SubjectPublicKeyInfo in DER, and an algorithm of its key, which an import needs. @see RFC 5280 s4.1.2.7 */
export interface Spki {
  readonly der: Uint8Array;
  readonly alg: string;
}

export const PRIVATE_KEY_SENT =
  "This is a private key, and by being sent it has left its place: use it no more, make a new pair and send only its public half.";
export const WHAT_FORM =
  "Send one public key: a PEM block PUBLIC KEY, RSA PUBLIC KEY or CERTIFICATE, or one JWK as JSON.";
export const WHAT_KIND =
  "Send a key for signatures: RSA of 2048 to 8192 bits with the exponent 65537, EC on P-256, P-384 or P-521, or Ed25519.";

const BLOCK = /^-----BEGIN ([A-Z0-9 ]{1,64})-----([A-Za-z0-9+/=\s]*)-----END \1-----$/;
const [INTEGER, BIT_STRING, OBJECT_IDENTIFIER, SEQUENCE, CONTEXT_0] = [0x02, 0x03, 0x06, 0x30, 0xa0];

/** How to come to the SPKI from each block that we read. @see RFC 7468 s5, s13; RFC 8017 A.1.1 */
const READERS: ReadonlyMap<string, (der: Uint8Array) => Uint8Array | undefined> = new Map([
  ["PUBLIC KEY", (der: Uint8Array) => der],
  ["RSA PUBLIC KEY", spkiOfPkcs1],
  ["CERTIFICATE", spkiOfCertificate],
]);

/** Object identifiers of an SPKI, its curve's after a dot, in hexadecimal. @see RFC 3279, RFC 5480, RFC 8410 */
const KINDS: Readonly<Record<string, { readonly alg: string } | { readonly name: string }>> = {
  "2a864886f70d010101": { alg: "RS256" },
  "2a8648ce3d0201.2a8648ce3d030107": { alg: "ES256" },
  "2a8648ce3d0201.2b81040022": { alg: "ES384" },
  "2a8648ce3d0201.2b81040023": { alg: "ES512" },
  "2b6570": { alg: "EdDSA" },
  "2a864886f70d01010a": { name: "bound to RSA-PSS; an RSA key without that bond may sign PS256 too" },
  "2a8648ce380401": { name: "of DSA" },
  "2a8648ce3d0201.2b8104000a": { name: "on the curve secp256k1" },
  "2a8648ce3d0201": { name: "on a curve without a name" },
  "2b656e": { name: "of X25519, which signs nothing" },
  "2b656f": { name: "of X448, which signs nothing" },
  "2b6571": { name: "of Ed448" },
};

/** The key of exactly one PEM block. A certificate is only what its key came in: its dates and issuer say nothing. */
export function spkiOfPem(text: string): Result<Spki, string> {
  const blocks = text.split("-----BEGIN ").length - 1;
  if (blocks === 0) return refuse(`This is no form of key that we read. ${WHAT_FORM}`);
  if (blocks > 1) return refuse(`This is more than one PEM block: of a chain, send the first. ${WHAT_FORM}`);
  const [, label = "", body = ""] = BLOCK.exec(text) ?? [];
  if (label === "") {
    return refuse(`This is a PEM block that is broken or has other text around or inside it. ${WHAT_FORM}`);
  }
  const reader = READERS.get(label);
  if (reader === undefined) return refuse(`This is a PEM block of another kind. ${WHAT_FORM}`);
  const der = bytesOf(body);
  if (der !== undefined && isPrivate(der)) return refuse(PRIVATE_KEY_SENT);
  const spki = der === undefined ? undefined : reader(der);
  return spki === undefined ? refuse(notInside(label)) : judgeKind(spki, label);
}

/** @see RFC 7468 s13 */
export function pemOfSpki(der: Uint8Array): string {
  return `-----BEGIN PUBLIC KEY-----\n${btoa(String.fromCharCode(...der))}\n-----END PUBLIC KEY-----`;
}

function judgeKind(spki: Uint8Array, label: string): Result<Spki, string> {
  const [identifier] = childrenOf(inside(spki, SEQUENCE));
  const [algorithm, parameters] = childrenOf(inside(identifier?.whole, SEQUENCE));
  if (algorithm?.tag !== OBJECT_IDENTIFIER) return refuse(notInside(label));
  const curve = parameters?.tag === OBJECT_IDENTIFIER ? `.${hexOf(parameters.content)}` : "";
  const kind = KINDS[`${hexOf(algorithm.content)}${curve}`];
  if (kind === undefined)
    return refuse(`This key is of a kind or on a curve that we do not take. ${WHAT_KIND}`);
  return "alg" in kind
    ? accept({ der: spki, alg: kind.alg })
    : refuse(`This key is ${kind.name}. ${WHAT_KIND}`);
}

function notInside(label: string): string {
  return `This PEM block does not hold what its label ${label} says. Send it whole, as the tool that made it wrote it.`;
}

/** All private forms begin with a version, which public ones lack: a label can lie. @see RFC 5958, 8017, 5915 */
function isPrivate(der: Uint8Array): boolean {
  const [version] = childrenOf(inside(der, SEQUENCE));
  return version?.tag === INTEGER && version.content.length === 1;
}

function spkiOfPkcs1(der: Uint8Array): Uint8Array | undefined {
  const numbers = childrenOf(inside(der, SEQUENCE));
  if (numbers.length !== 2 || numbers.some(({ tag }) => tag !== INTEGER)) return undefined;
  const rsaEncryption = [SEQUENCE, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
  return Uint8Array.from(encode(SEQUENCE, [...rsaEncryption, ...encode(BIT_STRING, [0, ...der])]));
}

/** @see RFC 5280 s4.1: version (absent in v1), serial, signature, issuer, validity, subject, and then the key */
function spkiOfCertificate(der: Uint8Array): Uint8Array | undefined {
  const [toBeSigned] = childrenOf(inside(der, SEQUENCE));
  const fields = childrenOf(inside(toBeSigned?.whole, SEQUENCE));
  return fields[fields[0]?.tag === CONTEXT_0 ? 6 : 5]?.whole;
}

interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly whole: Uint8Array;
}

/** What stands in the one element that these bytes are; nothing when they are not one of this tag. */
function inside(bytes: Uint8Array | undefined, tag: number): Uint8Array {
  const element = bytes === undefined ? undefined : elementAt(bytes, 0);
  const fits = element?.tag === tag && element.whole.length === bytes?.length;
  return fits ? element.content : new Uint8Array();
}

/** Elements side by side; none when they do not end where the bytes do. */
function childrenOf(bytes: Uint8Array): readonly Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const element = elementAt(bytes, at);
    if (element === undefined) return [];
    elements.push(element);
    at += element.whole.length;
  }
  return elements;
}

/** Lengths of at most two bytes: no text that we take holds more. @see X.690 s8.1 */
function elementAt(bytes: Uint8Array, at: number): Element | undefined {
  const [tag, first] = bytes.subarray(at, at + 2);
  if (tag === undefined || first === undefined || first === 0x80 || first > 0x82) return undefined;
  const start = at + 2 + (first < 0x80 ? 0 : first - 0x80);
  const length =
    first < 0x80 ? first : bytes.subarray(at + 2, start).reduce((sum, byte) => sum * 256 + byte, 0);
  if (start + length > bytes.length) return undefined;
  return { tag, content: bytes.subarray(start, start + length), whole: bytes.subarray(at, start + length) };
}

function encode(tag: number, content: readonly number[]): readonly number[] {
  const { length } = content;
  if (length < 0x80) return [tag, length, ...content];
  return [tag, 0x82, length >> 8, length & 0xff, ...content];
}

function bytesOf(base64: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
