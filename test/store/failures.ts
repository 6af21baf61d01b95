import { eq, sql } from "drizzle-orm";
import { sqliteTable, text } from "drizzle-orm/sqlite-core";
import { describe, expect, it } from "vitest";
import { commit, commitRefusal } from "../../src/audit/index.ts";
import type { Context } from "../../src/deps.ts";
import { createProject } from "../../src/directory/index.ts";
import { ensureSigningKey } from "../../src/keyring/index.ts";
import { type Database, failureOf, newId, readBatch, type Statement, schema } from "../../src/store/index.ts";
import type { At } from "./driver.ts";
import { contextOn, eventsOf, faultOf, freshName, givenTrust, thrownBy } from "./given.ts";

const { project, serviceAccount, federatedIdentityProvider, accessToken, keyPurge, issuedEmail, auditEvent } =
  schema;

type Ground = Awaited<ReturnType<typeof givenTrust>>;
type Row = { readonly name: string; readonly write: (db: Database, ground: Ground) => Statement };

const UNIQUE: readonly Row[] = [
  {
    name: "a project's name",
    write: (db, ground) => db.insert(project).values({ ...ground.project, id: newId(0) }),
  },
  {
    name: "an account's name in its project",
    write: (db, { account }) =>
      db.insert(serviceAccount).values({ ...account, id: newId(0), email: freshName() }),
  },
  {
    name: "an account's e-mail",
    write: (db, { account }) =>
      db.insert(serviceAccount).values({ ...account, id: newId(0), name: freshName() }),
  },
  {
    name: "a trust's name at its account",
    write: (db, { provider }) => db.insert(federatedIdentityProvider).values({ ...provider, id: newId(0) }),
  },
  {
    name: "an e-mail that was given out",
    write: (db, { account }) => db.insert(issuedEmail).values({ email: account.email, createdAt: 1 }),
  },
];

const FOREIGN: readonly Row[] = [
  {
    name: "an account of no project",
    write: (db, { account }) =>
      db.insert(serviceAccount).values({ ...account, id: newId(0), email: freshName(), projectId: newId(0) }),
  },
  {
    name: "a trust of no account",
    write: (db, { provider }) =>
      db.insert(federatedIdentityProvider).values({ ...provider, id: newId(0), serviceAccountId: newId(0) }),
  },
  {
    name: "a token of no account",
    write: (db, ground) => db.insert(accessToken).values({ ...tokenRow(ground), serviceAccountId: newId(0) }),
  },
  {
    name: "a purge of no project",
    write: (db) =>
      db.insert(keyPurge).values({ projectId: newId(0), issuer: "x", generation: "g", purgedAt: 1 }),
  },
];

/** Said by no race and no rule of ours: something is broken, whatever words stand in the values. */
const BROKEN: readonly Row[] = [
  {
    name: "a CHECK that is not the guard",
    write: (db, ground) =>
      db.update(project).set({ disabled: sql`2` }).where(eq(project.id, ground.project.id)),
  },
  {
    name: "a NOT NULL",
    write: (db, ground) =>
      db.update(project).set({ createdAt: sql`NULL` }).where(eq(project.id, ground.project.id)),
  },
  {
    name: "a text in a STRICT column of integers",
    write: (db, ground) =>
      db.update(project).set({ version: sql`'many'` }).where(eq(project.id, ground.project.id)),
  },
  {
    name: "a missing table, with a guard's words in its name",
    write: (db) => db.delete(sqliteTable("CHECK constraint failed, guard", { id: text("id") })),
  },
  {
    name: "a missing table, with all the words that we look for among the values",
    write: (db) => {
      const id = "CHECK constraint failed: guard; UNIQUE constraint failed; FOREIGN KEY constraint failed";
      return db.insert(sqliteTable("no_such_table", { id: text("id") })).values({ id });
    },
  },
];

export function failureRows(at: At): void {
  const cases = [
    ...UNIQUE.map((row) => ({ ...row, failure: "unique" })),
    ...FOREIGN.map((row) => ({ ...row, failure: "guard" })),
  ];
  describe("a lost race is told by what objected, and nothing is written", () => {
    it.each(cases)("$failure: $name", async ({ write, failure }) => {
      const ground = await givenTrust(contextOn(at().db));
      const context = contextOn(at().db);
      expect(await commitBehind(context, ground, write)).toEqual({ ok: false, refusal: failure });
      await expectUntouched(context, ground);
    });

    it("guard: the event's own CHECK, read from the driver's error", async () => {
      const { db } = at();
      const kind = {
        actorType: "x",
        actorId: "x",
        action: "x",
        targetType: "x",
        outcome: "granted",
      } as const;
      const row = { ...kind, id: newId(0), createdAt: 1, requestId: "x", durationMs: 1, rowsChanged: 0 };
      const error = await thrownBy(() => db.batch([db.insert(auditEvent).values(row)]));
      expect(failureOf(error)).toBe("guard");
    });
  });

  describe("a broken statement is a storage fault, and nothing is written", () => {
    it.each(BROKEN)("$name", async ({ write }) => {
      const ground = await givenTrust(contextOn(at().db));
      const context = contextOn(at().db);
      expect(await faultOf(() => commitBehind(context, ground, write))).toBe("storage");
      await expectUntouched(context, ground);
    });

    it("a read that cannot be", async () => {
      const { db } = at();
      expect(await faultOf(() => readBatch(db, [db.all(sql`SELECT * FROM no_such_table`)]))).toBe("storage");
    });
  });

  describe("an unreachable database is a storage fault", () => {
    const event = { action: "project.create", target: { type: "project" } } as const;
    it.each([
      ["a read", ({ deps }: Context) => readBatch(deps.db, [deps.db.select().from(project).limit(1)])],
      [
        "a commit",
        (context: Context) =>
          commit(context, { event, guarded: context.deps.db.delete(project).where(sql`0`) }),
      ],
      ["a refusal", (context: Context) => commitRefusal(context, { ...event, reason: "x" }, "write")],
      ["a verb", (context: Context) => createProject(context, { name: freshName() })],
      ["a cold start", (context: Context) => ensureSigningKey(context)],
    ])("%s", async (_name, work) => {
      expect(await faultOf(() => work(contextOn(at().unreachable)))).toBe("storage");
    });
  });
}

/** Runs the write after one that succeeds, whose work has to be taken back. */
function commitBehind(context: Context, ground: Ground, write: Row["write"]) {
  const { db } = context.deps;
  return commit(context, {
    event: { action: "project.update", target: { type: "project", id: ground.project.id } },
    before: [db.update(project).set({ displayName: "before" }).where(eq(project.id, ground.project.id))],
    guarded: write(db, ground),
  });
}

async function expectUntouched(context: Context, ground: Ground): Promise<void> {
  const { db } = context.deps;
  expect(await db.select().from(project).where(eq(project.id, ground.project.id))).toEqual([ground.project]);
  expect(await eventsOf(context)).toEqual([]);
}

function tokenRow({ account, provider }: Ground) {
  return {
    jti: newId(0),
    projectId: account.projectId,
    serviceAccountId: account.id,
    federatedIdentityProviderId: provider.id,
    authMethod: "federation" as const,
    audience: "https://sts.example.com",
    scope: "",
    tokenSha256: "00",
    issuedAt: 1,
    expiresAt: 2,
  };
}
