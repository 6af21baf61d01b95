import { base64url } from "jose";
import { type DecodedJwt, decodeJwt } from "../../../src/trust/decode.ts";

/** The frozen clock: integer seconds since the epoch. */
export const NOW = 1_800_000_000;

export const GOOD_HEADER = { alg: "ES256", kid: "key-1" };

export const GOOD_CLAIMS = {
  iss: "https://issuer.example",
  sub: "repo:acme/shop:ref:refs/heads/main",
  aud: "https://sts.example.com",
  exp: NOW + 300,
};

/** Any 64 bytes: what is not verified needs no sense. */
export const SOME_SIGNATURE = base64url.encode(new Uint8Array(64).fill(7));

/** JSON, or text and bytes as they are, as a part of a compact JWS. */
export function partOf(content: unknown): string {
  const isRaw = typeof content === "string" || content instanceof Uint8Array;
  return base64url.encode(isRaw ? content : JSON.stringify(content));
}

/** A compact JWS that nobody signed; a header or payload given as text is taken literally. */
export function rawToken(header: unknown = GOOD_HEADER, payload: unknown = GOOD_CLAIMS): string {
  return `${partOf(header)}.${partOf(payload)}.${SOME_SIGNATURE}`;
}

/** The good claims with others put in; undefined takes one out. */
export function claimsWith(changes: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { ...GOOD_CLAIMS, ...changes };
}

/** The reason, or that there was none to refuse. */
export function outcomeOf(compact: string): { readonly reason: string; readonly detail: string } {
  const decoded = decodeJwt(compact);
  return decoded.ok ? { reason: "accepted", detail: "" } : decoded.refusal;
}

/** @throws Error with the reason, where a token was expected to be taken apart */
export function decoded(compact: string): DecodedJwt {
  const result = decodeJwt(compact);
  if (result.ok) return result.value;
  throw new Error(`${result.refusal.reason}: ${result.refusal.detail}`);
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** The same bytes in another spelling: a bit that stands for nothing is set in the last character. */
export function withStrayBit(part: string): string {
  const last = ALPHABET.indexOf(part.at(-1) ?? "");
  return part.slice(0, -1) + (ALPHABET[last + 1] ?? "");
}
