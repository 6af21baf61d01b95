import { importPKCS8, SignJWT } from "jose";
import type { Answer, Service } from "./harness.ts";

/** The key file as the STACKIT SDKs read it. */
export interface KeyFile {
  readonly id: string;
  readonly keyAlgorithm: string;
  readonly publicKey: string;
  readonly credentials: {
    readonly kid: string;
    readonly iss: string;
    readonly sub: string;
    readonly aud: string;
    readonly privateKey: string;
    readonly tokenEndpoint: string;
  };
}

export const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
export const CLIENT_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

const ALGORITHMS: Readonly<Record<string, string>> = {
  RSA_2048: "RS512",
  RSA_4096: "PS256",
  EC_P256: "ES256",
  ED25519: "EdDSA",
};

/** A fresh project with one account and a key that we made for it. */
export async function givenKey(service: Service, input: Record<string, unknown> = { algorithm: "ED25519" }) {
  const project = `p${crypto.randomUUID().replaceAll("-", "").slice(0, 20)}`;
  await service.call("POST", "/v1/projects", { name: project });
  const accounts = `/v1/projects/${project}/service-accounts`;
  const { body: account } = await service.call("POST", accounts, { name: "deployer" });
  const keys = `${accounts}/deployer/keys`;
  const made = await service.call("POST", keys, input);
  if (made.status !== 201) throw new Error(JSON.stringify(made.body));
  return {
    project,
    account: account as { id: string; email: string },
    accounts,
    keys,
    tokens: `${accounts}/deployer/project-tokens`,
    file: made.body as KeyFile,
  };
}

/** An assertion as a client with this file signs it; claims and header as changed. */
export async function assertionOf(
  file: KeyFile,
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
): Promise<string> {
  const { credentials } = file;
  const alg = String(header.alg ?? ALGORITHMS[file.keyAlgorithm]);
  const now = Math.floor(Date.now() / 1000);
  const all = {
    iss: credentials.iss,
    sub: credentials.sub,
    aud: credentials.aud,
    jti: crypto.randomUUID(),
    iat: now,
    exp: now + 600,
    ...claims,
  };
  return new SignJWT(JSON.parse(JSON.stringify(all)))
    .setProtectedHeader({ typ: "JWT", kid: credentials.kid, ...header, alg })
    .sign(await importPKCS8(credentials.privateKey, alg));
}

/** The key flow of the STACKIT SDKs: one assertion, no client_id. */
export async function keyFlow(
  service: Service,
  assertion: string,
  more: Record<string, string> = {},
): Promise<Answer> {
  return service.exchange({ grant_type: JWT_BEARER, assertion, ...more });
}

/** The last event of this project with this outcome. */
export async function lastEvent(service: Service, project: string, query = "outcome=refused") {
  const { body } = await service.call("GET", `/v1/projects/${project}/audit-events?pageSize=1&${query}`);
  return body.items[0] as Record<string, unknown> | undefined;
}

/** A form posted to one of the OAuth endpoints. */
export async function post(
  service: Service,
  path: string,
  form: Record<string, string>,
  bearer?: string,
): Promise<{ status: number; text: string; headers: Headers }> {
  const headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
  const response = await service.fetch(path, { method: "POST", body: new URLSearchParams(form), headers });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

/** What introspection says of a token to a bearer. */
export async function introspect(
  service: Service,
  token: string,
  bearer: string,
): Promise<Record<string, unknown>> {
  const { status, text } = await post(service, "/oauth/v2/introspect", { token }, bearer);
  if (status !== 200) throw new Error(`introspection answered ${status}: ${text}`);
  return JSON.parse(text);
}
