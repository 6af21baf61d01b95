import { eq, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { listAuditEvents } from "../../src/audit/index.ts";
import { listProjects, listProviders, listServiceAccounts } from "../../src/directory/index.ts";
import type { Problem, Result } from "../../src/protocol/index.ts";
import { type Database, newId, type Page, type PageRequest, schema } from "../../src/store/index.ts";
import type { At } from "./driver.ts";
import { accepted, contextOn, givenAccount, givenProject, ISSUER } from "./given.ts";

const ROWS = 250;
const PAGE_SIZE = 60;
/** Rows of a list are made in this second; ids of the seconds around it sort before and after all of them. */
const MADE_AT_MS = 1_700_000_000_000;

interface Ground {
  readonly db: Database;
  readonly projectId: string;
  readonly accountId: string;
}

interface List {
  readonly name: string;
  readonly youngestFirst?: boolean;
  /** Puts rows with these ids into the list. */
  readonly insert: (ground: Ground, ids: readonly string[]) => Promise<unknown>;
  readonly remove: (ground: Ground, id: string) => Promise<unknown>;
  readonly page: (
    ground: Ground,
    request: PageRequest,
  ) => Promise<Result<Page<{ readonly id: string }>, Problem>>;
}

const LISTS: readonly List[] = [
  {
    name: "projects",
    insert: ({ db }, ids) =>
      db.run(sql`INSERT INTO project (id, name, created_at, updated_at)
        SELECT value, hex(randomblob(16)), 1, 1 FROM json_each(${JSON.stringify(ids)})`),
    remove: ({ db }, id) => db.delete(schema.project).where(eq(schema.project.id, id)),
    page: ({ db }, request) => listProjects(contextOn(db), request),
  },
  {
    name: "service accounts",
    insert: ({ db, projectId }, ids) =>
      db.run(sql`INSERT INTO service_account (id, project_id, name, email, created_at, updated_at)
        SELECT value, ${projectId}, hex(randomblob(9)), hex(randomblob(9)), 1, 1 FROM json_each(${JSON.stringify(ids)})`),
    remove: ({ db }, id) => db.delete(schema.serviceAccount).where(eq(schema.serviceAccount.id, id)),
    page: ({ db, projectId }, request) => listServiceAccounts(contextOn(db), projectId, request),
  },
  {
    name: "federated identity providers",
    insert: ({ db, projectId, accountId }, ids) =>
      db.run(sql`INSERT INTO federated_identity_provider
        (id, project_id, service_account_id, name, issuer, assertions, created_at, updated_at)
        SELECT value, ${projectId}, ${accountId}, hex(randomblob(9)), ${ISSUER}, '[]', 1, 1
        FROM json_each(${JSON.stringify(ids)})`),
    remove: ({ db }, id) =>
      db.delete(schema.federatedIdentityProvider).where(eq(schema.federatedIdentityProvider.id, id)),
    page: ({ db, projectId, accountId }, request) =>
      listProviders(contextOn(db), { project: projectId, serviceAccount: accountId }, request),
  },
  {
    name: "audit events",
    youngestFirst: true,
    insert: ({ db, projectId }, ids) =>
      db.run(sql`INSERT INTO audit_event (id, project_id, created_at, actor_type, actor_id, action, target_type,
        outcome, request_id, duration_ms, rows_changed)
        SELECT value, ${projectId}, 1, 'x', 'x', 'x', 'x', 'granted', 'x', 1, 1
        FROM json_each(${JSON.stringify(ids)})`),
    remove: ({ db }, id) => db.delete(schema.auditEvent).where(eq(schema.auditEvent.id, id)),
    page: ({ db, projectId }, request) => listAuditEvents(contextOn(db).deps, { projectId }, {}, request),
  },
];

export function pagingRows(at: At): void {
  describe.each(LISTS)("paging over 250 $name", (list) => {
    it("shows every row once, in order", async () => {
      const { ground, ids } = await givenList(at().db, list);
      const seen = await walk(list, ground, () => Promise.resolve());
      expect(own(seen, ids)).toEqual(inOrder(list, ids));
      expect(new Set(seen).size).toBe(seen.length);
      await cleanUp(list, ground, ids);
    });

    it("loses and repeats none while others are inserted and deleted between the pages", async () => {
      const { ground, ids } = await givenList(at().db, list);
      const added: string[] = [];
      const removed: string[] = [];
      const seen = await walk(list, ground, async (shown) => {
        const around = [-1000, 500, 1000].map((offset) => newId(MADE_AT_MS + offset));
        added.push(...around);
        await list.insert(ground, around);
        const last = own(shown, ids).at(-1);
        if (last !== undefined) removed.push(last);
        if (last !== undefined) await list.remove(ground, last);
      });
      expect(removed.length, "rows that a page token named and that are gone").toBeGreaterThan(2);
      expect(own(seen, ids)).toEqual(inOrder(list, ids));
      expect(new Set(seen).size, "no row twice").toBe(seen.length);
      await cleanUp(list, ground, [...ids, ...added]);
    });
  });

  it("a page of exactly the rest names no next one", async () => {
    const list = LISTS[1] as List;
    const { ground, ids } = await givenList(at().db, list);
    const all = ids.length + 1;
    const page = accepted(await list.page(ground, { pageSize: all }));
    expect(page.items.length).toBe(all);
    expect(page.nextPageToken).toBeUndefined();
    const shorter = accepted(await list.page(ground, { pageSize: all - 1 }));
    expect(shorter.nextPageToken).toMatch(/^[\w-]{16,}$/);
  });
}

async function givenList(db: Database, list: List): Promise<{ ground: Ground; ids: readonly string[] }> {
  const context = contextOn(db);
  const { id: projectId } = await givenProject(context);
  const { id: accountId } = await givenAccount(context, projectId);
  const ground = { db, projectId, accountId };
  const ids = Array.from({ length: ROWS }, (_, index) => newId(MADE_AT_MS + index));
  await list.insert(ground, ids);
  return { ground, ids };
}

/** The ids of all pages, one after the other. */
async function walk(list: List, ground: Ground, between: (shown: readonly string[]) => Promise<void>) {
  const seen: string[] = [];
  let pageToken: string | undefined;
  do {
    const page = accepted(await list.page(ground, { pageSize: PAGE_SIZE, pageToken }));
    seen.push(...page.items.map(({ id }) => id));
    await between(page.items.map(({ id }) => id));
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
  return seen;
}

/** Without what others have put into the list. */
function own(seen: readonly string[], ids: readonly string[]): readonly string[] {
  return seen.filter((id) => ids.includes(id));
}

function inOrder(list: List, ids: readonly string[]): readonly string[] {
  return list.youngestFirst ? ids.toReversed() : ids.toSorted();
}

/** Lists that no project bounds would grow with every run. */
async function cleanUp(list: List, { db }: Ground, ids: readonly string[]): Promise<void> {
  if (list.name !== "projects") return;
  await db.run(sql`DELETE FROM project WHERE id IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`);
}
