/** What is asked of a Worker in a contest: the rows that it takes, and the forms that are sent. */
import { randomBytes, randomUUID } from "node:crypto";
import {
  CompactSign,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  type JWTPayload,
  SignJWT,
} from "jose";
import type { LocalWorker } from "../scripts/local_worker.ts";
import type { TokenIssuer } from "./foreign_tokens.ts";
import type { LoadTarget } from "./load.ts";
import { type D1, emailOf, idOf, projectIdOf, seedKeys } from "./seed.ts";
import { type Supply, supplyOf } from "./supply.ts";

export interface Accounts {
  readonly issuer: TokenIssuer;
  /** In the database. */
  readonly accounts: number;
  /** That get exchanges; absent: all of them. */
  readonly activeAccounts?: number;
}

export interface Asked {
  readonly target: LoadTarget;
  /** Where each body is good once. */
  readonly supply?: Supply;
  /** Whether each answer leaves a token's row and an event, or none. */
  readonly isRecorded: boolean;
}

export type Traffic = (
  worker: Pick<LocalWorker, "url" | "bootstrapToken">,
  d1: D1,
  accounts: Accounts,
) => Promise<Asked>;

/** Of all Workers here, so that tokens can be made before one runs. */
export const PROJECT_TOKEN_KEY = randomBytes(32).toString("base64url");

const TOKENS = 500;
const FORMS = 2000;
const LIFETIME_SECONDS = 3600;
const GRANT = "urn:ietf:params:oauth:grant-type";
const TOKEN_TYPE = "urn:ietf:params:oauth:token-type";

/** Token exchange of a foreign issuer's tokens. */
export const federation: Traffic = async ({ url }, _d1, accounts) => {
  const bodies = await foreignForms(accounts, url);
  return { target: { url: `${url}/oauth/v2/token`, bodies }, isRecorded: true };
};

/** Forms in which many tokens meet many accounts. @param wanted what each asks for besides */
export async function foreignForms(
  setting: Accounts,
  audience: string,
  wanted: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const tokens = await Promise.all(Array.from({ length: TOKENS }, () => setting.issuer.token(audience)));
  const active = setting.activeAccounts ?? setting.accounts;
  const stride = setting.accounts / active;
  return Array.from({ length: FORMS }, (_, index) =>
    formOf({
      grant_type: `${GRANT}:token-exchange`,
      subject_token: tokens[index % TOKENS] as string,
      subject_token_type: `${TOKEN_TYPE}:jwt`,
      client_id: emailOf(Math.floor((index % active) * stride)),
      ...wanted,
    }),
  );
}

/** The key flow of STACKIT's SDKs: a fresh assertion for each request, signed by RS256 with a key of 2048 bits. */
export const keyFlow: Traffic = async ({ url }, d1, { accounts }) => {
  const { privateKey, publicKey } = await generateKeyPair("RS256", { modulusLength: 2048 });
  const publicJwk = { ...(await exportJWK(publicKey)), alg: "RS256", use: "sig" };
  await seedKeys(d1, accounts, publicJwk, await calculateJwkThumbprint(publicJwk));
  let made = 0;
  const supply = supplyOf(async () => {
    const account = made++ % accounts;
    const email = emailOf(account);
    const claims = { ...registered(url), iss: email, sub: email, jti: randomUUID() };
    const assertion = await new SignJWT(claims)
      .setProtectedHeader({ alg: "RS256", kid: idOf("key", account), typ: "JWT" })
      .sign(privateKey);
    return formOf({ grant_type: `${GRANT}:jwt-bearer`, assertion });
  });
  return { target: { url: `${url}/oauth/v2/token`, bodies: [], isOnce: true }, supply, isRecorded: true };
};

const INSERT_PROJECT_TOKEN = `INSERT INTO project_token
  (id, project_id, service_account_id, name, token_sha256, issued_at, expires_at, created_at, updated_at)
  VALUES (?1, ?2, ?3, 'bench', ?4, ?5, ?6, ?5, ?5)`;

/** Exchange of project tokens, one of each account. */
export const projectTokens: Traffic = async ({ url }, d1, { accounts }) => {
  const { iat, exp } = registered(url);
  const tokens = await Promise.all(
    Array.from({ length: accounts }, async (_, account) => {
      const [jti, sub, project] = [
        idOf("projectToken", account),
        idOf("account", account),
        projectIdOf(account),
      ];
      const more = {
        generation: 1,
        email: emailOf(account),
        project_id: project,
        auth_method: "project_token",
      };
      const claims = { ...registered(url), iss: url, sub, jti, ...more };
      const compact = await new CompactSign(Buffer.from(JSON.stringify(claims)))
        .setProtectedHeader({ alg: "HS256", typ: "project-token+jwt" })
        .sign(Buffer.from(PROJECT_TOKEN_KEY));
      return { compact, row: [jti, project, sub, await sha256Hex(compact), iat, exp] };
    }),
  );
  await d1.batch(tokens.map(({ row }) => d1.prepare(INSERT_PROJECT_TOKEN).bind(...row)));
  const more = { grant_type: `${GRANT}:token-exchange`, subject_token_type: `${TOKEN_TYPE}:jwt` };
  const bodies = tokens.map(({ compact }) => formOf({ ...more, subject_token: compact }));
  return { target: { url: `${url}/oauth/v2/token`, bodies }, isRecorded: true };
};

const API_AUDIENCE = "https://api.bench.example";
const INSERT_API = `INSERT INTO resource_server
  (id, project_id, name, audience, service_account_id, created_at, updated_at) VALUES (?, ?, 'api', ?, ?, ?, ?)`;
export const INSERT_TOKEN = `INSERT INTO access_token (jti, project_id, service_account_id, auth_method, audience, scope,
  resource_server_id, token_sha256, issued_at, expires_at) VALUES (?, ?, ?, 'federation', ?, ?, ?, ?, ?, ?)`;

/** An API asks about live tokens that were made for it, as its account or as the operator. */
export function introspection(caller: "account" | "bootstrap"): Traffic {
  return async ({ url, bootstrapToken }, d1, { accounts }) => {
    const { iat } = registered(url);
    const api = [idOf("resourceServer", 0), projectIdOf(0), API_AUDIENCE, idOf("account", 0), iat, iat];
    await d1
      .prepare(INSERT_API)
      .bind(...api)
      .run();
    const subjects = await Promise.all(
      Array.from({ length: TOKENS }, (_, index) => accessToken(url, index % accounts, API_AUDIENCE)),
    );
    const own = await accessToken(url, 0, url);
    await d1.batch([own, ...subjects].map(({ row }) => d1.prepare(INSERT_TOKEN).bind(...row)));
    const target = {
      url: `${url}/oauth/v2/introspect`,
      bodies: subjects.map(({ compact }) => formOf({ token: compact })),
      authorization: `Bearer ${caller === "bootstrap" ? bootstrapToken : own.compact}`,
      expected: '"active":true',
    };
    return { target, isRecorded: false };
  };
}

/** For which API a token is, and what it may do there. */
interface Grant {
  readonly scope: string;
  readonly resourceServer: string | null;
}

/** No key of the Worker's signs it: what makes a text one of its tokens is the row with its SHA-256. */
export async function accessToken(
  url: string,
  account: number,
  audience: string,
  { scope, resourceServer }: Grant = { scope: "", resourceServer: null },
) {
  const { privateKey } = await ANY_KEY;
  const { iat, exp } = registered(url);
  const [jti, sub, project] = [randomUUID(), idOf("account", account), projectIdOf(account)];
  const more = { client_id: sub, email: emailOf(account), project_id: project, auth_method: "federation" };
  const granted = scope === "" ? {} : { scope };
  const claims = { iss: url, sub, aud: audience, iat, exp, jti, ...granted, ...more };
  const compact = await new SignJWT(claims)
    .setProtectedHeader({ alg: "ES256", kid: "any", typ: "at+jwt" })
    .sign(privateKey);
  return {
    compact,
    row: [jti, project, sub, audience, scope, resourceServer, await sha256Hex(compact), iat, exp],
  };
}

const ANY_KEY = generateKeyPair("ES256");

function registered(url: string) {
  const now = Math.floor(Date.now() / 1000);
  return { aud: url, iat: now, exp: now + LIFETIME_SECONDS } satisfies JWTPayload;
}

async function sha256Hex(text: string): Promise<string> {
  return Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(text))).toString("hex");
}

function formOf(parameters: Readonly<Record<string, string>>): string {
  return new URLSearchParams(parameters).toString();
}
