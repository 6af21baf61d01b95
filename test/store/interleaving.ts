import { eq, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import type { Context } from "../../src/deps.ts";
import {
  createProvider,
  createServiceAccount,
  deleteProject,
  deleteProvider,
  deleteServiceAccount,
  purgeProviderKeys,
  updateProject,
  updateProvider,
  updateServiceAccount,
} from "../../src/directory/index.ts";
import type { Problem, Result } from "../../src/protocol/index.ts";
import { type Database, schema } from "../../src/store/index.ts";
import type { At } from "./driver.ts";
import {
  contextOn,
  count,
  eventsOf,
  freshName,
  givenTrust,
  onBatch,
  outcomeOf,
  providerInput,
} from "./given.ts";

const { project, serviceAccount, federatedIdentityProvider: provider, keyPurge } = schema;

type Ground = Awaited<ReturnType<typeof givenTrust>>;
type Call = (context: Context, ground: Ground) => Promise<Result<unknown, Problem>>;

const refOf = ({ project, account }: Ground) => ({ project: project.id, serviceAccount: account.id });

const CHANGES: Readonly<Record<string, Call>> = {
  "a project": (context, ground) => updateProject(context, ground.project.id, { change: { disabled: true } }),
  "an account": (context, { project, account }) =>
    updateServiceAccount(
      context,
      { project: project.id, serviceAccount: account.id },
      { change: { disabled: true } },
    ),
  "a trust": (context, ground) =>
    updateProvider(context, { ...refOf(ground), id: ground.provider.id }, { change: { disabled: true } }),
};

const DELETIONS: Readonly<Record<string, Call>> = {
  "a project": (context, ground) => deleteProject(context, ground.project.id, undefined),
  "an account": (context, { project, account }) =>
    deleteServiceAccount(
      context,
      { project: project.id, serviceAccount: account.id },
      { ifMatch: undefined },
    ),
  "a trust": (context, ground) =>
    deleteProvider(context, { ...refOf(ground), id: ground.provider.id }, undefined),
};

/** Verbs that put a row below another one, which somebody deletes after it was read. */
const BELOW: readonly { name: string; call: Call; deleted: "project" | "account"; outcome: string }[] = [
  {
    name: "an account whose project is deleted",
    call: (context, ground) => createServiceAccount(context, ground.project.id, { name: freshName() }),
    deleted: "project",
    outcome: "not_found",
  },
  {
    name: "a trust whose project is deleted",
    call: (context, ground) => createProvider(context, refOf(ground), providerInput()),
    deleted: "project",
    outcome: "not_found",
  },
  {
    name: "a trust whose account is deleted",
    call: (context, ground) => createProvider(context, refOf(ground), providerInput()),
    deleted: "account",
    outcome: "not_found",
  },
  {
    name: "a purge whose project is deleted",
    call: (context, ground) => purgeProviderKeys(context, { ...refOf(ground), id: ground.provider.id }),
    deleted: "project",
    outcome: "not_found",
  },
];

export function interleavingRows(at: At): void {
  describe("a change between a verb's read and its commit", () => {
    it.each(Object.entries(CHANGES))("of %s wins, and the verb's is not half done", async (_name, call) => {
      const ground = await givenTrust(contextOn(at().db));
      const context = contextOn(
        beforeSecondBatch(at().db, async () => {
          expect(outcomeOf(await call(contextOn(at().db), ground))).toBe("ok");
        }),
      );
      expect(outcomeOf(await call(context, ground))).toBe("conflict");
      expect(await eventsOf(context)).toMatchObject([{ outcome: "refused", reason: "conflict" }]);
    });
  });

  describe("what was changed since it was read is not deleted", () => {
    it.each(Object.entries(DELETIONS))("%s", async (name, remove) => {
      const ground = await givenTrust(contextOn(at().db));
      const context = contextOn(
        beforeSecondBatch(at().db, async () => {
          const change = CHANGES[name] as Call;
          expect(outcomeOf(await change(contextOn(at().db), ground))).toBe("ok");
        }),
      );
      expect(outcomeOf(await remove(context, ground))).toBe("conflict");
      const row = sql`id = ${ground.provider.id} AND service_account_id = ${ground.account.id}`;
      expect(await count(at().db, provider, row), "nor what it holds").toBe(1);
    });
  });

  describe.each(["with", "without"] as const)(
    "%s foreign keys no row is left below nothing",
    (foreignKeys) => {
      it.for(BELOW)("$name", async ({ call, deleted, outcome }, { skip }) => {
        const db = foreignKeys === "with" ? at().db : at().withoutForeignKeys;
        if (db === undefined) return skip("this driver insists on foreign keys");
        const ground = await givenTrust(contextOn(at().db));
        const { project, account } = ground;
        const context = contextOn(
          beforeSecondBatch(db, async () => {
            const removed =
              deleted === "project"
                ? await deleteProject(contextOn(at().db), project.id, undefined)
                : await deleteServiceAccount(
                    contextOn(at().db),
                    { project: project.id, serviceAccount: account.id },
                    { ifMatch: undefined },
                  );
            expect(outcomeOf(removed)).toBe("ok");
          }),
        );
        expect(outcomeOf(await call(context, ground))).toBe(outcome);
        await expectNothingBelow(at().db, ground, deleted);
      });
    },
  );
}

async function expectNothingBelow(
  db: Database,
  ground: Ground,
  deleted: "project" | "account",
): Promise<void> {
  const { id: projectId } = ground.project;
  expect(await count(db, provider, sql`service_account_id = ${ground.account.id}`), "trusts").toBe(0);
  if (deleted === "account") return;
  expect(await db.select().from(project).where(eq(project.id, projectId))).toEqual([]);
  expect(await count(db, serviceAccount, sql`project_id = ${projectId}`), "accounts").toBe(0);
  expect(await count(db, keyPurge, sql`project_id = ${projectId}`), "purges").toBe(0);
}

/** The same database, on which something happens between the first batch (a verb's read) and the second. */
function beforeSecondBatch(db: Database, happens: () => Promise<void>): Database {
  let batches = 0;
  return onBatch(db, async (statements) => {
    batches += 1;
    if (batches === 2) await happens();
    return db.batch(statements);
  });
}
