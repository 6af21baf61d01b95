import { eq, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import {
  deleteProject,
  deleteServiceAccount,
  purgeProviderKeys,
  updateServiceAccount,
} from "../../src/directory/index.ts";
import { type Database, newId, schema } from "../../src/store/index.ts";
import type { At } from "./driver.ts";
import { accepted, contextOn, count, givenAccount, givenProvider, givenTrust, outcomeOf } from "./given.ts";

const { project, serviceAccount, federatedIdentityProvider, accessToken, keyPurge, auditEvent, issuedEmail } =
  schema;
const CHILDREN = { serviceAccount, federatedIdentityProvider, accessToken, keyPurge };

/** A project that holds a row of everything that can be held. */
async function givenFullProject(db: Database) {
  const context = contextOn(db);
  const ground = await givenTrust(context);
  const ref = { project: ground.project.id, serviceAccount: ground.account.id };
  accepted(await purgeProviderKeys(context, { ...ref, id: ground.provider.id }));
  const second = await givenAccount(context, ground.project.id);
  await givenProvider(context, second);
  for (const account of [ground.account, second]) {
    await db.run(sql`INSERT INTO access_token (jti, project_id, service_account_id, auth_method, audience, scope,
      token_sha256, issued_at, expires_at)
      VALUES (${newId(0)}, ${account.projectId}, ${account.id}, 'federation', 'x', '', 'x', 1, 2)`);
  }
  return { ...ground, second };
}

async function held(db: Database, projectId: string) {
  const counts: Record<string, number> = {};
  for (const [name, table] of Object.entries(CHILDREN)) {
    counts[name] = await count(db, table, sql`project_id = ${projectId}`);
  }
  return counts;
}

const ALL = { serviceAccount: 2, federatedIdentityProvider: 2, accessToken: 2, keyPurge: 1 };
const NONE = { serviceAccount: 0, federatedIdentityProvider: 0, accessToken: 0, keyPurge: 0 };

export function deletionRows(at: At): void {
  describe.each(["with", "without"] as const)("deleting, %s foreign keys", (foreignKeys) => {
    const database = () => (foreignKeys === "with" ? at().db : at().withoutForeignKeys);

    it("a project takes all that it holds along, and nothing of another", async ({ skip }) => {
      const db = database();
      if (db === undefined) return skip("this driver insists on foreign keys");
      const [ground, other] = [await givenFullProject(at().db), await givenFullProject(at().db)];
      expect(await held(db, ground.project.id)).toEqual(ALL);
      expect(outcomeOf(await deleteProject(contextOn(db), ground.project.id, undefined))).toBe("ok");
      expect(await held(db, ground.project.id)).toEqual(NONE);
      expect(await held(db, other.project.id)).toEqual(ALL);
      expect(await db.select().from(project).where(eq(project.id, ground.project.id))).toEqual([]);
      const events = await count(db, auditEvent, sql`project_id = ${ground.project.id}`);
      expect(events, "its record stays").toBeGreaterThan(5);
    });

    it("a project at another version takes nothing", async ({ skip }) => {
      const db = database();
      if (db === undefined) return skip("this driver insists on foreign keys");
      const ground = await givenFullProject(at().db);
      const etag = `"${ground.project.id}.2"`;
      const outcome = outcomeOf(await deleteProject(contextOn(db), ground.project.id, [etag]));
      expect(outcome).toBe("precondition_failed");
      expect(await held(db, ground.project.id)).toEqual(ALL);
    });

    it("an account takes its trusts and tokens along, and nothing of its neighbour", async ({ skip }) => {
      const db = database();
      if (db === undefined) return skip("this driver insists on foreign keys");
      const { project, account, second } = await givenFullProject(at().db);
      expect(
        outcomeOf(
          await deleteServiceAccount(
            contextOn(db),
            { project: project.id, serviceAccount: account.id },
            { ifMatch: undefined },
          ),
        ),
      ).toBe("ok");
      const half = { ...ALL, serviceAccount: 1, federatedIdentityProvider: 1, accessToken: 1 };
      expect(await held(db, project.id)).toEqual(half);
      expect(await count(db, accessToken, sql`service_account_id = ${second.id}`)).toBe(1);
    });
  });

  it("an account created again under its old name has a new id and e-mail; the old e-mail stays taken", async () => {
    const { db } = at();
    const context = contextOn(db);
    const { project, account } = await givenTrust(context);
    accepted(
      await deleteServiceAccount(
        context,
        { project: project.id, serviceAccount: account.name },
        { ifMatch: undefined },
      ),
    );
    const again = await givenAccount(context, project.id, account.name);
    expect(again.name).toBe(account.name);
    expect(again.id).not.toBe(account.id);
    expect(again.email).not.toBe(account.email);
    for (const email of [account.email, again.email]) {
      expect(await count(db, issuedEmail, sql`email = ${email}`), email).toBe(1);
    }
    expect(await count(db, federatedIdentityProvider, sql`service_account_id = ${again.id}`)).toBe(0);
  });

  it("a renamed account keeps id and e-mail, and its old name is free", async () => {
    const context = contextOn(at().db);
    const { project, account } = await givenTrust(context);
    const name = `${account.name}x`;
    const { item } = accepted(
      await updateServiceAccount(
        context,
        { project: project.id, serviceAccount: account.name },
        { change: { name } },
      ),
    );
    expect(item).toMatchObject({ id: account.id, email: account.email, name });
    const where = sql`id = ${account.id} AND email = ${account.email} AND name = ${name}`;
    expect(await count(at().db, serviceAccount, where), "stored as it was answered").toBe(1);
    const heir = await givenAccount(context, project.id, account.name);
    expect(heir.email).not.toBe(account.email);
  });
}
