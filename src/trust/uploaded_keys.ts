import { accept, type JsonWebKeyWithKid, type Result, refuse } from "../protocol/index.ts";
import { algorithmOf } from "./algorithms.ts";
import { JWKS_KEYS_MAX, judgeKey } from "./key_hygiene.ts";
import { importPublicKey } from "./verify.ts";

/** Which key of an upload is not fit, and why. */
export interface UnusableKey {
  readonly index: number;
  readonly detail: string;
}

/**
 * An uploaded key set is judged whole: whoever uploads a key means it to be used, so each one must be fit, and is
 * imported once to see that its numbers make a key. Returns public members only.
 */
export async function judgeUploadedKeys(
  candidates: readonly unknown[],
): Promise<Result<readonly JsonWebKeyWithKid[], readonly UnusableKey[]>> {
  const keys: JsonWebKeyWithKid[] = [];
  const unusable: UnusableKey[] = [];
  for (const [index, candidate] of candidates.slice(0, JWKS_KEYS_MAX).entries()) {
    const judged = await judgeUploadedKey(candidate, keys);
    if (judged.ok) keys.push(judged.value);
    else unusable.push({ index, detail: `This key ${judged.refusal}.` });
  }
  if (candidates.length > JWKS_KEYS_MAX) {
    unusable.push({ index: JWKS_KEYS_MAX, detail: `A key set has at most ${JWKS_KEYS_MAX} keys.` });
  }
  return unusable.length === 0 ? accept(keys) : refuse(unusable);
}

async function judgeUploadedKey(
  candidate: unknown,
  earlier: readonly JsonWebKeyWithKid[],
): Promise<Result<JsonWebKeyWithKid, string>> {
  const judged = judgeKey(candidate);
  if (!judged.ok) return judged;
  if (earlier.some(({ kid }) => kid === judged.value.kid)) return refuse("has the kid of a key above");
  const key = { jwk: judged.value, imported: new Map() };
  const imported = await importPublicKey(key, algorithmOf(judged.value));
  return imported.ok ? judged : refuse("cannot be imported: its numbers make no key");
}
