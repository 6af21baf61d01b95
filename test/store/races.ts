import { eq, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import type { Context } from "../../src/deps.ts";
import {
  createProject,
  createProvider,
  createServiceAccount,
  deleteProject,
  deleteProvider,
  deleteServiceAccount,
  updateProject,
  updateProvider,
  updateServiceAccount,
} from "../../src/directory/index.ts";
import type { Problem, Result } from "../../src/protocol/index.ts";
import { newId, schema } from "../../src/store/index.ts";
import type { At } from "./driver.ts";
import {
  contextOn,
  count,
  eventsOf,
  freshName,
  givenAccount,
  givenProject,
  givenTrust,
  outcomeOf,
  providerInput,
  tally,
} from "./given.ts";

const { project, serviceAccount, federatedIdentityProvider: provider, issuedEmail } = schema;
const PROVIDERS_MAX = 100;

type Ground = Awaited<ReturnType<typeof givenTrust>>;
type Outcome = Promise<Result<unknown, Problem>>;

interface Resource {
  readonly name: string;
  readonly etag: (ground: Ground) => string;
  readonly update: (context: Context, ground: Ground, name: string, ifMatch: readonly string[]) => Outcome;
  readonly remove: (context: Context, ground: Ground, ifMatch: readonly string[]) => Outcome;
  readonly nameNow: (
    context: Context,
    ground: Ground,
  ) => Promise<readonly { name: string; version: number }[]>;
}

const refOf = ({ project, account }: Ground) => ({ project: project.id, serviceAccount: account.id });

const RESOURCES: readonly Resource[] = [
  {
    name: "project",
    etag: (ground) => `"${ground.project.id}.1"`,
    update: (context, ground, name, ifMatch) =>
      updateProject(context, ground.project.id, { change: { name }, ifMatch }),
    remove: (context, ground, ifMatch) => deleteProject(context, ground.project.id, ifMatch),
    nameNow: ({ deps }, ground) => deps.db.select().from(project).where(eq(project.id, ground.project.id)),
  },
  {
    name: "service account",
    etag: ({ account }) => `"${account.id}.1"`,
    update: (context, { project, account }, name, ifMatch) =>
      updateServiceAccount(
        context,
        { project: project.id, serviceAccount: account.id },
        { change: { name }, ifMatch },
      ),
    remove: (context, { project, account }, ifMatch) =>
      deleteServiceAccount(context, { project: project.id, serviceAccount: account.id }, { ifMatch }),
    nameNow: ({ deps }, { account }) =>
      deps.db.select().from(serviceAccount).where(eq(serviceAccount.id, account.id)),
  },
  {
    name: "federated identity provider",
    etag: (ground) => `"${ground.provider.id}.1"`,
    update: (context, ground, name, ifMatch) =>
      updateProvider(context, { ...refOf(ground), id: ground.provider.id }, { change: { name }, ifMatch }),
    remove: (context, ground, ifMatch) =>
      deleteProvider(context, { ...refOf(ground), id: ground.provider.id }, ifMatch),
    nameNow: ({ deps }, ground) => deps.db.select().from(provider).where(eq(provider.id, ground.provider.id)),
  },
];

function many<Value>(times: number, work: (index: number) => Promise<Value>): Promise<Value[]> {
  return Promise.all(Array.from({ length: times }, (_, index) => work(index)));
}

export function raceRows(at: At): void {
  describe("of 50 concurrent creates of one name exactly one wins, and each leaves its event", () => {
    it("projects", async () => {
      const context = contextOn(at().db);
      const name = freshName();
      const results = await many(50, () => createProject(context, { name }));
      expect(tally(results.map(outcomeOf))).toEqual({ ok: 1, name_taken: 49 });
      const rows = await at().db.select().from(project).where(eq(project.name, name));
      expect(rows.length).toBe(1);
      await expectEvents(context, "project.create", rows[0]?.id, "name_taken", 49);
    });

    it("service accounts, and the losers' e-mails are not given out", async () => {
      const { id } = await givenProject(contextOn(at().db));
      const context = contextOn(at().db);
      const name = freshName();
      const results = await many(50, () => createServiceAccount(context, id, { name }));
      expect(tally(results.map(outcomeOf))).toEqual({ ok: 1, name_taken: 49 });
      const rows = await at().db.select().from(serviceAccount).where(eq(serviceAccount.projectId, id));
      expect(rows.length).toBe(1);
      const emails = await at()
        .db.select()
        .from(issuedEmail)
        .where(sql`email LIKE ${`${name}-%`}`);
      expect(emails.map(({ email }) => email)).toEqual([rows[0]?.email]);
      await expectEvents(context, "service_account.create", rows[0]?.id, "name_taken", 49);
    });
  });

  describe.each(RESOURCES)("of 20 concurrent calls with one If-Match exactly one wins: $name", (resource) => {
    it("update", async () => {
      const ground = await givenTrust(contextOn(at().db));
      const context = contextOn(at().db);
      const etag = [resource.etag(ground)];
      const names = Array.from({ length: 20 }, () => freshName());
      const outcomes = (await many(20, (n) => resource.update(context, ground, names[n] ?? "", etag))).map(
        outcomeOf,
      );
      const { ok, conflict = 0, precondition_failed = 0, ...others } = tally(outcomes);
      expect({ ok, lost: conflict + precondition_failed, others }).toEqual({ ok: 1, lost: 19, others: {} });
      const winner = names[outcomes.indexOf("ok")];
      expect(await resource.nameNow(context, ground)).toMatchObject([{ name: winner, version: 2 }]);
      expect(tally((await eventsOf(context)).map(({ outcome }) => outcome))).toEqual({
        granted: 1,
        refused: 19,
      });
    });

    it("delete", async () => {
      const ground = await givenTrust(contextOn(at().db));
      const context = contextOn(at().db);
      const results = await many(20, () => resource.remove(context, ground, [resource.etag(ground)]));
      const { ok, conflict = 0, not_found = 0, ...others } = tally(results.map(outcomeOf));
      expect({ ok, lost: conflict + not_found, others }).toEqual({ ok: 1, lost: 19, others: {} });
      expect(await resource.nameNow(context, ground)).toEqual([]);
    });
  });

  it("of 20 concurrent trusts at an account that holds 95 of 100 exactly five are stored", async () => {
    const { account } = await givenTrust(contextOn(at().db));
    await fillUp(at, account.id, 95);
    const context = contextOn(at().db);
    const ref = { project: account.projectId, serviceAccount: account.id };
    const results = await many(20, () => createProvider(context, ref, providerInput()));
    expect(tally(results.map(outcomeOf))).toEqual({ ok: 5, limit_reached: 15 });
    expect(await count(at().db, provider, sql`service_account_id = ${account.id}`)).toBe(PROVIDERS_MAX);
    const neighbour = await givenAccount(contextOn(at().db), account.projectId);
    const elsewhere = { project: account.projectId, serviceAccount: neighbour.id };
    expect(outcomeOf(await createProvider(context, elsewhere, providerInput())), "another account").toBe(
      "ok",
    );
  });

  it("a name that is taken is not taken by a change either", async () => {
    const context = contextOn(at().db);
    const [ground, rival] = [await givenTrust(context), await givenTrust(context)];
    const second = await givenAccount(context, ground.project.id);
    const change = { name: rival.project.name };
    expect(outcomeOf(await updateProject(context, ground.project.id, { change: change }))).toBe("name_taken");
    const { account } = ground;
    const renamed = await updateServiceAccount(
      context,
      { project: ground.project.id, serviceAccount: second.id },
      { change: account },
    );
    expect(outcomeOf(renamed)).toBe("name_taken");
  });
}

/** One granted event that names the row, and the refusals, kept or counted. */
async function expectEvents(
  context: Context,
  action: string,
  id: string | undefined,
  reason: string,
  lost: number,
) {
  const rows = await eventsOf(context);
  expect(rows.filter(({ outcome }) => outcome === "granted")).toMatchObject([{ action, targetId: id }]);
  const refused = rows.filter((row) => row.outcome === "refused" && row.reason === reason);
  expect(refused.length).toBe(lost);
}

/** Stores trusts until the account holds this many. */
async function fillUp(at: At, accountId: string, total: number): Promise<void> {
  const { db } = at();
  const held = await count(db, provider, sql`service_account_id = ${accountId}`);
  const ids = JSON.stringify(Array.from({ length: total - held }, () => newId(0)));
  await db.run(sql`INSERT INTO federated_identity_provider
    (id, project_id, service_account_id, name, issuer, assertions, created_at, updated_at)
    SELECT value, a.project_id, a.id, value, 'https://x.io', '[]', 1, 1
    FROM json_each(${ids}) JOIN service_account a ON a.id = ${accountId}`);
}
