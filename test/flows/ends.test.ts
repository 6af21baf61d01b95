import { join } from "node:path";
import { createClient } from "@libsql/client";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startLocalWorker } from "../../scripts/local_worker.ts";
import { applyMigrations } from "../../scripts/migrate_libsql.ts";
import { ROOT } from "../house/imports.ts";
import { type ForeignIssuer, startForeignIssuer } from "../support/foreign_issuer.ts";
import { startHranaServer } from "../support/hrana_server.ts";
import { call, post, type Target } from "./clients.ts";
import { ENDS, exchangeBy, givenStage } from "./ends.ts";
import { revokedJtis } from "./token_views.ts";

const cleanups: (() => Promise<unknown> | unknown)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const DRIVERS: Readonly<Record<string, () => Promise<Target>>> = {
  D1: async () => {
    const service = await startLocalWorker();
    cleanups.push(() => service.close());
    return service;
  },
  libSQL: async () => {
    const hrana = await startHranaServer();
    cleanups.push(() => hrana.close());
    const client = createClient({ url: hrana.url });
    cleanups.push(() => client.close());
    await applyMigrations(client, join(ROOT, "migrations"));
    const service = await startLocalWorker({ vars: { LIBSQL_URL: hrana.url } });
    cleanups.push(() => service.close());
    return service;
  },
};

/** Both views of one access token: whoever asks, and whoever holds it. */
async function lifeOf(target: Target, token: string, path: string): Promise<readonly [string, number]> {
  const { text } = await post(target, "/oauth/v2/introspect", { token }, target.bootstrapToken);
  const asBearer = await call({ ...target, bootstrapToken: token }, "GET", path);
  return [text, asBearer.status];
}

async function reasonOf(target: Target, requestId: string): Promise<unknown> {
  const { body } = await call(target, "GET", `/v1/audit-events?requestId=${requestId}`);
  return (body.items as unknown as { reason: string }[])[0]?.reason;
}

describe.each(Object.keys(DRIVERS))("on %s: the last success, the end, the first refusal", (driver) => {
  let target: Target;
  let issuer: ForeignIssuer;
  beforeAll(async () => {
    const [service, foreign] = await Promise.all([DRIVERS[driver]?.(), startForeignIssuer()]);
    cleanups.push(() => foreign.close());
    if (service === undefined) throw new Error(`no driver ${driver}`);
    [target, issuer] = [service, foreign];
  });

  it.concurrent.each(ENDS)("$name", async (end) => {
    const stage = await givenStage(target, issuer, end);
    const last = await exchangeBy(stage, end.by);
    expect(last.status, last.text).toBe(200);
    const token = String(JSON.parse(last.text).access_token);
    const jti = String(decodeJwt(token).jti);
    const before = await lifeOf(target, token, stage.accountPath);
    expect(JSON.parse(before[0])).toMatchObject({ active: true, jti });
    expect(before[1], "the account is known, and may do nothing").toBe(403);
    expect(await revokedJtis(target)).not.toContain(jti);

    await end.end(stage, token);

    expect(await lifeOf(target, token, stage.accountPath)).toEqual(['{"active":false}', 401]);
    const next = await exchangeBy(stage, end.by);
    if (end.reason === undefined) {
      expect(next.status, "what vouches was not ended").toBe(200);
    } else {
      expect([next.status, await reasonOf(target, next.requestId)]).toEqual([400, end.reason]);
    }
    const told = await revokedJtis(target);
    if (end.hasExpired) expect(told).not.toContain(jti);
    else expect(told).toContain(jti);
  });
});
