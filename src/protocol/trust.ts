/** One condition on a foreign token's claims. `item` is a claim's name, or a JSON Pointer when it begins with `/`. */
export interface ClaimAssertion {
  readonly item: string;
  readonly operator: "equals";
  readonly value: string;
}

/** A key set as it was uploaded: public keys only. @see RFC 7517 s5 */
export interface UploadedKeySet {
  readonly keys: readonly JsonWebKeyWithKid[];
}

/** A public JWK that has a name. @see RFC 7517 s4 */
export type JsonWebKeyWithKid = Readonly<Record<string, unknown>> & {
  readonly kid: string;
  readonly kty: string;
};

/** An item's path: a claim's name is one segment, whatever dots it has; `/` begins a JSON Pointer. @see RFC 6901 */
export function segmentsOf(item: string): readonly string[] {
  if (!item.startsWith("/")) return [item];
  return item
    .slice(1)
    .split("/")
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
}
