import { env } from "cloudflare:workers";
import { base64url } from "jose";
import { type Answer, exchangeOf, type Service } from "./harness.ts";

declare global {
  namespace Cloudflare {
    interface Env {
      readonly PROJECT_TOKEN_KEY: string;
    }
  }
}

export interface GivenAccount {
  readonly project: string;
  readonly projectId: string;
  readonly account: { readonly id: string; readonly email: string; readonly projectId: string };
  /** Paths of the account, of the accounts of its project, and of its project tokens. */
  readonly path: string;
  readonly accounts: string;
  readonly tokens: string;
}

export interface GivenToken {
  readonly id: string;
  readonly name: string;
  readonly token: string;
  readonly path: string;
  readonly etag: string;
  readonly expiresAt: string;
}

/** A fresh project with one account that has nothing yet. */
export async function givenAccount(
  service: Service,
  input: Record<string, unknown> = {},
): Promise<GivenAccount> {
  const name = `p${crypto.randomUUID().replaceAll("-", "").slice(0, 20)}`;
  const project = await service.call("POST", "/v1/projects", { name });
  const accounts = `/v1/projects/${name}/service-accounts`;
  const made = await service.call("POST", accounts, { name: "deployer", ...input });
  if (made.status !== 201) throw new Error(JSON.stringify(made.body));
  const path = `${accounts}/deployer`;
  return {
    project: name,
    projectId: project.body.id,
    account: made.body,
    path,
    accounts,
    tokens: `${path}/project-tokens`,
  };
}

/** One more project token of an account. */
export async function givenToken(
  service: Service,
  { tokens }: GivenAccount,
  input: Record<string, unknown> = {},
): Promise<GivenToken> {
  const made = await service.call("POST", tokens, { name: `t-${crypto.randomUUID()}`, ...input });
  if (made.status !== 201) throw new Error(JSON.stringify(made.body));
  return { ...made.body, path: `${tokens}/${made.body.id}`, etag: made.headers.get("etag") ?? "" };
}

/** A call of `/v1` with a bearer of its own. */
export function callAs(
  service: Service,
  bearer: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return service.call(method, path, body, { authorization: `Bearer ${bearer}`, ...headers });
}

/** The access token that a project token is exchanged for. */
export async function accessTokenOf(
  service: Service,
  { account }: GivenAccount,
  token: string,
  more: Record<string, string> = {},
): Promise<string> {
  const { status, body } = await service.exchange(exchangeOf(token, account.id, more));
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body.access_token;
}

/** What a token is good for now: at the token endpoint, and as a bearer, who lacks all permissions. */
export async function stateOf(service: Service, given: GivenAccount, token: string) {
  const exchanged = await service.exchange(exchangeOf(token, given.account.id));
  const called = await callAs(service, token, "GET", given.path);
  return [exchanged.status, called.body.code];
}
export const GOOD = [200, "permission_denied"];
export const DEAD = [400, "invalid_token"];

/** A project's events, youngest first. */
export async function eventsOf(service: Service, project: string, query = "") {
  const path = `/v1/projects/${project}/audit-events?pageSize=200&${query}`;
  return (await service.call("GET", path)).body.items as Record<string, unknown>[];
}

/** A token whose parts are as told, signed by HMAC: what somebody with the secret, or a guess of it, can make. */
export async function hmacJwt(
  payload: Record<string, unknown>,
  secret: string = env.PROJECT_TOKEN_KEY,
  header: Record<string, unknown> = { alg: "HS256", typ: "project-token+jwt" },
): Promise<string> {
  const input = `${base64url.encode(JSON.stringify(header))}.${base64url.encode(JSON.stringify(payload))}`;
  const signature = await crypto.subtle.sign("HMAC", await hmacKey(secret), bytesOf(input));
  return `${input}.${base64url.encode(new Uint8Array(signature))}`;
}

/** Whether HMAC-SHA-256 under this secret made the signature, by the platform's own means. */
export async function hasHmac(token: string, secret: string): Promise<boolean> {
  const end = token.lastIndexOf(".");
  const signature = base64url.decode(token.slice(end + 1)) as Uint8Array<ArrayBuffer>;
  return crypto.subtle.verify("HMAC", await hmacKey(secret), signature, bytesOf(token.slice(0, end)));
}

function hmacKey(secret: string): Promise<CryptoKey> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", bytesOf(secret), algorithm, false, ["sign", "verify"]);
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
}

export async function sha256Of(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytesOf(text)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Every row of every table as one text. */
export async function dumpDatabase(): Promise<string> {
  const tables = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'",
  ).all<{ name: string }>();
  const dumps = tables.results.map(async ({ name }) => {
    const { results } = await env.DB.prepare(`SELECT * FROM "${name}"`).all();
    return `${name}: ${JSON.stringify(results)}`;
  });
  return (await Promise.all(dumps)).join("\n");
}

/** A problem without what differs in each answer. */
export function comparable({ status, headers, body }: Answer): string {
  const { requestId, ...rest } = body ?? {};
  const names = ["content-type", "www-authenticate", "etag", "cache-control", "allow", "location"];
  return JSON.stringify([
    status,
    names.map((name) => headers.get(name)),
    rest,
    requestId === undefined ? 0 : 1,
  ]);
}
