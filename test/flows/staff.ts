import { randomUUID } from "node:crypto";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { must, type Target } from "./clients.ts";

/** An identity provider that vouches for the staff, its keys uploaded, and what signs as it. */
export async function givenStaff(target: Target, now: () => Date = () => new Date()) {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const name = `staff-${randomUUID().slice(0, 8)}`;
  const issuer = `https://${name}.example.com`;
  const audience = "countersign";
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: "k1", alg: "ES256", use: "sig" }] };
  const { id } = await must(target, "POST", "/v1/identity-providers", { name, issuer, audience, jwks });
  const idToken = (subject: string, lifetimeSeconds = 300) => {
    const iat = Math.floor(now().getTime() / 1000);
    return new SignJWT({ iss: issuer, sub: subject, aud: audience, iat, exp: iat + lifetimeSeconds })
      .setProtectedHeader({ alg: "ES256", kid: "k1" })
      .sign(privateKey);
  };
  const person = (subject: string) => ({ type: "person", identityProvider: name, subject });
  return { name, issuer, path: `/v1/identity-providers/${id}`, idToken, person };
}
export type Staff = Awaited<ReturnType<typeof givenStaff>>;
