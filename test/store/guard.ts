import { and, eq, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { commit } from "../../src/audit/index.ts";
import type { Context } from "../../src/deps.ts";
import { type Database, insertSelect, newId, type Statement, schema } from "../../src/store/index.ts";
import type { At } from "./driver.ts";
import { contextOn, count, eventsOf, freshName, givenProject } from "./given.ts";

const { project, issuedEmail } = schema;

interface Ground {
  readonly id: string;
  /** An e-mail that is in `issued_email` already. */
  readonly taken: string;
}

interface Row {
  readonly name: string;
  readonly guarded: (db: Database, ground: Ground) => Statement;
}

const MATCHES_NOTHING: readonly Row[] = [
  {
    name: "an UPDATE at a version that has passed",
    guarded: (db, { id }) =>
      db
        .update(project)
        .set({ displayName: "guarded" })
        .where(and(eq(project.id, id), eq(project.version, 99))),
  },
  {
    name: "a DELETE of a row that is gone",
    guarded: (db) => db.delete(project).where(eq(project.id, newId(0))),
  },
  {
    name: "an INSERT ... SELECT whose source is empty",
    guarded: (db) => insertSelect(db, issuedEmail, { email: freshName(), createdAt: 1 }, sql`WHERE 0`),
  },
  {
    name: "an INSERT that ON CONFLICT DO NOTHING skips",
    guarded: (db, { taken }) =>
      db.insert(issuedEmail).values({ email: taken, createdAt: 1 }).onConflictDoNothing(),
  },
];

const MATCHES: readonly (Row & { readonly rowsChanged: number })[] = [
  {
    name: "an UPDATE of one row",
    guarded: (db, { id }) => db.update(project).set({ displayName: "guarded" }).where(eq(project.id, id)),
    rowsChanged: 1,
  },
  {
    name: "an INSERT of three rows",
    guarded: (db) =>
      db.insert(issuedEmail).values([1, 2, 3].map((createdAt) => ({ email: freshName(), createdAt }))),
    rowsChanged: 3,
  },
  {
    name: "an upsert that updates",
    guarded: (db, { taken }) =>
      db
        .insert(issuedEmail)
        .values({ email: taken, createdAt: 1 })
        .onConflictDoUpdate({ target: issuedEmail.email, set: { createdAt: 2 } }),
    rowsChanged: 1,
  },
  {
    name: "an INSERT ... SELECT that finds its source",
    guarded: (db, { id }) =>
      insertSelect(
        db,
        issuedEmail,
        { email: freshName(), createdAt: 1 },
        sql`FROM ${project} WHERE ${project.id} = ${id}`,
      ),
    rowsChanged: 1,
  },
];

export function guardRows(at: At): void {
  describe("the guard takes the whole batch back", () => {
    it.each(MATCHES_NOTHING)("when it is $name", async ({ guarded }) => {
      const ground = await givenGround(contextOn(at().db));
      const late = freshName();
      const committed = await commitAround(contextOn(at().db), ground, late, guarded);
      expect(committed.result).toEqual({ ok: false, refusal: "guard" });
      expect(await displayNameOf(at().db, ground.id), "before it").toBeNull();
      expect(await count(at().db, issuedEmail, eq(issuedEmail.email, late)), "after it").toBe(0);
      expect(await eventsOf(committed.context), "its event").toEqual([]);
    });

    it("although the statement before it changed many rows", async () => {
      const { db } = at();
      const context = contextOn(db);
      const emails = [1, 2, 3, 4, 5].map(() => freshName());
      const result = await commit(context, {
        event: { action: "project.update", target: { type: "project" } },
        before: [db.insert(issuedEmail).values(emails.map((email) => ({ email, createdAt: 1 })))],
        guarded: db.delete(project).where(eq(project.id, newId(0))),
      });
      expect(result).toEqual({ ok: false, refusal: "guard" });
      expect(await count(db, issuedEmail, sql`email = ${emails[0]}`)).toBe(0);
    });
  });

  describe("the guard lets pass", () => {
    it.each(MATCHES)("$name, with all that stands around it", async ({ guarded, rowsChanged }) => {
      const ground = await givenGround(contextOn(at().db));
      const late = freshName();
      const committed = await commitAround(contextOn(at().db), ground, late, guarded);
      expect(committed.result).toEqual({ ok: true, value: true });
      expect(await displayNameOf(at().db, ground.id), "before it").toMatch(/^(before|guarded)$/);
      expect(await count(at().db, issuedEmail, eq(issuedEmail.email, late)), "after it").toBe(1);
      expect(await eventsOf(committed.context)).toMatchObject([
        { action: "project.update", outcome: "granted", targetId: ground.id, rowsChanged },
      ]);
    });
  });
}

async function givenGround(context: Context): Promise<Ground> {
  const { db } = context.deps;
  const { id } = await givenProject(context);
  const taken = freshName();
  await db.batch([db.insert(issuedEmail).values({ email: taken, createdAt: 1 })]);
  return { id, taken };
}

async function commitAround(context: Context, ground: Ground, late: string, guarded: Row["guarded"]) {
  const { db } = context.deps;
  const result = await commit(context, {
    event: { action: "project.update", target: { type: "project", id: ground.id }, projectId: ground.id },
    before: [db.update(project).set({ displayName: "before" }).where(eq(project.id, ground.id))],
    guarded: guarded(db, ground),
    after: [db.insert(issuedEmail).values({ email: late, createdAt: 1 })],
  });
  return { context, result };
}

async function displayNameOf(db: Database, id: string): Promise<string | null | undefined> {
  const [row] = await db.select().from(project).where(eq(project.id, id));
  return row?.displayName;
}
