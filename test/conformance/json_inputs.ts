import { base64url } from "jose";
import { describe, expect, it } from "vitest";
import { decodeJwt } from "../../src/trust/decode.ts";
import { readVectors, tally } from "./vectors.ts";

const HEADER = '{"alg":"ES256","kid":"key-1"}';
const CLAIMS = '"iss":"https://issuer.example","sub":"me","aud":"https://sts.example.com","exp":1';

/** Where an input is put; bytes, since many of them are no text. */
const PLACES = {
  payload: (input: Uint8Array) => tokenOf(Buffer.from(HEADER), input),
  header: (input: Uint8Array) => tokenOf(input, Buffer.from(`{${CLAIMS}}`)),
  claim: (input: Uint8Array) =>
    tokenOf(
      Buffer.from(HEADER),
      Buffer.concat([Buffer.from(`{${CLAIMS},"claim":`), input, Buffer.from("}")]),
    ),
};

function tokenOf(header: Uint8Array, payload: Uint8Array): string {
  return `${base64url.encode(header)}.${base64url.encode(payload)}.AAAA`;
}

/** The reason, or that there was none to refuse. Throws where decoding does. */
function outcomeOf(token: string): string {
  const decoded = decodeJwt(token);
  return decoded.ok ? "accepted" : decoded.refusal.reason;
}

const MUST_NOT_PARSE = ["token_malformed", "token_too_large"];

/** What may become of an input that is JSON, by where it stands. */
const PARSED = {
  payload: ["token_malformed", "claim_missing"],
  header: ["token_malformed", "algorithm_not_allowed"],
  claim: ["accepted"],
};

/** JSONTestSuite's inputs: y_ is JSON, n_ is none, i_ is left to the reader. */
export function describeJsonInputs(): void {
  const { tests } = readVectors<{ tests: Readonly<Record<string, string>> }>(
    "json-parsing/test_parsing.json",
  );
  const inputs = Object.entries(tests).map(([name, base64]) => ({
    name,
    bytes: Buffer.from(base64, "base64"),
  }));

  const least = { y: 95, n: 186, i: 35 };

  for (const place of ["payload", "header", "claim"] as const) {
    describe(`JSONTestSuite: ${inputs.length} inputs as a ${place}`, () => {
      const judged = inputs.map(({ name, bytes }) => ({ name, outcome: outcomeOf(PLACES[place](bytes)) }));
      const allowed = { y: PARSED[place], n: MUST_NOT_PARSE, i: [...MUST_NOT_PARSE, ...PARSED[place]] };

      for (const kind of ["y", "n", "i"] as const) {
        const ofKind = judged.filter(({ name }) => name.startsWith(`${kind}_`));
        const counts = JSON.stringify(tally(ofKind.map(({ outcome }) => outcome)));
        it(`${ofKind.length} of ${kind}_: ${counts}`, () => {
          expect(ofKind.filter(({ outcome }) => !allowed[kind].includes(outcome))).toEqual([]);
          expect(ofKind.length).toBeGreaterThanOrEqual(least[kind]);
        });
      }
    });
  }
}
