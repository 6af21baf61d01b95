/** Tags of the elements that keys and certificates are made of. @see X.690 s8 */
export const DER = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  sequence: 0x30,
  context0: 0xa0,
} as const;

/** One element of DER. `whole` is tag and length with the content. */
export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly whole: Uint8Array;
}

/** No key and no certificate has more side by side: an RSA key of many primes and a certificate's body have as many. */
const SIBLINGS_MAX = 10;

/** What stands in the one element that these bytes are; nothing when they are not one of this tag. */
export function derInside(bytes: Uint8Array | undefined, tag: number): Uint8Array {
  const element = bytes === undefined ? undefined : elementAt(bytes, 0);
  const fits = element?.tag === tag && element.whole.length === bytes?.length;
  return fits ? element.content : new Uint8Array();
}

/** Elements side by side, ten at most; none when they do not end where the bytes do. */
export function derChildren(bytes: Uint8Array): readonly DerElement[] {
  const elements: DerElement[] = [];
  for (let at = 0; at < bytes.length; ) {
    const element = elementAt(bytes, at);
    if (element === undefined || elements.length === SIBLINGS_MAX) return [];
    elements.push(element);
    at += element.whole.length;
  }
  return elements;
}

/** Lengths of at most two bytes: no text that we take holds more. @see X.690 s8.1.3 */
function elementAt(bytes: Uint8Array, at: number): DerElement | undefined {
  const [tag, first] = bytes.subarray(at, at + 2);
  if (tag === undefined || first === undefined || first === 0x80 || first > 0x82) return undefined;
  const start = at + 2 + (first < 0x80 ? 0 : first - 0x80);
  const length =
    first < 0x80 ? first : bytes.subarray(at + 2, start).reduce((sum, byte) => sum * 256 + byte, 0);
  const end = start + length;
  if (end > bytes.length) return undefined;
  return { tag, content: bytes.subarray(start, end), whole: bytes.subarray(at, end) };
}

/** Writes one element, its length in the fewest bytes: 65,535 at most. @see X.690 s10.1 */
export function derElement(tag: number, ...parts: readonly Iterable<number>[]): Uint8Array {
  const content = parts.flatMap((part) => [...part]);
  const { length } = content;
  const header =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Uint8Array.from([tag, ...header, ...content]);
}

/** The bytes that base64 stands for, as PEM has it; undefined when it is none. */
export function derOfBase64(base64: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** A PEM block, with line feeds and none at the end. @see RFC 7468 s3 */
export function pemOf(label: string, der: Uint8Array): string {
  return `-----BEGIN ${label}-----\n${btoa(String.fromCharCode(...der))}\n-----END ${label}-----`;
}
