import { join } from "node:path";
import { createClient } from "@libsql/client";
import { decodeJwt } from "jose";
import { afterEach, expect, it } from "vitest";
import { startLocalWorker } from "../../scripts/local_worker.ts";
import { applyMigrations } from "../../scripts/migrate_libsql.ts";
import { ROOT } from "../house/imports.ts";
import { githubClaims, startForeignIssuer } from "../support/foreign_issuer.ts";
import { startHranaServer } from "../support/hrana_server.ts";
import { call, exchange, givenTrust } from "./clients.ts";

const cleanups: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

it("LIBSQL_URL puts the whole service on libSQL: set up, exchange, refusal, record, switch off", async () => {
  const authToken = "a-libsql-token";
  const hrana = await startHranaServer({ authToken });
  cleanups.push(() => hrana.close());
  const client = createClient({ url: hrana.url, authToken });
  await applyMigrations(client, join(ROOT, "migrations"));
  const service = await startLocalWorker({ vars: { LIBSQL_URL: hrana.url, LIBSQL_AUTH_TOKEN: authToken } });
  cleanups.push(() => service.close());
  const issuer = await startForeignIssuer();
  cleanups.push(() => issuer.close());

  const account = await givenTrust(service, issuer.issuer);
  const token = await issuer.token(githubClaims(), { audience: service.url });
  const answers = await Promise.all(Array.from({ length: 20 }, () => exchange(service, account, token)));
  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
  const stranger = await issuer.token(githubClaims({ repository_id: "1" }), { audience: service.url });
  expect((await exchange(service, account, stranger)).status).toBe(400);
  const accountPath = "/v1/projects/shop/service-accounts/deployer";
  expect((await call(service, "PATCH", accountPath, { disabled: true })).status).toBe(200);
  expect((await exchange(service, account, token)).status).toBe(400);

  const rows = await client.execute("SELECT jti FROM access_token");
  const answered = answers.map(({ body }) => decodeJwt(String(body.access_token)).jti);
  expect(rows.rows.map(({ jti }) => jti).sort()).toEqual(answered.sort());
  const { body } = await call(service, "GET", "/v1/projects/shop/audit-events?outcome=refused");
  const reasons = (body.items as unknown as { reason: string }[]).map(({ reason }) => reason);
  expect(reasons).toEqual(["account_disabled", "assertion_failed"]);
  const d1 = await service.miniflare.getD1Database("DB");
  expect(await d1.prepare("SELECT count(*) AS n FROM project").first()).toEqual({ n: 0 });
});
