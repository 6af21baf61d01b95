import { hexOf } from "../protocol/index.ts";
import { DER, type DerElement, derChildren, derElement, derInside, derOfBase64, pemOf } from "./der.ts";

/** A private key in the one form that the runtime imports, and an algorithm of it, which an import needs. */
export interface Pkcs8 {
  /** @see RFC 7468 s10 */
  readonly pem: string;
  readonly alg: string;
}

/** Of 5 KiB: an RSA key of 8192 bits has 4.7 KB. */
const BASE64_MAX_CHARACTERS = (5 * 1024 * 4) / 3;
/** Version, modulus, two exponents, two primes, two exponents of these, and a coefficient. @see RFC 8017 A.1.2 */
const PKCS1_NUMBERS = 9;

const RSA_ENCRYPTION = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
const EC_PUBLIC_KEY = [6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
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
  const der = base64.length > BASE64_MAX_CHARACTERS ? undefined : derOfBase64(base64);
  if (der === undefined) return undefined;
  const children = derChildren(derInside(der, DER.sequence));
  const [version, second, third] = children;
  if (version?.tag !== DER.integer || second === undefined || third === undefined) return undefined;
  if (second.tag === DER.sequence && third.tag === DER.octetString)
    return wrap(second.content, third.content);
  if (second.tag === DER.octetString) return wrapSec1(der, children);
  return children.length === PKCS1_NUMBERS ? wrap(RSA_ENCRYPTION, der) : undefined;
}

/** The curve stands inside, beside the key, where PKCS #8 wants it around. @see RFC 5915 s3 */
function wrapSec1(der: Uint8Array, children: readonly DerElement[]): Pkcs8 | undefined {
  const parameters = children.find(({ tag }) => tag === DER.context0);
  const [curve] = derChildren(parameters?.content ?? new Uint8Array());
  return curve?.tag === DER.objectIdentifier ? wrap([...EC_PUBLIC_KEY, ...curve.whole], der) : undefined;
}

/** @see RFC 5208 s5 */
function wrap(identifier: Iterable<number>, key: Uint8Array): Pkcs8 | undefined {
  const alg = ALGS.get(hexOf(identifier));
  if (alg === undefined) return undefined;
  const der = derElement(
    DER.sequence,
    [DER.integer, 1, 0],
    derElement(DER.sequence, identifier),
    derElement(DER.octetString, key),
  );
  return { pem: pemOf("PRIVATE KEY", der), alg };
}
