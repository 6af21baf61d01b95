import { eq, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import type { Context } from "../../src/deps.ts";
import {
  createResourceServer,
  deleteProject,
  deleteResourceServer,
  deleteServiceAccount,
  updateResourceServer,
} from "../../src/directory/index.ts";
import type { Problem, Result } from "../../src/protocol/index.ts";
import { type Database, schema } from "../../src/store/index.ts";
import type { At } from "./driver.ts";
import {
  accepted,
  contextOn,
  count,
  eventsOf,
  freshName,
  givenAccount,
  givenProject,
  onBatch,
  outcomeOf,
} from "./given.ts";

const { resourceServer } = schema;

type Ground = Awaited<ReturnType<typeof givenLinked>>;
type Call = (context: Context, ground: Ground) => Promise<Result<unknown, Problem>>;

const fresh = () => ({ name: freshName("r"), audience: `urn:${freshName("r")}` });

/** A project whose account has a resource server, and one that has none. */
async function givenLinked(db: Database) {
  const context = contextOn(db);
  const project = await givenProject(context);
  const account = await givenAccount(context, project.id);
  const idOf = async (serviceAccount?: string) =>
    accepted(await createResourceServer(context, project.id, { ...fresh(), serviceAccount })).item.id;
  return { project, account, linked: await idOf(account.id), unlinked: await idOf() };
}

const create: Call = (context, { project, account }) =>
  createResourceServer(context, project.id, { ...fresh(), serviceAccount: account.id });
const createUnlinked: Call = (context, { project }) => createResourceServer(context, project.id, fresh());
const link: Call = (context, { project, account, unlinked }) =>
  updateResourceServer(
    context,
    { project: project.id, id: unlinked },
    { change: { serviceAccount: account.id } },
  );
const rename: Call = (context, { project, linked }) =>
  updateResourceServer(context, { project: project.id, id: linked }, { change: { name: freshName() } });
const remove: Call = (context, { project, linked }) =>
  deleteResourceServer(context, { project: project.id, id: linked }, { ifMatch: undefined });
const endAccount: Call = (context, { project, account }) =>
  deleteServiceAccount(context, { project: project.id, serviceAccount: account.id }, { ifMatch: undefined });
const endProject: Call = (context, { project }) => deleteProject(context, project.id, undefined);

interface Row {
  readonly name: string;
  readonly call: Call;
  /** Batches that the call reads before it commits. */
  readonly reads: number;
  readonly meanwhile: Call;
  readonly outcome: string;
}

/** What somebody else does after the verb has read and before it writes. */
const MEANWHILE: readonly Row[] = [
  {
    name: "created, its account is deleted",
    call: create,
    reads: 2,
    meanwhile: endAccount,
    outcome: "invalid_body",
  },
  {
    name: "created with an account, the project is deleted",
    call: create,
    reads: 2,
    meanwhile: endProject,
    outcome: "not_found",
  },
  {
    name: "created, the project is deleted",
    call: createUnlinked,
    reads: 1,
    meanwhile: endProject,
    outcome: "not_found",
  },
  {
    name: "given an account, that is deleted",
    call: link,
    reads: 2,
    meanwhile: endAccount,
    outcome: "conflict",
  },
  {
    name: "renamed, its account is deleted",
    call: rename,
    reads: 1,
    meanwhile: endAccount,
    outcome: "conflict",
  },
  { name: "renamed, it is renamed", call: rename, reads: 1, meanwhile: rename, outcome: "conflict" },
  { name: "renamed, it is deleted", call: rename, reads: 1, meanwhile: remove, outcome: "conflict" },
  { name: "deleted, it is renamed", call: remove, reads: 1, meanwhile: rename, outcome: "conflict" },
];

export function resourceServerRows(at: At): void {
  describe.each(["with", "without"] as const)("a resource server, %s foreign keys", (foreignKeys) => {
    const database = () => (foreignKeys === "with" ? at().db : at().withoutForeignKeys);

    it.for(MEANWHILE)("is $name meanwhile", async ({ call, reads, meanwhile, outcome }, { skip }) => {
      const db = database();
      if (db === undefined) return skip("this driver insists on foreign keys");
      const ground = await givenLinked(at().db);
      let version = -1;
      const context = contextOn(
        afterReads(db, reads, async () => {
          accepted(await meanwhile(contextOn(db), ground));
          version = await versionsOf(db, ground);
        }),
      );
      expect(outcomeOf(await call(context, ground))).toBe(outcome);
      expect(await versionsOf(db, ground), "nothing was written").toBe(version);
      expect(await eventsOf(context)).toMatchObject([{ outcome: "refused", reason: outcome }]);
      expect(await count(db, resourceServer, dangling), "names no account that is gone").toBe(0);
    });

    it("outlives its account, in a new state; another one's is left alone", async ({ skip }) => {
      const db = database();
      if (db === undefined) return skip("this driver insists on foreign keys");
      const [ground, other] = [await givenLinked(at().db), await givenLinked(at().db)];
      accepted(await endAccount(contextOn(db), ground));
      const rows = await db
        .select()
        .from(resourceServer)
        .where(eq(resourceServer.projectId, ground.project.id));
      expect(rows).toHaveLength(2);
      expect(rows).toContainEqual(
        expect.objectContaining({ id: ground.linked, serviceAccountId: null, version: 2 }),
      );
      expect(rows).toContainEqual(expect.objectContaining({ id: ground.unlinked, version: 1 }));
      expect(await count(db, resourceServer, sql`service_account_id = ${other.account.id}`)).toBe(1);
    });

    it("goes with its project; another one's stays", async ({ skip }) => {
      const db = database();
      if (db === undefined) return skip("this driver insists on foreign keys");
      const [ground, other] = [await givenLinked(at().db), await givenLinked(at().db)];
      accepted(await endProject(contextOn(db), ground));
      expect(await count(db, resourceServer, sql`project_id = ${ground.project.id}`)).toBe(0);
      expect(await count(db, resourceServer, sql`project_id = ${other.project.id}`)).toBe(2);
    });
  });
}

const dangling = sql`service_account_id NOT IN (SELECT id FROM service_account)
  OR project_id NOT IN (SELECT id FROM project)`;

/** One number for what is there and at which versions: two rows at version 1 are 102. */
async function versionsOf(db: Database, { project }: Ground): Promise<number> {
  const rows = await db.select().from(resourceServer).where(eq(resourceServer.projectId, project.id));
  return rows.reduce((sum, { version }) => sum + 50 + version, 0);
}

/** The same database, on which something happens after so many batches that read, just before the next one. */
function afterReads(db: Database, reads: number, happens: () => Promise<void>): Database {
  let batches = 0;
  return onBatch(db, async (statements) => {
    if (batches === reads) await happens();
    batches += 1;
    return db.batch(statements);
  });
}
