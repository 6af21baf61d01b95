import { base64url, generateKeyPair, SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { decodeJwt, FOREIGN_TOKEN_MAX_CHARACTERS } from "../../../src/trust/decode.ts";
import {
  decoded,
  GOOD_CLAIMS,
  GOOD_HEADER,
  outcomeOf,
  partOf,
  rawToken,
  SOME_SIGNATURE,
  withStrayBit,
} from "./raw_tokens.ts";

const NOT_THREE_PARTS = "It is not three parts of base64url joined by dots.";
const NOT_CANONICAL = "A part is not canonical base64url.";
const BAD_HEADER = "The header is not a JSON object in UTF-8.";
const BAD_PAYLOAD = "The payload is not a JSON object in UTF-8, or too deeply nested.";

const [HEADER, PAYLOAD, SIGNATURE] = [partOf(GOOD_HEADER), partOf(GOOD_CLAIMS), SOME_SIGNATURE];
/** JSON with as many spaces behind that its last character has bits to spare. */
function looseJson(value: object): string {
  const text = JSON.stringify(value);
  return partOf(text.length % 3 === 1 ? text : text.padEnd(3 * Math.ceil(text.length / 3) + 1));
}

const [LOOSE_HEADER, LOOSE_PAYLOAD] = [looseJson(GOOD_HEADER), looseJson(GOOD_CLAIMS)];

/** A token of exactly so many characters, good but for its length. */
function tokenOfLength(length: number): string {
  const rest = length - HEADER.length - PAYLOAD.length - 2;
  const signature = base64url.encode(new Uint8Array(Math.floor((rest * 3) / 4)));
  return `${HEADER}.${PAYLOAD}.${signature}`;
}

describe("a token that is one", () => {
  it("signed by a real key is taken apart", async () => {
    const { privateKey } = await generateKeyPair("ES256");
    const compact = await new SignJWT({ ...GOOD_CLAIMS, nbf: 1, iat: 2.5, sub: "ä" })
      .setProtectedHeader(GOOD_HEADER)
      .sign(privateKey);
    expect(decoded(compact)).toEqual({
      compact,
      alg: "ES256",
      kid: "key-1",
      issuer: GOOD_CLAIMS.iss,
      subject: "ä",
      audience: [GOOD_CLAIMS.aud],
      expiresAt: GOOD_CLAIMS.exp,
      notBefore: 1,
      issuedAt: 2.5,
      claims: { ...GOOD_CLAIMS, nbf: 1, iat: 2.5, sub: "ä" },
    });
  });

  it.each([
    ["white space inside the JSON", rawToken(' { "alg" : "ES256",\n"kid":"key-1"}\t', GOOD_CLAIMS)],
    ["spare bits that are zero", `${LOOSE_HEADER}.${LOOSE_PAYLOAD}.${SIGNATURE}`],
    ["as long as may be", tokenOfLength(FOREIGN_TOKEN_MAX_CHARACTERS)],
  ])("%s", (_name, compact) => {
    expect(outcomeOf(compact)).toEqual({ reason: "accepted", detail: "" });
  });
});

describe("size, before anything else (RFC 8725 s3.11; CVE-2025-30204)", () => {
  it.each([
    ["one character too many", tokenOfLength(FOREIGN_TOKEN_MAX_CHARACTERS + 1)],
    ["thousands of dots", ".".repeat(20_000)],
    ["ten million characters", "a".repeat(10_000_000)],
  ])("%s", (_name, compact) => {
    expect(outcomeOf(compact)).toEqual({
      reason: "token_too_large",
      detail: `The token has ${compact.length} characters.`,
    });
  });
});

describe("the compact form (RFC 7515 s3.1, s7.1)", () => {
  it.each<readonly [name: string, compact: string, detail: string]>([
    ["nothing", "", NOT_THREE_PARTS],
    ["one part", HEADER, NOT_THREE_PARTS],
    ["two parts", `${HEADER}.${PAYLOAD}`, NOT_THREE_PARTS],
    ["an unsecured JWT, its signature empty", `${HEADER}.${PAYLOAD}.`, NOT_THREE_PARTS],
    ["an empty header", `.${PAYLOAD}.${SIGNATURE}`, NOT_THREE_PARTS],
    ["an empty payload", `${HEADER}..${SIGNATURE}`, NOT_THREE_PARTS],
    ["two dots alone", "..", NOT_THREE_PARTS],
    ["four parts", `${HEADER}.${PAYLOAD}.${SIGNATURE}.AA`, NOT_THREE_PARTS],
    ["a dot behind", `${HEADER}.${PAYLOAD}.${SIGNATURE}.`, NOT_THREE_PARTS],
    ["a dot before", `.${HEADER}.${PAYLOAD}.${SIGNATURE}`, NOT_THREE_PARTS],
    ["five parts: a JWE", `${HEADER}.AA.AA.${PAYLOAD}.AA`, NOT_THREE_PARTS],
    ["five parts: a JWE without an encrypted key", `${HEADER}..AA.${PAYLOAD}.AA`, NOT_THREE_PARTS],
    ["thousands of dots within the size", ".".repeat(16_000), NOT_THREE_PARTS],
    ["a space before", ` ${HEADER}.${PAYLOAD}.${SIGNATURE}`, NOT_THREE_PARTS],
    ["a line end behind", `${HEADER}.${PAYLOAD}.${SIGNATURE}\n`, NOT_THREE_PARTS],
    [
      "a tab inside the header",
      `${HEADER.slice(0, 4)}\t${HEADER.slice(4)}.${PAYLOAD}.${SIGNATURE}`,
      NOT_THREE_PARTS,
    ],
    ["a line end around a dot", `${HEADER}.\r\n${PAYLOAD}.${SIGNATURE}`, NOT_THREE_PARTS],
    [
      "a space inside the signature",
      `${HEADER}.${PAYLOAD}.${SIGNATURE.slice(0, 8)} ${SIGNATURE.slice(8)}`,
      NOT_THREE_PARTS,
    ],
    ["a no-break space", `${HEADER}.${PAYLOAD}.${SIGNATURE}\u00a0`, NOT_THREE_PARTS],
    ["a zero-width space", `${HEADER}\u200b.${PAYLOAD}.${SIGNATURE}`, NOT_THREE_PARTS],
    ["a NUL", `${HEADER}.${PAYLOAD}.${SIGNATURE}\0`, NOT_THREE_PARTS],
    ["padding in the header", `${LOOSE_HEADER}==.${PAYLOAD}.${SIGNATURE}`, NOT_THREE_PARTS],
    ["padding in the payload", `${HEADER}.${LOOSE_PAYLOAD}==.${SIGNATURE}`, NOT_THREE_PARTS],
    ["padding in the signature", `${HEADER}.${PAYLOAD}.${SIGNATURE}==`, NOT_THREE_PARTS],
    ["the alphabet of plain base64", `${HEADER}.${PAYLOAD}.+/${SIGNATURE.slice(2)}`, NOT_THREE_PARTS],
    ["percent-encoding", `${HEADER}%2E${PAYLOAD}.${SIGNATURE}`, NOT_THREE_PARTS],
    ["a dot of another script", `${HEADER}\u3002${PAYLOAD}.${SIGNATURE}`, NOT_THREE_PARTS],
    ["an authorization scheme before", `Bearer ${HEADER}.${PAYLOAD}.${SIGNATURE}`, NOT_THREE_PARTS],
    ["quotes around", `"${HEADER}.${PAYLOAD}.${SIGNATURE}"`, NOT_THREE_PARTS],
    [
      "the JSON serialization",
      JSON.stringify({ protected: HEADER, payload: PAYLOAD, signature: SIGNATURE }),
      NOT_THREE_PARTS,
    ],
    ["an SD-JWT with a disclosure", `${HEADER}.${PAYLOAD}.${SIGNATURE}~AA~`, NOT_THREE_PARTS],
    ["a stray bit in the header", `${withStrayBit(LOOSE_HEADER)}.${PAYLOAD}.${SIGNATURE}`, NOT_CANONICAL],
    ["a stray bit in the payload", `${HEADER}.${withStrayBit(LOOSE_PAYLOAD)}.${SIGNATURE}`, NOT_CANONICAL],
    ["a stray bit in the signature", `${HEADER}.${PAYLOAD}.${withStrayBit(SIGNATURE)}`, NOT_CANONICAL],
    ["a header of a length that no bytes have", "A.e30.AA", NOT_CANONICAL],
    ["a signature of a length that no bytes have", `${HEADER}.${PAYLOAD}.AAAAA`, NOT_CANONICAL],
  ])("%s", (_name, compact, detail) => {
    expect(outcomeOf(compact)).toEqual({ reason: "token_malformed", detail });
  });
});

const NOT_OBJECTS: readonly (readonly [name: string, content: string | Uint8Array])[] = [
  ["an array", "[]"],
  ["an array that holds an object", "[{}]"],
  ["null", "null"],
  ["a string", '"{}"'],
  ["a number", "1"],
  ["true", "true"],
  ["text that is no JSON", "alg=ES256"],
  ["JSON that ends too early", '{"alg":"ES256"'],
  ["JSON with more behind it", "{}{}"],
  ["JSON with a NUL behind it", "{}\0"],
  ["a comma too many", '{"a":1,}'],
  ["a comment", '{"a":1/**/}'],
  ["NaN", '{"a":NaN}'],
  ["a byte-order mark", "\ufeff{}"],
  ["a byte that UTF-8 does not have", new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ["an overlong encoding", new Uint8Array([0x7b, 0x22, 0xc0, 0x80, 0x22, 0x3a, 0x31, 0x7d])],
  ["half a surrogate pair in bytes", new Uint8Array([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d])],
  ["UTF-16", new Uint8Array([0x7b, 0, 0x7d, 0])],
];

describe("JSON objects in UTF-8 (RFC 7515 s4, RFC 7519 s7.2)", () => {
  it.each(NOT_OBJECTS)("not as a header: %s", (_name, content) => {
    expect(outcomeOf(rawToken(content, GOOD_CLAIMS))).toEqual({
      reason: "token_malformed",
      detail: BAD_HEADER,
    });
  });

  it.each(NOT_OBJECTS)("not as a payload: %s", (_name, content) => {
    expect(outcomeOf(rawToken(GOOD_HEADER, content))).toEqual({
      reason: "token_malformed",
      detail: BAD_PAYLOAD,
    });
  });
});

describe("a member twice: the last one wins (RFC 7515 s4, RFC 7519 s4)", () => {
  it("in header and payload alike", () => {
    const header = '{"alg":"none","kid":"first","alg":"ES256","kid":"last"}';
    const payload = `{"sub":"first",${JSON.stringify(GOOD_CLAIMS).slice(1, -1)},"sub":"last"}`;
    expect(decoded(rawToken(header, payload))).toMatchObject({ alg: "ES256", kid: "last", subject: "last" });
  });

  it.each([
    ["the last alg is refused", '{"alg":"ES256","kid":"k","alg":"none"}', "algorithm_not_allowed"],
    [
      "spelled with an escape it is the same member",
      '{"alg":"ES256","kid":"k","\\u0061lg":"none"}',
      "algorithm_not_allowed",
    ],
  ])("%s", (_name, header, reason) => {
    expect(outcomeOf(rawToken(header)).reason).toBe(reason);
  });
});

it("a refusal never repeats the token", () => {
  const result = decodeJwt(`${HEADER}.${PAYLOAD}.${SIGNATURE}\n`);
  expect(JSON.stringify(result)).not.toContain(SIGNATURE.slice(0, 8));
});
