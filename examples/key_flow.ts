/** How a workload without an identity of its own gets a token: by the private key in its key file. */
import { importPKCS8, SignJWT } from "jose";

/** The key file, as `POST …/keys` answered it once: the form of the STACKIT SDKs. */
export interface KeyFile {
  readonly keyAlgorithm: string;
  readonly credentials: {
    readonly kid: string;
    readonly iss: string;
    readonly sub: string;
    readonly aud: string;
    readonly privateKey: string;
    readonly tokenEndpoint: string;
  };
}

const ALGORITHMS: Readonly<Record<string, string>> = {
  RSA_2048: "RS512",
  RSA_4096: "RS512",
  EC_P256: "ES256",
  ED25519: "EdDSA",
};

/** Signs that the workload is the account: for us alone, for a minute, once (`jti`). @see RFC 7523 s3 */
export async function signAssertion({ keyAlgorithm, credentials }: KeyFile): Promise<string> {
  const alg = ALGORITHMS[keyAlgorithm];
  if (alg === undefined) throw new Error(`no algorithm is known for ${keyAlgorithm}`);
  const { kid, iss, sub, aud, privateKey } = credentials;
  return new SignJWT()
    .setProtectedHeader({ alg, kid, typ: "JWT" })
    .setIssuer(iss)
    .setSubject(sub)
    .setAudience(aud)
    .setJti(crypto.randomUUID())
    .setIssuedAt()
    .setExpirationTime("1 minute")
    .sign(await importPKCS8(privateKey, alg));
}

/** One assertion against one access token; nothing but the file is needed. @see RFC 7523 s2.1 */
export async function presentAssertion(file: KeyFile, assertion: string): Promise<Response> {
  const form = { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion };
  return fetch(file.credentials.tokenEndpoint, { method: "POST", body: new URLSearchParams(form) });
}
