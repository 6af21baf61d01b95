import { DER, derChildren, derElement, derInside, derOfBase64, pemOf } from "../keyring/index.ts";
import { accept, hexOf, type Result, refuse } from "../protocol/index.ts";

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
  const der = derOfBase64(body);
  if (der !== undefined && isPrivate(der)) return refuse(PRIVATE_KEY_SENT);
  const spki = der === undefined ? undefined : reader(der);
  return spki === undefined ? refuse(notInside(label)) : judgeKind(spki, label);
}

/** @see RFC 7468 s13 */
export function pemOfSpki(der: Uint8Array): string {
  return pemOf("PUBLIC KEY", der);
}

function judgeKind(spki: Uint8Array, label: string): Result<Spki, string> {
  const [identifier] = derChildren(derInside(spki, DER.sequence));
  const [algorithm, parameters] = derChildren(derInside(identifier?.whole, DER.sequence));
  if (algorithm?.tag !== DER.objectIdentifier) return refuse(notInside(label));
  const curve = parameters?.tag === DER.objectIdentifier ? `.${hexOf(parameters.content)}` : "";
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
  const [version] = derChildren(derInside(der, DER.sequence));
  return version?.tag === DER.integer && version.content.length === 1;
}

function spkiOfPkcs1(der: Uint8Array): Uint8Array | undefined {
  const numbers = derChildren(derInside(der, DER.sequence));
  if (numbers.length !== 2 || numbers.some(({ tag }) => tag !== DER.integer)) return undefined;
  const rsaEncryption = [DER.sequence, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
  return derElement(DER.sequence, rsaEncryption, derElement(DER.bitString, [0], der));
}

/** @see RFC 5280 s4.1: version (absent in v1), serial, signature, issuer, validity, subject, and then the key */
function spkiOfCertificate(der: Uint8Array): Uint8Array | undefined {
  const [toBeSigned] = derChildren(derInside(der, DER.sequence));
  const fields = derChildren(derInside(toBeSigned?.whole, DER.sequence));
  return fields[fields[0]?.tag === DER.context0 ? 6 : 5]?.whole;
}
