import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { reportOf } from "./access_review_kit.ts";
import { startService } from "./harness.ts";
import { givenRoleHome, type RoleHome, saidBy } from "./role_kit.ts";
import { givenHolder, givenProjectToken, givenTrustIn, type Holder, must } from "./token_holders.ts";

const service = startService();
const DAY = 24 * 3600;
const now = () => Math.floor(Date.now() / 1000);

/** Sets columns of a row: what made it old, or ended it. */
async function set(table: string, id: string, columns: Record<string, number | string>): Promise<void> {
  const names = Object.keys(columns).map((name) => `${name} = ?`);
  await env.DB.prepare(`UPDATE ${table} SET ${names.join(", ")} WHERE id = ?`)
    .bind(...Object.values(columns), id)
    .run();
}

interface Given {
  readonly holder: Holder;
  readonly ids: Readonly<Record<string, string>>;
}

/** An account with one credential of each kind, all made so many days ago. */
async function givenOld(home: RoleHome, days: number): Promise<Given> {
  const holder = await givenHolder(service, home);
  const ids = {
    service_account: holder.id,
    service_account_key: String(holder.key.id),
    project_token: (await givenProjectToken(service, holder)).id,
    federated_identity_provider: (await givenTrustIn(service, holder)).id,
  };
  const made = now() - days * DAY - 60;
  for (const [table, id] of Object.entries(ids)) await set(table, id, { created_at: made });
  await set("project_token", ids.project_token, { issued_at: made });
  return { holder, ids };
}

const KINDS = [
  "service_account",
  "service_account_key",
  "project_token",
  "federated_identity_provider",
] as const;

describe("what nobody uses", () => {
  it("is each account and credential that was made before, and never used", async () => {
    const home = await givenRoleHome(service);
    const { holder, ids } = await givenOld(home, 100);
    await givenOld(home, 89);
    const rows = await reportOf(service, home, "unused");
    expect(rows.map(({ kind, id }) => [kind, id])).toEqual(
      Object.entries(ids).toSorted(([, one], [, other]) => (one < other ? -1 : 1)),
    );
    expect(rows[0]).toEqual({
      kind: "service_account",
      id: holder.id,
      name: holder.name,
      serviceAccountId: holder.id,
      serviceAccountName: holder.name,
      lastUsedAt: null,
      createdAt: expect.stringMatching(/Z$/),
      ageDays: 100,
    });
    const key = rows.find(({ kind }) => kind === "service_account_key");
    expect([key?.name, key?.serviceAccountName]).toEqual([null, holder.name]);
    expect((await reportOf(service, home, "unused", "", 1)).map(({ id }) => id)).toEqual(
      rows.map(({ id }) => id),
    );
  });

  it.each([
    [88, 8],
    [89, 8],
    [90, 4],
    [100, 4],
    [101, 0],
    [3650, 0],
  ])("for %i days, is %i of them", async (days, count) => {
    const home = await givenRoleHome(service);
    await givenOld(home, 100);
    await givenOld(home, 89);
    expect(await reportOf(service, home, "unused", `&days=${days}`)).toHaveLength(count);
  });

  it.each(["0", "3651", "-1", "1.5", "x", ""])("for days=%s is asked in vain", async (days) => {
    const { path } = await givenRoleHome(service);
    const answer = await service.call("GET", `${path}/access-review/unused?days=${days}`);
    expect(saidBy(answer).slice(0, 2)).toEqual([400, "invalid_query"]);
  });

  it.each(KINDS)("is a %s that was used long ago, not lately", async (kind) => {
    const home = await givenRoleHome(service);
    const { ids } = await givenOld(home, 400);
    const found = async () =>
      (await reportOf(service, home, "unused")).find(({ id }) => id === ids[kind])?.lastUsedAt;
    await set(kind, String(ids[kind]), { last_used_at: now() - 91 * DAY });
    expect(await found()).toMatch(/Z$/);
    await set(kind, String(ids[kind]), { last_used_at: now() - 89 * DAY });
    expect(await found()).toBeUndefined();
  });

  it.each([
    ["service_account_key", { active: 0 }],
    ["service_account_key", { leaked_at: 1 }],
    ["service_account_key", { valid_until: 1 }],
    ["project_token", { revoked_at: 1 }],
    ["project_token", { expires_at: 1 }],
    ["project_token", { issued_at: now() - DAY }],
    ["federated_identity_provider", { disabled: 1 }],
  ])("is no %s with %j", async (kind, columns) => {
    const home = await givenRoleHome(service);
    const { ids } = await givenOld(home, 400);
    await set(kind, String(ids[kind]), columns);
    const kinds = (await reportOf(service, home, "unused")).map((row) => row.kind);
    expect(kinds.toSorted()).toEqual(KINDS.filter((one) => one !== kind).toSorted());
  });

  it.each([{ disabled: 1 }, { expires_at: 1 }])("is nothing of an account with %j", async (columns) => {
    const home = await givenRoleHome(service);
    const { holder } = await givenOld(home, 400);
    await set("service_account", holder.id, columns);
    expect(await reportOf(service, home, "unused")).toEqual([]);
  });
});

describe("who has no owner", () => {
  let home: RoleHome;
  let holders: readonly Holder[];
  beforeAll(async () => {
    home = await givenRoleHome(service);
    await givenHolder(service, home, { owner: "team-payments" });
    holders = [await givenHolder(service, home), await givenHolder(service, home)];
    await must(service, "PATCH", holders[1]?.path ?? "", { disabled: true });
  });

  it("is each such account, disabled ones too", async () => {
    const rows = await reportOf(service, home, "unowned");
    expect(rows).toEqual(
      holders.map(({ id, name, email }, index) => ({
        id,
        name,
        email,
        createdAt: expect.stringMatching(/Z$/),
        lastUsedAt: null,
        disabled: index === 1,
      })),
    );
    expect(await reportOf(service, home, "unowned", "", 1)).toEqual(rows);
  });

  it("is nobody any more once one is named", async () => {
    await must(service, "PATCH", holders[0]?.path ?? "", { owner: "ada" });
    expect((await reportOf(service, home, "unowned")).map(({ id }) => id)).toEqual([holders[1]?.id]);
  });
});

it("page tokens of one report open no other", async () => {
  const home = await givenRoleHome(service);
  for (let made = 0; made < 2; made++) await givenHolder(service, home);
  const { body } = await must(service, "GET", `${home.path}/access-review/unowned?pageSize=1`);
  for (const report of ["access", "unused"]) {
    const path = `${home.path}/access-review/${report}?pageToken=${body.nextPageToken}`;
    expect(saidBy(await service.call("GET", path))).toEqual([400, "invalid_page_token"]);
  }
});
