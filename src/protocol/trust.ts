/** What a claim is compared with, or one of a list. A string never equals a number or a boolean. */
export type ClaimScalar = string | number | boolean;

/**
 * How a claim is judged. `exists` takes a boolean; `in` and `notIn` a list; `glob` a text in which `*` stays between `/`
 * or `:` and `**` crosses; `lessThan` and `greaterThan` a number, or an instant in RFC 3339; the others one scalar.
 */
export const OPERATORS = [
  "equals",
  "notEquals",
  "in",
  "notIn",
  "exists",
  "glob",
  "lessThan",
  "greaterThan",
] as const;

/** One of them. */
export type Operator = (typeof OPERATORS)[number];

/** `enforce` decides; `shadow` is judged and recorded, and neither grants nor refuses. */
export const MODES = ["enforce", "shadow"] as const;

/** One of them. */
export type Mode = (typeof MODES)[number];

/** One condition on a foreign token's claims. `item` is a claim's name, or a JSON Pointer when it begins with `/`. */
export interface ClaimAssertion {
  readonly item: string;
  readonly operator: Operator;
  readonly value: ClaimScalar | readonly ClaimScalar[];
  /** Enforced without it. */
  readonly mode?: Mode | undefined;
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

/** The item of a path: a claim's name alone where that is one, else a JSON Pointer. */
export function itemOf(segments: readonly string[]): string {
  const [name = ""] = segments;
  return segments.length === 1 && !name.startsWith("/") ? name : pointerOf(segments);
}

/** @see RFC 6901 s3 */
export function pointerOf(segments: readonly string[]): string {
  return segments.map((segment) => `/${segment.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** One text for one place: `sub` and `/sub` are the same. */
export function pathOf(item: string): string {
  return JSON.stringify(segmentsOf(item));
}

/** The ids that a name had when it was first believed: whoever has the name with other ids later is somebody else. */
export interface LearnedIds {
  readonly item: string;
  readonly value: string;
  readonly ids: Readonly<Record<string, ClaimScalar>>;
}

/** A key that an issuer was seen to publish. Instants are integer seconds. */
export interface SeenKey {
  readonly kid: string;
  readonly algorithm: string | null;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
}

/** A claim that an issuer's believed tokens were seen to carry, and of which JSON types. */
export interface SeenClaim {
  readonly name: string;
  readonly types: readonly string[];
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
}
