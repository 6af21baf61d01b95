import { eq, lte, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { commit } from "../../src/audit/index.ts";
import type { Context } from "../../src/deps.ts";
import {
  createResourceServer,
  createRoleBinding,
  deleteProject,
  deleteProvider,
  deleteServiceAccount,
  updateProject,
  updateProvider,
  updateServiceAccount,
} from "../../src/directory/index.ts";
import { type Database, newId, schema } from "../../src/store/index.ts";
import { forgetExpired, insertAccessToken } from "../../src/tokens/index.ts";
import type { At } from "./driver.ts";
import { contextOn, count, eventsOf, givenAccount, givenProvider, givenTrust, onBatch } from "./given.ts";

const { accessToken, keyPurge, serviceAccount } = schema;
const DAY_SECONDS = 24 * 3600;

type Ground = Awaited<ReturnType<typeof givenTrust>>;

const refOf = ({ project, account }: Ground) => ({ project: project.id, serviceAccount: account.id });

const MOVED: Readonly<Record<string, (context: Context, ground: Ground) => Promise<unknown>>> = {
  "the account was disabled": (context, { project, account }) =>
    updateServiceAccount(
      context,
      { project: project.id, serviceAccount: account.id },
      { change: { disabled: true } },
    ),
  "the account was deleted": (context, { project, account }) =>
    deleteServiceAccount(
      context,
      { project: project.id, serviceAccount: account.id },
      { ifMatch: undefined },
    ),
  "the project was disabled": (context, { project }) =>
    updateProject(context, project.id, { change: { disabled: true } }),
  "the project was deleted": (context, { project }) => deleteProject(context, project.id, undefined),
  "somebody was given a role in the project": (context, { project, account }) =>
    createRoleBinding(context, project.id, {
      principal: { type: "service_account", serviceAccount: account.id },
      role: "viewer",
    }),
  "an API of the project was registered": (context, { project }) =>
    createResourceServer(context, project.id, { name: "api", audience: "https://api.example.com" }),
  "the trust was changed": (context, ground) =>
    updateProvider(context, { ...refOf(ground), id: ground.provider.id }, { change: { tokenLifetime: 600 } }),
  "the trust was deleted": (context, ground) =>
    deleteProvider(context, { ...refOf(ground), id: ground.provider.id }, undefined),
};

export function tokenRows(at: At): void {
  describe("a token's row", () => {
    it("is written while account, project and trust stand as they were read", async () => {
      const ground = await givenTrust(contextOn(at().db));
      const context = contextOn(at().db);
      const { result, token } = await issue(context, ground);
      expect(result).toEqual({ ok: true, value: true });
      const rows = await at().db.select().from(accessToken).where(eq(accessToken.jti, token.jti));
      expect(rows).toEqual([
        {
          jti: token.jti,
          projectId: ground.project.id,
          serviceAccountId: ground.account.id,
          federatedIdentityProviderId: ground.provider.id,
          serviceAccountKeyId: null,
          projectTokenId: null,
          authMethod: "federation",
          audience: "https://api.example.com",
          scope: "read write",
          tokenSha256: token.sha256,
          issuedAt: token.issuedAt,
          expiresAt: token.expiresAt,
          resourceServerId: null,
          parentJti: null,
          identityProviderId: null,
          act: null,
          workloadBindings: null,
        },
      ]);
      expect(await eventsOf(context)).toMatchObject([{ action: "access_token.exchange", rowsChanged: 1 }]);
    });

    it.each(Object.entries(MOVED))("is not, nor anything beside it, when %s", async (_name, move) => {
      const ground = await givenTrust(contextOn(at().db));
      await move(contextOn(at().db), ground);
      await expectNoToken(contextOn(at().db), ground);
    });

    it("is not when the issuer's keys were purged after they were read", async () => {
      const ground = await givenTrust(contextOn(at().db));
      const { projectId, issuer } = ground.provider;
      await at().db.insert(keyPurge).values({ projectId, issuer, generation: "g", purgedAt: 1 });
      await expectNoToken(contextOn(at().db), ground);
      expect((await issue(contextOn(at().db), ground, "g")).result.ok).toBe(true);
    });

    it("is not when the account expires before the token would begin", async () => {
      const ground = await givenTrust(contextOn(at().db));
      await at()
        .db.update(serviceAccount)
        .set({ expiresAt: 100 })
        .where(eq(serviceAccount.id, ground.account.id));
      await expectNoToken(contextOn(at().db), ground);
    });

    it("is not when the trust is another account's, whatever was read", async () => {
      const context = contextOn(at().db);
      const ground = await givenTrust(context);
      const provider = await givenProvider(context, await givenAccount(context, ground.project.id));
      await expectNoToken(contextOn(at().db), { ...ground, provider });
    });
  });

  describe("tokens that expired a week ago are forgotten", () => {
    const now = 10 * DAY_SECONDS;
    const due = now - 7 * DAY_SECONDS;

    /** 2,002 that are due, and one that is not yet; no token of another's was alive in January 1970. */
    async function givenExpired() {
      const { db } = at();
      const { account } = await givenTrust(contextOn(db));
      await db.delete(accessToken).where(lte(accessToken.expiresAt, due));
      await insertExpired(db, account, { from: due - 2002, to: due });
      return account.id;
    }

    it("all of them, the oldest first, at most a thousand in one statement", async () => {
      const { db } = at();
      const accountId = await givenExpired();
      const left: number[] = [];
      const steps = onBatch(db, async (statements) => {
        const answers = await db.batch(statements);
        const [oldest = 0] = await expiriesOf(db, accountId);
        if (left.at(-1) !== due - oldest) left.push(due - oldest);
        return answers;
      });
      await forgetExpired(contextOn(steps, { nowMs: () => now * 1000 }));
      expect(left, "rows that are due after each step").toEqual([1002, 2, 0]);
      expect(await expiriesOf(db, accountId), "not yet a week").toEqual([due]);
      await db.delete(accessToken).where(eq(accessToken.serviceAccountId, accountId));
    });

    it("in a bounded number of steps, although the rows never become fewer", async () => {
      const { db } = at();
      await givenExpired();
      let deletes = 0;
      const stuck = onBatch(db, async (statements) => {
        if (!isDelete(statements[0])) return db.batch(statements);
        deletes += 1;
        return [];
      });
      await forgetExpired(contextOn(stuck, { nowMs: () => now * 1000 }));
      expect(deletes).toBeGreaterThan(0);
      expect(deletes).toBeLessThanOrEqual(400);
    });
  });
}

function isDelete(statement: unknown): boolean {
  return (statement as { toSQL(): { sql: string } }).toSQL().sql.startsWith("delete");
}

async function issue(context: Context, { project, account, provider }: Ground, generation = "") {
  const { deps } = context;
  const token = { compact: "x", jti: newId(0), sha256: newId(0), issuedAt: 100, expiresAt: 4_000_000_000 };
  const grant = {
    audience: "https://api.example.com",
    scope: ["read", "write"],
    resourceServerId: null,
    workloadBindings: [],
  };
  const voucher = { authMethod: "federation", provider, generation } as const;
  const result = await commit(context, {
    guarded: insertAccessToken(deps, { account, project, voucher }, token, grant),
    event: { action: "access_token.exchange", target: { type: "access_token", id: token.jti } },
    after: [deps.db.update(serviceAccount).set({ lastUsedAt: 77 }).where(eq(serviceAccount.id, account.id))],
  });
  return { result, token };
}

async function expectNoToken(context: Context, ground: Ground): Promise<void> {
  const { db } = context.deps;
  const { result, token } = await issue(context, ground);
  expect(result).toEqual({ ok: false, refusal: "guard" });
  expect(await count(db, accessToken, sql`jti = ${token.jti}`)).toBe(0);
  expect(await eventsOf(context)).toEqual([]);
  expect(await count(db, serviceAccount, sql`id = ${ground.account.id} AND last_used_at IS NOT NULL`)).toBe(
    0,
  );
}

type Account = { readonly id: string; readonly projectId: string };

/** One token for every second of expiry, both ends included. */
async function insertExpired(db: Database, account: Account, { from, to }: { from: number; to: number }) {
  await db.run(sql`WITH RECURSIVE second (at) AS (SELECT ${from} UNION ALL SELECT at + 1 FROM second WHERE at < ${to})
    INSERT INTO access_token (jti, project_id, service_account_id, auth_method, audience, scope, token_sha256,
      issued_at, expires_at)
    SELECT ${account.id} || at, ${account.projectId}, ${account.id}, 'x', 'x', '', 'x', 1, CAST(at AS INTEGER)
    FROM second`);
}

async function expiriesOf(db: Database, accountId: string): Promise<readonly number[]> {
  const query = db.select({ at: accessToken.expiresAt }).from(accessToken);
  const rows = await query.where(eq(accessToken.serviceAccountId, accountId)).orderBy(accessToken.expiresAt);
  return rows.map(({ at }) => at);
}
