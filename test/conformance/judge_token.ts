import { base64url } from "jose";
import { type DecodedJwt, decodeJwt } from "../../src/trust/decode.ts";
import { judgeKeySet } from "../../src/trust/key_hygiene.ts";
import { type VerifyingKey, verifySignature } from "../../src/trust/verify.ts";
import type { Jwk, TokenVector } from "./vectors.ts";

const CLAIMS = base64url.encode(
  JSON.stringify({ iss: "https://issuer.example", sub: "me", aud: "https://sts.example.com", exp: 1 }),
);

/**
 * A vector's way through our code, but for its payload: it never holds our claims, so form and header are decoded
 * with claims of ours in its place, and the signature is verified over the token as it came.
 * @returns "accepted", or the reason of the stage that refused
 */
export async function judgeToken({ token, keys }: TokenVector): Promise<string> {
  const decoded = decodeButPayload(token);
  if (typeof decoded === "string") return decoded;
  const set = judgeKeySet({ keys });
  if (!set.ok) return `key set ${set.refusal}`;
  const jwk = set.value.keys.find(({ kid }) => kid === decoded.kid);
  if (jwk === undefined) return `key ${set.value.rejected.get(decoded.kid) ?? "is absent"}`;
  const verdict = await verifySignature(decoded, foundKey(jwk));
  return verdict.ok ? "accepted" : verdict.refusal.reason;
}

/** The signature alone, for a token that decoding turns away by policy. */
export async function judgeSignatureAlone(token: string, alg: string, jwk: Jwk): Promise<string> {
  const carrier = decodeJwt(`${base64url.encode('{"alg":"ES256","kid":"key-1"}')}.${CLAIMS}.AAAA`);
  if (!carrier.ok) return carrier.refusal.reason;
  const key = judgeKeySet({ keys: [{ kid: "key-1", ...jwk }] });
  const [found] = key.ok ? key.value.keys : [];
  if (found === undefined) return "key_rejected";
  const verdict = await verifySignature({ ...carrier.value, compact: token, alg }, foundKey(found));
  return verdict.ok ? "accepted" : verdict.refusal.reason;
}

function decodeButPayload(token: string): DecodedJwt | string {
  const whole = decodeJwt(token);
  if (!whole.ok && !isAboutPayload(whole.refusal)) return whole.refusal.reason;
  const [header = "", , signature = ""] = token.split(".");
  const decoded = decodeJwt(`${header}.${CLAIMS}.${signature}`);
  return decoded.ok ? { ...decoded.value, compact: token } : decoded.refusal.reason;
}

function isAboutPayload({ reason, detail }: { readonly reason: string; readonly detail: string }): boolean {
  return reason.startsWith("claim_") || detail.startsWith("The payload is not a JSON object");
}

function foundKey(jwk: VerifyingKey["jwk"]): VerifyingKey {
  return { jwk, imported: new Map() };
}
