/** Service accounts by the hundred thousand: written by SQL alone, since over HTTP they would take an hour. */
import type { JWK } from "jose";
import type { LocalWorker } from "../scripts/local_worker.ts";

type D1 = Awaited<ReturnType<LocalWorker["miniflare"]["getD1Database"]>>;

const ACCOUNTS_PER_PROJECT = 1000;
const ROWS_PER_STATEMENT = 20_000;
const EMAIL_DOMAIN = "sa.countersign.internal";

/** What every account's trust asks of a token, as of a job of one branch of one repository. */
export const ASSERTIONS = [
  { item: "repository_id", operator: "equals", value: "777001" },
  { item: "ref", operator: "equals", value: "refs/heads/main" },
] as const;

/** Ids sort by number, as UUIDv7s of accounts that were made one after the other do. */
const ID = (kind: number) => `printf('018f0000-0000-7000-800${kind}-%012x', i)`;
const PROJECT_ID = `printf('018f0000-0000-7000-8000-%012x', i / ${ACCOUNTS_PER_PROJECT})`;
const COUNT_FROM = "WITH RECURSIVE n(i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2)";

const PROJECTS = `${COUNT_FROM} INSERT INTO project (id, name, created_at, updated_at)
  SELECT ${ID(0)}, printf('project-%04d', i), ?3, ?3 FROM n`;
const ACCOUNTS = `${COUNT_FROM} INSERT INTO service_account (id, project_id, name, email, created_at, updated_at)
  SELECT ${ID(1)}, ${PROJECT_ID}, printf('job-%06d', i), printf('job-%06d@${EMAIL_DOMAIN}', i), ?3, ?3 FROM n`;
const TRUSTS = `${COUNT_FROM} INSERT INTO federated_identity_provider
  (id, project_id, service_account_id, name, issuer, assertions, created_at, updated_at)
  SELECT ${ID(2)}, ${PROJECT_ID}, ${ID(1)}, 'github-main', ?4, ?5, ?3, ?3 FROM n`;

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

/** A row for the floor Worker's own key, as the service would have written one. */
export async function seedSigningKey(d1: D1, publicJwk: JWK): Promise<void> {
  const insert = `INSERT INTO signing_key
    (kid, algorithm, public_jwk, sealed_private_key, sealing_key_id, created_at, activates_at)
    VALUES (?, 'ES256', ?, 'held by the floor Worker', 'none', 0, 0)`;
  await d1.prepare(insert).bind(publicJwk.kid, JSON.stringify(publicJwk)).run();
}

export function emailOf(index: number): string {
  return `job-${String(index).padStart(6, "0")}@${EMAIL_DOMAIN}`;
}
