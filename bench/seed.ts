/** Rows by the hundred thousand: written by SQL alone, since over HTTP they would take an hour. */
import type { JWK } from "jose";
import type { LocalWorker } from "../scripts/local_worker.ts";

export type D1 = Awaited<ReturnType<LocalWorker["miniflare"]["getD1Database"]>>;

const ACCOUNTS_PER_PROJECT = 1000;
const ROWS_PER_STATEMENT = 20_000;
const EMAIL_DOMAIN = "sa.countersign.internal";

/** What every account's trust asks of a token, as of a job of one branch of one repository. */
export const ASSERTIONS = [
  { item: "repository_id", operator: "equals", value: "777001" },
  { item: "ref", operator: "equals", value: "refs/heads/main" },
] as const;

/** Ids sort by number, as UUIDv7s of accounts that were made one after the other do. */
const KINDS = {
  project: 0,
  account: 1,
  trust: 2,
  key: 3,
  projectToken: 4,
  resourceServer: 5,
  role: 6,
  roleBinding: 7,
  identityProvider: 8,
} as const;
type Kind = keyof typeof KINDS;
const ID = (kind: Kind, number = "i") => `printf('018f0000-0000-7000-800${KINDS[kind]}-%012x', ${number})`;
const PROJECT_ID = ID("project", `i / ${ACCOUNTS_PER_PROJECT}`);
const COUNT_FROM = "WITH RECURSIVE n(i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2)";

const PROJECTS = `${COUNT_FROM} INSERT INTO project (id, name, created_at, updated_at)
  SELECT ${ID("project")}, printf('project-%04d', i), ?3, ?3 FROM n`;
const ACCOUNTS = `${COUNT_FROM} INSERT INTO service_account (id, project_id, name, email, created_at, updated_at)
  SELECT ${ID("account")}, ${PROJECT_ID}, printf('job-%06d', i), printf('job-%06d@${EMAIL_DOMAIN}', i), ?3, ?3 FROM n`;
const TRUSTS = `${COUNT_FROM} INSERT INTO federated_identity_provider
  (id, project_id, service_account_id, name, issuer, assertions, pin, created_at, updated_at)
  SELECT ${ID("trust")}, ${PROJECT_ID}, ${ID("account")}, 'github-main', ?4, ?5, 'repository_id=777001', ?3, ?3 FROM n`;

/** Projects of a thousand accounts, each account with one trust in the issuer. */
export async function seedAccounts(d1: D1, issuer: string, count: number): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  await d1
    .prepare(PROJECTS)
    .bind(0, Math.ceil(count / ACCOUNTS_PER_PROJECT), now)
    .run();
  for (let from = 0; from < count; from += ROWS_PER_STATEMENT) {
    const range = [from, Math.min(count, from + ROWS_PER_STATEMENT), now] as const;
    await d1.batch([
      d1.prepare(ACCOUNTS).bind(...range),
      d1.prepare(TRUSTS).bind(...range, issuer, JSON.stringify(ASSERTIONS)),
    ]);
  }
}

const KEYS = `${COUNT_FROM} INSERT INTO service_account_key
  (id, project_id, service_account_id, key_algorithm, key_origin, public_jwk, thumbprint, created_at, updated_at)
  SELECT ${ID("key")}, ${PROJECT_ID}, ${ID("account")}, 'RSA_2048', 'USER_PROVIDED',
  json_set(?4, '$.kid', ${ID("key")}), ?5, ?3, ?3 FROM n`;

/** One key, registered for every account under a `kid` of its own. */
export async function seedKeys(d1: D1, count: number, publicJwk: JWK, thumbprint: string): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  await d1.prepare(KEYS).bind(0, count, now, JSON.stringify(publicJwk), thumbprint).run();
}

const TOKENS = `${COUNT_FROM} INSERT INTO access_token (jti, project_id, service_account_id,
  federated_identity_provider_id, auth_method, audience, scope, token_sha256, issued_at, expires_at)
  SELECT printf('%08x-%04x-7000-8000-%012x', at >> 16, at & 65535, row),
    ${PROJECT_ID}, ${ID("account")}, ${ID("trust")}, 'federation', ?5, '', printf('%064x', row), ends - 3600, ends
  FROM (SELECT i AS row, i % ?6 AS i, CAST(?3 + i * ?4 AS INTEGER) AS ends,
    CAST((?3 + i * ?4) * 1000 AS INTEGER) AS at FROM n)`;

/** Access tokens of which the first and the last ended then; integer seconds. */
export interface OldTokens {
  readonly count: number;
  readonly from: number;
  readonly to: number;
}

/** As a busy service leaves them: of all accounts in turn, with ids of their time. */
export async function seedTokens(d1: D1, accounts: number, audience: string, old: OldTokens): Promise<void> {
  for (let from = 0; from < old.count; from += ROWS_PER_STATEMENT) {
    const until = Math.min(old.count, from + ROWS_PER_STATEMENT);
    const step = (old.to - old.from) / old.count;
    await d1.prepare(TOKENS).bind(from, until, old.from, step, audience, accounts).run();
  }
}

/** A row for the floor Worker's own key, as the service would have written one. */
export async function seedSigningKey(d1: D1, publicJwk: JWK): Promise<void> {
  const insert = `INSERT INTO signing_key
    (kid, algorithm, public_jwk, sealed_private_key, sealing_key_id, created_at, activates_at)
    VALUES (?, 'ES256', ?, 'held by the floor Worker', 'none', 0, 0)`;
  await d1.prepare(insert).bind(publicJwk.kid, JSON.stringify(publicJwk)).run();
}

export function idOf(kind: Kind, index: number): string {
  return `018f0000-0000-7000-800${KINDS[kind]}-${index.toString(16).padStart(12, "0")}`;
}

/** The first, of the first thousand accounts. */
export const PROJECT = idOf("project", 0);

export function projectIdOf(account: number): string {
  return idOf("project", Math.floor(account / ACCOUNTS_PER_PROJECT));
}

export function emailOf(index: number): string {
  return `job-${String(index).padStart(6, "0")}@${EMAIL_DOMAIN}`;
}
