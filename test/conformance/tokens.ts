import { describe, expect, it } from "vitest";
import { judgeSignatureAlone, judgeToken } from "./judge_token.ts";
import { type Jwk, readVectors, type TokenVector, tally, tokenVectors } from "./vectors.ts";

type Members = Readonly<Record<string, unknown>>;

function headerOf(token: string): Members {
  try {
    return JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()) as Members;
  } catch {
    return {};
  }
}

const algOf = (token: string) => String(headerOf(token).alg);
const NO_SUCH_ALG = "key has a type, curve or alg that is not accepted";

interface Policy {
  readonly why: string;
  readonly concerns: (vector: TokenVector) => boolean;
  readonly outcome: string;
}

/** What others accept and we do not, told from the vector alone; the first that concerns it decides. */
const POLICIES: readonly Policy[] = [
  {
    why: "characters that base64url does not have",
    concerns: ({ token }) => /[^\w.-]/.test(token),
    outcome: "token_malformed",
  },
  {
    why: "encryption: a JWE has five parts",
    concerns: ({ token }) => token.split(".").length === 5,
    outcome: "token_malformed",
  },
  {
    why: "an empty payload holds no claims",
    concerns: ({ token }) => token.split(".")[1] === "",
    outcome: "token_malformed",
  },
  {
    why: "HMAC: nobody shares a secret with us",
    concerns: ({ token }) => algOf(token).startsWith("HS"),
    outcome: "algorithm_not_allowed",
  },
  {
    why: "ML-DSA: no issuer signs by it yet",
    concerns: ({ token }) => algOf(token).startsWith("ML-DSA"),
    outcome: "algorithm_not_allowed",
  },
  {
    why: "no kid: nothing names the key",
    concerns: ({ token }) => headerOf(token).kid === undefined,
    outcome: "kid_missing",
  },
  {
    why: "the key's alg is no algorithm (ES521)",
    concerns: ({ keys }) => keys[0]?.alg === "ES521",
    outcome: NO_SUCH_ALG,
  },
  {
    why: "the key's alg is another than the token's",
    concerns: ({ token, keys: [key] }) => key?.alg !== undefined && key.alg !== algOf(token),
    outcome: "algorithm_not_allowed",
  },
];

/** A file of tokens: the least that must be accepted, and how many valid ones each policy refuses. */
interface Expected {
  readonly file: string;
  readonly vectors: readonly TokenVector[];
  readonly accepted: number;
  readonly invalid: number;
  readonly byPolicy: number;
}

async function describeFile({ file, vectors, ...least }: Expected): Promise<void> {
  const judged = await Promise.all(
    vectors.map(async (vector) => ({ ...vector, outcome: await judgeToken(vector) })),
  );
  const policyOf = (vector: TokenVector) => POLICIES.find(({ concerns }) => concerns(vector));
  const valid = judged.filter(({ isValid }) => isValid);
  const ours = valid.filter((vector) => policyOf(vector) === undefined);
  const theirs = valid.filter((vector) => policyOf(vector) !== undefined);
  const invalid = judged.filter(({ isValid }) => !isValid);
  const signed = theirs.filter(isSignedByOurs);
  const whys = tally(theirs.map((vector) => policyOf(vector)?.why ?? ""));

  describe(`${file}: ${vectors.length} tokens`, () => {
    it(`accepts all ${ours.length} valid ones that our policy takes in`, () => {
      expect(ours.filter(({ outcome }) => outcome !== "accepted")).toEqual([]);
      expect(ours.length).toBeGreaterThanOrEqual(least.accepted);
    });

    it(`refuses all ${invalid.length} invalid ones: ${JSON.stringify(tally(invalid.map(({ outcome }) => outcome)))}`, () => {
      expect(invalid.filter(({ outcome }) => outcome === "accepted")).toEqual([]);
      expect(invalid.length).toBeGreaterThanOrEqual(least.invalid);
    });

    it(`refuses ${theirs.length} valid ones by policy: ${JSON.stringify(whys)}`, () => {
      const wrong = theirs.filter((vector) => vector.outcome !== policyOf(vector)?.outcome);
      expect(wrong).toEqual([]);
      expect(theirs.length).toBeGreaterThanOrEqual(least.byPolicy);
    });

    if (signed.length === 0) return;
    it(`and verifies the signatures of ${signed.length} of those`, async () => {
      for (const { name, token, keys } of signed) {
        const { alg, ...jwk } = keys[0] ?? {};
        expect([name, await judgeSignatureAlone(token, algOf(token), jwk)]).toEqual([name, "accepted"]);
      }
    });
  });
}

/** Whether an algorithm of ours made the signature, whatever else our policy has against the token. */
function isSignedByOurs({ token, keys: [key] }: TokenVector): boolean {
  return /^[\w-]+\.[\w-]*\.[\w-]+$/.test(token) && ["RSA", "EC", "OKP"].includes(String(key?.kty));
}

interface CookbookVector {
  readonly title: string;
  readonly input: { readonly key: Jwk };
  readonly output: { readonly compact?: string; readonly json: unknown; readonly json_flat: unknown };
}

const PRIVATE_MEMBERS = ["d", "p", "q", "dp", "dq", "qi", "oth", "priv"];

function cookbookVectors(): readonly TokenVector[] {
  const { vectors } = readVectors<{ vectors: readonly CookbookVector[] }>("rfc7520/jws.json");
  return vectors.flatMap(({ title, input, output }) => {
    const key = Object.fromEntries(
      Object.entries(input.key).filter(([name]) => !PRIVATE_MEMBERS.includes(name)),
    );
    return [output.compact, output.json, output.json_flat].flatMap((form) => {
      if (form === undefined) return [];
      const token = typeof form === "string" ? form : JSON.stringify(form);
      return [{ name: title, isValid: true, token, keys: [key] }];
    });
  });
}

/** Tokens with their keys: decoding, key hygiene and signature together. */
export async function describeTokens(): Promise<void> {
  const wycheproof = (name: string) => ({ file: name, vectors: tokenVectors(`wycheproof/${name}.json`) });
  await describeFile({ ...wycheproof("json_web_signature_test"), accepted: 26, invalid: 355, byPolicy: 20 });
  await describeFile({ ...wycheproof("json_web_key_test"), accepted: 1, invalid: 21, byPolicy: 4 });
  await describeFile({ ...wycheproof("json_web_crypto_test"), accepted: 2, invalid: 77, byPolicy: 4 });
  await describeFile({ ...wycheproof("json_web_encryption_test"), accepted: 0, invalid: 74, byPolicy: 65 });
  const cookbook = { file: "RFC 7520 and its kin", vectors: cookbookVectors() };
  await describeFile({ ...cookbook, accepted: 3, invalid: 0, byPolicy: 27 });
}
