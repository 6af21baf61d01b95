import { base64url } from "jose";
import { recordedText } from "../audit/index.ts";
import { accept, type ExchangeRefusal, isRecord, type Result, refuse } from "../protocol/index.ts";
import { FOREIGN_ALGORITHMS } from "./algorithms.ts";
import { KID_MAX_CHARACTERS } from "./key_hygiene.ts";

/** Longest of these tokens in characters; looked at before anything else. */
export const FOREIGN_TOKEN_MAX_CHARACTERS = 16 * 1024;
const SUBJECT_MAX_CHARACTERS = 2048;
/** Objects and arrays inside each other; whoever walks claims later walks no deeper. */
const NESTING_MAX = 16;

/** A token that we did not sign, taken apart. Nothing in it is believed yet. */
export interface DecodedJwt {
  readonly compact: string;
  readonly alg: string;
  readonly kid: string;
  readonly issuer: string;
  readonly subject: string;
  readonly audience: readonly string[];
  readonly expiresAt: number;
  readonly notBefore: number | undefined;
  readonly issuedAt: number | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
}

type Decoded<Value> = Result<Value, ExchangeRefusal>;
type Members = Readonly<Record<string, unknown>>;

/**
 * Takes a compact JWS apart, strictly: size first, then form, header, registered claims.
 * @see RFC 7515 s7.1, RFC 7519 s4.1, RFC 8725 s3
 */
export function decodeJwt(compact: string): Decoded<DecodedJwt> {
  const parts = splitCompact(compact);
  if (!parts.ok) return parts;
  const header = readHeader(parts.value.header);
  if (!header.ok) return header;
  const claims = readClaims(parts.value.payload);
  if (!claims.ok) return claims;
  return accept({ compact, ...header.value, ...claims.value, claims: parts.value.payload });
}

/** How long bare claims are taken to be good for, where they do not say. */
const BARE_CLAIMS_SECONDS = 300;

/**
 * Claims without a token, as somebody wrote them down to see what would become of them: judged like a token's, but that
 * the times may be left out. @param now integer seconds
 */
export function decodeClaims(claims: Members, now: number): Decoded<DecodedJwt> {
  if (!isShallow(claims, NESTING_MAX)) return malformed("The claims are too deeply nested.");
  const timed = { iat: now, exp: now + BARE_CLAIMS_SECONDS, ...claims };
  const read = readClaims(timed);
  if (!read.ok) return read;
  return accept({ compact: "", alg: "none", kid: "", ...read.value, claims: timed });
}

/** Nothing but three canonical base64url parts: jose alone would let white space, padding and stray bits pass. */
const COMPACT_JWS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

function splitCompact(compact: string): Decoded<{ header: Members; payload: Members }> {
  if (compact.length > FOREIGN_TOKEN_MAX_CHARACTERS) {
    return refuse({ reason: "token_too_large", detail: `The token has ${compact.length} characters.` });
  }
  if (!COMPACT_JWS.test(compact)) return malformed("It is not three parts of base64url joined by dots.");
  const [header, payload, signature] = compact.split(".").map(canonicalBytes);
  if (header === undefined || payload === undefined || signature === undefined) {
    return malformed("A part is not canonical base64url.");
  }
  const headerMembers = jsonObject(header);
  const payloadMembers = jsonObject(payload);
  if (headerMembers === undefined) return malformed("The header is not a JSON object in UTF-8.");
  if (payloadMembers === undefined)
    return malformed("The payload is not a JSON object in UTF-8, or too deeply nested.");
  return accept({ header: headerMembers, payload: payloadMembers });
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What the last character may be, by how many characters stand in the last group of four: its spare bits are zero. */
const CANONICAL_ENDS: readonly (RegExp | undefined)[] = [/./, undefined, /[AQgw]$/, /[AEIMQUYcgkosw048]$/];

/** The bytes of what the pattern above let through, where no other text stands for the same. @see RFC 4648 s3.5 */
function canonicalBytes(part: string): Uint8Array | undefined {
  return CANONICAL_ENDS[part.length % 4]?.test(part) ? base64url.decode(part) : undefined;
}

function jsonObject(bytes: Uint8Array): Members | undefined {
  try {
    const value: unknown = JSON.parse(UTF8.decode(bytes));
    return isRecord(value) && isShallow(value, NESTING_MAX) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return levels > 0 && Object.values(value).every((member) => isShallow(member, levels - 1));
}

/** A token of another kind says so by its typ; what says nothing is taken for a plain JWT. @see RFC 8725 s3.11 */
const ALLOWED_TYPES = /^(?:application\/)?(?:jwt|jose|at\+jwt|client-authentication\+jwt)$/i;

function readHeader(header: Members): Decoded<{ alg: string; kid: string }> {
  const { alg, kid, typ, crit, b64 } = header;
  if (crit !== undefined || b64 !== undefined) {
    return refuse({ reason: "critical_header", detail: "The header has crit or b64." });
  }
  if (typ !== undefined && typeof typ !== "string") return malformed("The header's typ is not a string.");
  if (typ !== undefined && !ALLOWED_TYPES.test(typ)) {
    return refuse({ reason: "token_type_not_allowed", detail: `The header's typ is ${quote(typ)}.` });
  }
  if (typeof alg !== "string" || !FOREIGN_ALGORITHMS.includes(alg)) {
    return refuse({
      reason: "algorithm_not_allowed",
      detail: `The header's alg is ${quote(alg)}; accepted are ${FOREIGN_ALGORITHMS.join(", ")}.`,
    });
  }
  if (kid === undefined) return refuse({ reason: "kid_missing", detail: "The header has no kid." });
  if (typeof kid !== "string" || kid === "" || kid.length > KID_MAX_CHARACTERS) {
    return malformed(`The header's kid is not a string of 1 to ${KID_MAX_CHARACTERS} characters.`);
  }
  return accept({ alg, kid });
}

type RegisteredClaims = Omit<DecodedJwt, "compact" | "alg" | "kid" | "claims">;

function readClaims(claims: Members): Decoded<RegisteredClaims> {
  for (const name of ["iss", "sub", "aud", "exp"]) {
    if (!Object.hasOwn(claims, name))
      return refuse({ reason: "claim_missing", detail: `The claim ${name} is missing.` });
  }
  const { iss, sub, aud, exp, nbf, iat } = claims;
  if (Object.hasOwn(claims, "events")) {
    return refuse({
      reason: "token_type_not_allowed",
      detail: "It is a security event or logout token (events).",
    });
  }
  if (!isText(iss)) return wrongClaim("iss", "a string that is not empty");
  if (!isText(sub) || sub.length > SUBJECT_MAX_CHARACTERS) {
    return wrongClaim("sub", `a string of 1 to ${SUBJECT_MAX_CHARACTERS} characters`);
  }
  const audience = typeof aud === "string" ? [aud] : aud;
  if (!Array.isArray(audience) || audience.length === 0 || !audience.every(isText)) {
    return wrongClaim("aud", "a string, or an array of strings, that is not empty");
  }
  if (!isNumericDate(exp)) return wrongClaim("exp", "a number of seconds");
  if (nbf !== undefined && !isNumericDate(nbf)) return wrongClaim("nbf", "a number of seconds");
  if (iat !== undefined && !isNumericDate(iat)) return wrongClaim("iat", "a number of seconds");
  return accept({ issuer: iss, subject: sub, audience, expiresAt: exp, notBefore: nbf, issuedAt: iat });
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.isWellFormed();
}

function isNumericDate(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function malformed(detail: string): Decoded<never> {
  return refuse({ reason: "token_malformed", detail });
}

function wrongClaim(name: string, shape: string): Decoded<never> {
  return refuse({ reason: "claim_malformed", detail: `The claim ${name} must be ${shape}.` });
}

/** Foreign text in a detail: escaped, without tokens, and not without end. */
export function quote(value: unknown): string {
  return recordedText(JSON.stringify(value) ?? "absent").slice(0, 200);
}
