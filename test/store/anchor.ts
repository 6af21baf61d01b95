import { eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { getProvider, getServiceAccount, listServiceAccounts } from "../../src/directory/index.ts";
import { type Database, newId, readBatch, schema } from "../../src/store/index.ts";
import { anchorOf, anchorQueries } from "../../src/trust/index.ts";
import type { At } from "./driver.ts";
import {
  accepted,
  contextOn,
  givenAccount,
  givenProject,
  givenProvider,
  givenTrust,
  ISSUER,
  outcomeOf,
} from "./given.ts";

const { project, serviceAccount, keyPurge } = schema;

/** Two tenants alike in everything that a tenant chooses, unlike in every column that both tables have. */
async function givenTwins(db: Database) {
  const context = contextOn(db);
  const [own, other] = [await givenTrust(context), await givenTrust(context)];
  const twin = await givenAccount(context, other.project.id, own.account.name);
  const otherProvider = await givenProvider(context, twin);
  const changed = {
    displayName: "the project",
    disabled: true,
    version: 7,
    createdAt: 1001,
    updatedAt: 1002,
  };
  const account = { displayName: "the account", version: 3, createdAt: 2001, updatedAt: 2002 };
  const purge = { issuer: ISSUER, purgedAt: 1 };
  await db.batch([
    db
      .update(project)
      .set({ ...changed, labels: { of: "project" } })
      .where(eq(project.id, own.project.id)),
    db
      .update(serviceAccount)
      .set({ ...account, labels: { of: "account" } })
      .where(eq(serviceAccount.id, own.account.id)),
    db.insert(keyPurge).values({ ...purge, projectId: other.project.id, generation: "other" }),
    db.insert(keyPurge).values({ ...purge, projectId: own.project.id, generation: "own" }),
    db
      .insert(keyPurge)
      .values({ ...purge, projectId: own.project.id, generation: "else", issuer: "https://x.io" }),
  ]);
  const [row] = await db.select().from(serviceAccount).where(eq(serviceAccount.id, own.account.id));
  return { own, account: row, other: { ...other, twin, provider: otherProvider } };
}

async function anchored(db: Database, selector: string, issuer: string) {
  const [rows, providers] = await readBatch(
    db,
    anchorQueries(db, { selector, issuer, pins: [], audiences: [] }),
  );
  return anchorOf(rows, providers);
}

export function anchorRows(at: At): void {
  describe("the anchor", () => {
    it.each(["email", "id"] as const)("by %s is the account, with its project's state", async (by) => {
      const { db } = at();
      const { own, account } = await givenTwins(db);
      const found = await anchored(db, own.account[by], ISSUER);
      expect(found).toMatchObject({ project: { disabled: true, version: 7 }, generation: "own" });
      expect(account).toMatchObject({ ...found?.account });
      expect(Object.keys(found?.account ?? {}).length).toBeGreaterThan(8);
      expect([own.provider]).toMatchObject(found?.providers ?? []);
      expect(found?.providers).toHaveLength(1);
    });

    it("has no generation while its project never purged this issuer", async () => {
      const { db } = at();
      const { own } = await givenTwins(db);
      const anchor = await anchored(db, own.account.id, `${ISSUER}/never`);
      expect(anchor).toMatchObject({ generation: "", providers: [] });
    });

    it("holds only trusts of this account in exactly this issuer, oldest first", async () => {
      const { db } = at();
      const { own } = await givenTwins(db);
      let nowMs = 2_200_000_000_000;
      const context = contextOn(db, { nowMs: () => nowMs++ });
      const second = await givenProvider(context, own.account);
      for (const issuer of [`${ISSUER}/`, `${ISSUER}/other`])
        await givenProvider(context, own.account, issuer);
      await givenProvider(context, await givenAccount(context, own.project.id));
      const third = await givenProvider(context, own.account);
      const anchor = await anchored(db, own.account.email, ISSUER);
      expect(anchor?.providers.map(({ id }) => id)).toEqual([own.provider.id, second.id, third.id]);
    });

    it.each([
      ["an unknown id", () => newId(0)],
      ["a name, which is no selector", (name: string) => name],
      ["an e-mail in capitals", (_: string, email: string) => email.toUpperCase()],
      ["an e-mail with a wildcard", (_: string, email: string) => email.replace(/.@/, "%@")],
      ["nothing", () => ""],
    ])("is nobody for %s", async (_name, selector) => {
      const { db } = at();
      const { own } = await givenTwins(db);
      expect(await anchored(db, selector(own.account.name, own.account.email), ISSUER)).toBeUndefined();
    });
  });

  describe("another tenant's account is not found", () => {
    it.each(["id", "email"] as const)("by its %s below our project", async (by) => {
      const { own, other } = await givenTwins(at().db);
      const found = await getServiceAccount(contextOn(at().db), {
        project: own.project.name,
        serviceAccount: other.twin[by],
      });
      expect(outcomeOf(found)).toBe("not_found");
    });

    it("by a name that we have too: ours is", async () => {
      const { own } = await givenTwins(at().db);
      const found = await getServiceAccount(contextOn(at().db), {
        project: own.project.name,
        serviceAccount: own.account.name,
      });
      expect(accepted(found).item.id).toBe(own.account.id);
    });

    it("nor is its trust below our account", async () => {
      const { own, other } = await givenTwins(at().db);
      const ref = { project: own.project.id, serviceAccount: own.account.id };
      expect(outcomeOf(await getProvider(contextOn(at().db), { ...ref, id: other.provider.id }))).toBe(
        "not_found",
      );
    });

    it("nor in the list of an empty project", async () => {
      const context = contextOn(at().db);
      const { id } = await givenProject(context);
      expect(accepted(await listServiceAccounts(context, id, { pageSize: 100 })).items).toEqual([]);
    });
  });
}
