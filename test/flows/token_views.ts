import { createRemoteJWKSet, jwtVerify } from "jose";
import { post, type Target } from "./clients.ts";

/** What others are told of a token. */

/** Whoever asks. */
export async function isActive(target: Target, token: string) {
  const { text } = await post(target, "/oauth/v2/introspect", { token }, target.bootstrapToken);
  const { active } = JSON.parse(text) as { active: boolean };
  return { active, text };
}

/** Whoever verifies offline. */
export async function revokedJtis({ url }: Target, currentDate = new Date()): Promise<readonly string[]> {
  const text = await (await fetch(`${url}/oauth/v2/revoked-tokens`)).text();
  const keys = createRemoteJWKSet(new URL(`${url}/.well-known/jwks.json`));
  const { payload } = await jwtVerify(text, keys, { issuer: url, typ: "revoked-tokens+jwt", currentDate });
  return payload.jtis as string[];
}
