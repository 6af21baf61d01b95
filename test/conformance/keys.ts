import { describe, expect, it } from "vitest";
import { judgeUploadedKeys } from "../../src/trust/uploaded_keys.ts";
import { type JoseGroup, type Jwk, readVectors } from "./vectors.ts";

const SECRET = "This key holds a private or symmetric key.";
const NO_SUCH_ALG = "This key has a type, curve or alg that is not accepted.";

/** By the group's name: what is wrong with its key, whatever is signed with it. */
const UNFIT: readonly (readonly [group: string, detail: string])[] = [
  ["jws_rsa_roca_key", "This key has an RSA modulus of the ROCA shape, which can be factored."],
  ["keysize_too_small", "This key has an RSA modulus of 1024 bits; 2048 is the least."],
  ["exponentOne", "This key has an RSA exponent that is even, below 65537 or beyond 32 bits."],
  ["wrong_algorithm", NO_SUCH_ALG],
  ["invalid_algorithm", NO_SUCH_ALG],
  ["invalid_use", "This key is not for signatures (use)."],
  ["invalid_point", "This key cannot be imported: its numbers make no key."],
  ["wrong_curve", NO_SUCH_ALG],
  ["wrong_kty", NO_SUCH_ALG],
  ["invalid_aes_gcm_key", SECRET],
  ["invalid_aes_kw_key", SECRET],
  ["jws_keyset", SECRET],
];

/** The keys of json_web_key_test, each judged as if its owner had uploaded it. */
export function describeKeys(): void {
  const { testGroups } = readVectors<{ testGroups: readonly JoseGroup[] }>(
    "wycheproof/json_web_key_test.json",
  );
  const keysOf = (group: JoseGroup | undefined) => (group?.public ?? group?.private)?.keys as readonly Jwk[];

  describe("json_web_key_test: keys alone", () => {
    it.each(UNFIT)("%s is refused: %s", async (name, detail) => {
      const group = testGroups.find(({ comment }) => comment === name);
      const judged = await judgeUploadedKeys(keysOf(group).slice(0, 1));
      expect(judged).toEqual({ ok: false, refusal: [{ index: 0, detail }] });
    });

    it("every private key is refused", async () => {
      const files = ["json_web_key_test", "json_web_signature_test"];
      const groups = files.flatMap(
        (file) => readVectors<{ testGroups: readonly JoseGroup[] }>(`wycheproof/${file}.json`).testGroups,
      );
      const keys = groups.flatMap((group) => (group.private.keys ?? [group.private]) as readonly Jwk[]);
      const secret = keys.filter((key) => "d" in key || "k" in key);
      for (const key of secret) expect(await judgeUploadedKeys([key])).toMatchObject({ ok: false });
      expect(secret.length).toBeGreaterThanOrEqual(40);
    });
  });
}
