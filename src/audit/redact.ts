import type { ClaimCriterion } from "../protocol/index.ts";

const UTF8 = new TextEncoder();

/** Bounds of what an event keeps of a foreign token: enough to explain a decision and to find its tokens again. */
const CLAIMS_MAX_BYTES = 4096;
const CLAIM_NAME_MAX_CHARACTERS = 256;
const STRING_MAX_CHARACTERS = 512;
const ARRAY_MAX_ITEMS = 32;
const DEPTH_MAX = 4;
const MEMBERS_MAX = 64;

const SENSITIVE_NAME =
  /secret|passw|passphrase|pwd|credential|api[_-]?key|private|bearer|cookie|authorization|token$|jwt$|^at_hash$|^nonce$/i;
/**
 * A compact JWS or JWE inside other text, whole or with parts left out. Its header begins as every JSON object does in
 * base64url: a brace, then a quote or white space. So a host with long labels is none.
 */
const JWT_IN_TEXT = /e(?:y[A-DI-L]|w[k-r0-3])[A-Za-z0-9_-]{13,2048}(?:\.[A-Za-z0-9_-]*){2,4}/g;
/** A private key in PEM, whole or cut off, also with line ends as JSON writes them. @see RFC 7468 */
const PRIVATE_KEY_IN_TEXT =
  /-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----[A-Za-z0-9+/=\s\\]*(?:-----END [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----)?/g;
const REDACTED = "[redacted]";
const DEEPER = "[deeper]";

/**
 * The claims of a foreign token as the record may keep them: without what looks like a credential, bounded in
 * depth, length and size. Claims in `first` (those that assertions judge) win the room there is.
 */
export function redactClaims(
  claims: Readonly<Record<string, unknown>>,
  first: readonly string[],
  maxBytes = CLAIMS_MAX_BYTES,
): Readonly<Record<string, unknown>> {
  const names = [
    ...new Set([...first.filter((name) => Object.hasOwn(claims, name)), ...Object.keys(claims)]),
  ];
  const redacted = names
    .slice(0, MEMBERS_MAX)
    .filter((name) => name.length <= CLAIM_NAME_MAX_CHARACTERS)
    .map((name) => [withoutTokens(name), redactValue(name, claims[name], 1)] as const);
  const all = Object.fromEntries(redacted);
  return bytesOf(all) <= maxBytes ? all : Object.fromEntries(withinBytes(redacted, maxBytes));
}

/** The first members that fit together, in their order. */
function withinBytes(
  members: readonly (readonly [string, unknown])[],
  maxBytes: number,
): readonly (readonly [string, unknown])[] {
  let bytes = 2;
  return members.filter((member) => {
    const size = bytesOf(member);
    if (bytes + size > maxBytes) return false;
    bytes += size;
    return true;
  });
}

function bytesOf(value: unknown): number {
  return UTF8.encode(JSON.stringify(value)).length;
}

function redactValue(name: string, value: unknown, depth: number): unknown {
  if (SENSITIVE_NAME.test(name)) return REDACTED;
  if (typeof value === "string") return withoutTokens(value).slice(0, STRING_MAX_CHARACTERS);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= DEPTH_MAX) return DEEPER;
  if (Array.isArray(value)) {
    return value.slice(0, ARRAY_MAX_ITEMS).map((item) => redactValue("", item, depth + 1));
  }
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, MEMBERS_MAX)
      .map(([member, inner]) => [
        withoutTokens(member).slice(0, CLAIM_NAME_MAX_CHARACTERS),
        redactValue(member, inner, depth + 1),
      ]),
  );
}

/** The value of a claim at a path, as the record may keep it: nothing below a name that is a credential's. */
export function redactClaim(segments: readonly string[], value: unknown): unknown {
  if (segments.some((name) => SENSITIVE_NAME.test(name))) return value === undefined ? undefined : REDACTED;
  return redactValue("", value, 1);
}

/** Whether a value of the record may be less than the token said: cut, or left out. Rather too often than too seldom. */
export function isCutShort(value: unknown): boolean {
  if (Array.isArray(value) && value.length >= ARRAY_MAX_ITEMS) return true;
  const shown = JSON.stringify(value);
  return shown.includes(REDACTED) || shown.includes(DEEPER) || shown.length >= STRING_MAX_CHARACTERS;
}

/**
 * How the record would show this value of a claim, at this path: what to compare recorded claims with. Undefined
 * where the record keeps no such value: a sensitive name, too deep, a value that is itself a token.
 */
export function recordedClaim(
  segments: readonly string[],
  value: ClaimCriterion["value"],
): ClaimCriterion["value"] | undefined {
  if (
    segments.length > DEPTH_MAX ||
    segments.some((name) => SENSITIVE_NAME.test(name) || name !== withoutTokens(name))
  )
    return undefined;
  if (typeof value !== "string") return value;
  return value === withoutTokens(value) ? value.slice(0, STRING_MAX_CHARACTERS) : undefined;
}

/** Foreign text without the tokens and private keys that somebody may have put into it. */
export function withoutTokens(text: string): string {
  const plain = mayHoldToken(text) ? text.replace(JWT_IN_TEXT, REDACTED) : text;
  return plain.includes("-----BEGIN") ? plain.replace(PRIVATE_KEY_IN_TEXT, REDACTED) : plain;
}

/** Most text has no such header, and is spared the pattern. */
function mayHoldToken(text: string): boolean {
  return text.includes(".") && (text.includes("ey") || text.includes("ew"));
}
