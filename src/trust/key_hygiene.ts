import { base64url } from "jose";
import { accept, hexOf, isRecord, type JsonWebKeyWithKid, type Result, refuse } from "../protocol/index.ts";
import { FOREIGN_ALGORITHMS, isAlgorithmOfKey } from "./algorithms.ts";
import { hasRocaShape } from "./roca.ts";
import { isSmallOrder } from "./small_order.ts";

/** Keys in one set; more is an attempt to make us work. */
export const JWKS_KEYS_MAX = 100;
const RSA_MODULUS_MIN_BITS = 2048;
const RSA_MODULUS_MAX_BITS = 8192;
const RSA_EXPONENT_MIN = 65537n;
const RSA_EXPONENT_MAX = 1n << 32n;
/** Longest name of a key, in a key set and in a token's header. */
export const KID_MAX_CHARACTERS = 1024;

/** Members of a JWK that only a private or symmetric key has. @see RFC 7518 s6 */
export const PRIVATE_MEMBERS: readonly string[] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/**
 * The keys of a set that we would ever verify with, and why the others are not among them. Only a set without the
 * form of one is refused whole: issuers publish keys for other uses beside. @see RFC 7517 s5
 */
export function judgeKeySet(
  document: unknown,
): Result<
  { readonly keys: readonly JsonWebKeyWithKid[]; readonly rejected: ReadonlyMap<string, string> },
  string
> {
  const keys = isRecord(document) ? document.keys : undefined;
  if (!Array.isArray(keys)) return refuse("has no array keys");
  if (keys.length > JWKS_KEYS_MAX) return refuse(`has more than ${JWKS_KEYS_MAX} keys`);
  const usable = new Map<string, JsonWebKeyWithKid>();
  const rejected = new Map<string, string>();
  for (const candidate of keys) {
    const judged = judgeKey(candidate);
    if (judged.ok && !usable.has(judged.value.kid)) usable.set(judged.value.kid, judged.value);
    if (!judged.ok && isRecord(candidate) && typeof candidate.kid === "string") {
      rejected.set(candidate.kid, judged.refusal);
    }
  }
  return accept({ keys: [...usable.values()], rejected });
}

/** A public signature key, cut down to the members that make it one. Refuses with the reason in words. */
export function judgeKey(candidate: unknown): Result<JsonWebKeyWithKid, string> {
  if (!isRecord(candidate)) return refuse("is not a JSON object");
  const { kid, kty, alg, use, key_ops } = candidate;
  if (typeof kid !== "string" || kid === "" || kid.length > KID_MAX_CHARACTERS) return refuse("has no kid");
  if (PRIVATE_MEMBERS.some((member) => Object.hasOwn(candidate, member))) {
    return refuse("holds a private or symmetric key");
  }
  if (use !== undefined && use !== "sig") return refuse("is not for signatures (use)");
  if (key_ops !== undefined && !(Array.isArray(key_ops) && key_ops.includes("verify"))) {
    return refuse("is not for verifying (key_ops)");
  }
  if (!FOREIGN_ALGORITHMS.some((algorithm) => isAlgorithmOfKey(algorithm, candidate))) {
    return refuse("has a type, curve or alg that is not accepted");
  }
  const material = kty === "RSA" ? judgeRsa(candidate) : judgeCurve(candidate);
  if (!material.ok) return material;
  return accept({ kid, kty: kty as string, ...(alg === undefined ? {} : { alg }), ...material.value });
}

type Material = Result<Readonly<Record<string, string>>, string>;

/** @see RFC 7518 s3.3, RFC 8725 s3.5; CVE-2017-15361 for the shape of ROCA */
function judgeRsa({ n, e }: Readonly<Record<string, unknown>>): Material {
  const modulus = integerOf(n);
  const exponent = integerOf(e);
  if (modulus === undefined || exponent === undefined)
    return refuse("has a modulus or exponent that is not base64url");
  const bits = modulus.toString(2).length;
  if (bits < RSA_MODULUS_MIN_BITS)
    return refuse(`has an RSA modulus of ${bits} bits; ${RSA_MODULUS_MIN_BITS} is the least`);
  if (bits > RSA_MODULUS_MAX_BITS)
    return refuse(`has an RSA modulus of more than ${RSA_MODULUS_MAX_BITS} bits`);
  if (modulus % 2n === 0n) return refuse("has an even RSA modulus");
  if (exponent % 2n === 0n || exponent < RSA_EXPONENT_MIN || exponent > RSA_EXPONENT_MAX) {
    return refuse("has an RSA exponent that is even, below 65537 or beyond 32 bits");
  }
  if (hasRocaShape(modulus)) return refuse("has an RSA modulus of the ROCA shape, which can be factored");
  return accept({ n: n as string, e: e as string });
}

/** Bytes of one coordinate. @see RFC 7518 s6.2.1.2, RFC 8037 s2 */
const COORDINATE_BYTES: Readonly<Record<string, number>> = {
  "P-256": 32,
  "P-384": 48,
  "P-521": 66,
  Ed25519: 32,
};

/** Whether the point lies on its curve is checked by the import in `verify`, which refuses those that do not. */
function judgeCurve({ kty, crv, x, y }: Readonly<Record<string, unknown>>): Material {
  const length = COORDINATE_BYTES[crv as string];
  const point = bytesOf(x);
  if (point === undefined || point.length !== length)
    return refuse("has an x coordinate of the wrong length");
  if (kty === "OKP" && isSmallOrder(point)) return refuse("is a point of small order");
  if (kty === "OKP") return accept({ crv: crv as string, x: x as string });
  if (bytesOf(y)?.length !== length) return refuse("has a y coordinate of the wrong length");
  return accept({ crv: crv as string, x: x as string, y: y as string });
}

function integerOf(text: unknown): bigint | undefined {
  const bytes = bytesOf(text);
  if (bytes === undefined || bytes.length === 0 || bytes.length > RSA_MODULUS_MAX_BITS / 8 + 1)
    return undefined;
  return BigInt(`0x${hexOf(bytes)}`);
}

function bytesOf(text: unknown): Uint8Array | undefined {
  if (typeof text !== "string" || !/^[A-Za-z0-9_-]+$/.test(text)) return undefined;
  try {
    return base64url.decode(text);
  } catch {
    return undefined;
  }
}
