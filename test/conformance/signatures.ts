import { base64url } from "jose";
import { describe, expect, it } from "vitest";
import { judgeKey } from "../../src/trust/key_hygiene.ts";
import { importPublicKey } from "../../src/trust/verify.ts";
import { judgeSignatureAlone } from "./judge_token.ts";
import { type Jwk, readVectors, tally } from "./vectors.ts";

interface SignatureGroup {
  readonly publicKeyJwk?: Jwk;
  readonly keyJwk?: Jwk;
  readonly publicKey: {
    readonly wx?: string;
    readonly wy?: string;
    readonly modulus?: string;
    readonly publicExponent?: string;
  };
  readonly tests: readonly {
    readonly tcId: number;
    readonly comment: string;
    readonly flags: readonly string[];
    readonly msg: string;
    readonly sig: string;
    readonly result: "valid" | "invalid" | "acceptable";
  }[];
}

/** How the runtime is asked to verify, and the key's members that the file spells in hexadecimal alone. */
interface Scheme {
  readonly file: string;
  readonly alg: string;
  readonly crv?: string;
  readonly coordinateBytes?: number;
  readonly parameters:
    | string
    | { readonly name: string; readonly hash?: string; readonly saltLength?: number };
  readonly valid: number;
  readonly invalid: number;
}

const ECDSA = (hash: string) => ({ name: "ECDSA", hash });

const SCHEMES: readonly Scheme[] = [
  {
    file: "ecdsa_secp256r1_sha256_p1363_test",
    alg: "ES256",
    crv: "P-256",
    coordinateBytes: 32,
    parameters: ECDSA("SHA-256"),
    valid: 173,
    invalid: 89,
  },
  {
    file: "ecdsa_secp384r1_sha384_p1363_test",
    alg: "ES384",
    crv: "P-384",
    coordinateBytes: 48,
    parameters: ECDSA("SHA-384"),
    valid: 193,
    invalid: 87,
  },
  {
    file: "ecdsa_secp521r1_sha512_p1363_test",
    alg: "ES512",
    crv: "P-521",
    coordinateBytes: 66,
    parameters: ECDSA("SHA-512"),
    valid: 231,
    invalid: 87,
  },
  { file: "ed25519_test", alg: "EdDSA", parameters: "Ed25519", valid: 88, invalid: 63 },
  {
    file: "rsa_pss_2048_sha256_mgf1_32_test",
    alg: "PS256",
    parameters: { name: "RSA-PSS", saltLength: 32 },
    valid: 63,
    invalid: 45,
  },
  {
    file: "rsa_signature_2048_sha256_test",
    alg: "RS256",
    parameters: "RSASSA-PKCS1-v1_5",
    valid: 7,
    invalid: 249,
  },
];

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

/** The group's key as its issuer would publish it. */
function jwkOf(
  { publicKeyJwk, keyJwk, publicKey }: SignatureGroup,
  { crv, coordinateBytes = 0 }: Scheme,
): Jwk {
  const given = publicKeyJwk ?? keyJwk;
  if (given !== undefined) return { ...given, kid: "key-1" };
  if (crv === undefined) {
    const [n, e] = [publicKey.modulus, publicKey.publicExponent].map((hex = "") =>
      base64url.encode(bytesOf(hex.replace(/^(?:00)+/, ""))),
    );
    return { kid: "key-1", kty: "RSA", n, e };
  }
  const [x, y] = [publicKey.wx, publicKey.wy].map((hex = "") =>
    base64url.encode(bytesOf(hex.replace(/^0+/, "").padStart(2 * coordinateBytes, "0"))),
  );
  return { kid: "key-1", kty: "EC", crv, x, y };
}

/** Our judgement of the key and our import of it, then the runtime's verdict: these messages are no JWS. */
async function judgeGroup(group: SignatureGroup, scheme: Scheme) {
  const judged = judgeKey(jwkOf(group, scheme));
  if (!judged.ok) return group.tests.map((test) => ({ ...test, outcome: `key ${judged.refusal}` }));
  const found = { jwk: judged.value, imported: new Map() } as const;
  const key = await importPublicKey(found, scheme.alg);
  if (!key.ok) return group.tests.map((test) => ({ ...test, outcome: key.refusal.reason }));
  return Promise.all(
    group.tests.map(async (test) => {
      const isValid = await crypto.subtle.verify(
        scheme.parameters,
        key.value,
        bytesOf(test.sig),
        bytesOf(test.msg),
      );
      return { ...test, outcome: isValid ? "accepted" : "signature_invalid" };
    }),
  );
}

/** Keys that others verify with and we do not, by Wycheproof's own flag. */
const SMALL_KEY = "SmallPublicKey";
const SMALL_KEY_OUTCOME = "key has an RSA exponent that is even, below 65537 or beyond 32 bits";

/** Signatures of all shapes: through our keys as they are, and carried over into tokens of ours. */
export async function describeSignatures(): Promise<void> {
  for (const scheme of SCHEMES) {
    const { testGroups } = readVectors<{ testGroups: readonly SignatureGroup[] }>(
      `wycheproof/${scheme.file}.json`,
    );
    const judged = (await Promise.all(testGroups.map((group) => judgeGroup(group, scheme)))).flat();
    const policed = judged.filter(({ result, flags }) => result === "valid" && flags.includes(SMALL_KEY));
    const valid = judged.filter(({ result, flags }) => result === "valid" && !flags.includes(SMALL_KEY));
    const invalid = judged.filter(({ result }) => result === "invalid");

    describe(`${scheme.file}: ${judged.length} signatures for ${scheme.alg}`, () => {
      it(`accepts all ${valid.length} valid ones, and refuses ${policed.length} by policy: exponents below 65537`, () => {
        expect(valid.filter(({ outcome }) => outcome !== "accepted")).toEqual([]);
        expect(policed.filter(({ outcome }) => outcome !== SMALL_KEY_OUTCOME)).toEqual([]);
        expect(valid.length).toBeGreaterThanOrEqual(scheme.valid);
      });

      it(`refuses all ${invalid.length} invalid ones: ${JSON.stringify(tally(invalid.map(({ outcome }) => outcome)))}`, () => {
        expect(invalid.filter(({ outcome }) => outcome === "accepted")).toEqual([]);
        expect(invalid.length).toBeGreaterThanOrEqual(scheme.invalid);
      });

      it("refuses every one of them on a token of ours, and never throws", async () => {
        const input = `${base64url.encode(JSON.stringify({ alg: scheme.alg }))}.e30`;
        for (const group of testGroups) {
          const jwk = jwkOf(group, scheme);
          for (const { tcId, sig, flags } of group.tests) {
            const token = `${input}.${base64url.encode(bytesOf(sig))}`;
            const reason = flags.includes(SMALL_KEY) ? "key_rejected" : "signature_invalid";
            expect([tcId, await judgeSignatureAlone(token, scheme.alg, jwk)]).toEqual([tcId, reason]);
          }
        }
      });
    });
  }
}
