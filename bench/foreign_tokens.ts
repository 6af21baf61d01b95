/** A foreign issuer as small as one can be, and tokens of it, signed before anything is measured. */
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { type Claims, githubClaims } from "../test/support/foreign_issuer.ts";

/** Longer than any run of the benchmark. */
const LIFETIME_SECONDS = 3600;

export interface TokenIssuer {
  readonly issuer: string;
  readonly publicJwk: JWK;
  /** An RS256 token with the claims of a CI job and a `jti` of its own; what is given wins. */
  token(audience: string, claims?: Claims): Promise<string>;
  close(): Promise<void>;
}

/** Serves discovery and a key set on loopback, as the service will ask for them once. */
export async function startTokenIssuer(): Promise<TokenIssuer> {
  const { privateKey, publicKey } = await generateKeyPair("RS256");
  const publicJwk = { ...(await exportJWK(publicKey)), kid: randomUUID(), alg: "RS256", use: "sig" };
  const server = createServer((request, response) => {
    const discovery = { issuer, jwks_uri: `${issuer}/jwks` };
    const document = request.url === "/jwks" ? { keys: [publicJwk] } : discovery;
    response.setHeader("content-type", "application/json").end(JSON.stringify(document));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const token = (audience: string, claims: Claims = {}) => {
    const now = Math.floor(Date.now() / 1000);
    const registered = { iss: issuer, aud: audience, iat: now, nbf: now, exp: now + LIFETIME_SECONDS };
    return new SignJWT({ ...githubClaims(), ...registered, ...claims })
      .setProtectedHeader({ alg: "RS256", kid: publicJwk.kid, typ: "JWT" })
      .sign(privateKey);
  };
  return { issuer, publicJwk, token, close };
}
