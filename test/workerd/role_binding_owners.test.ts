import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type Service, startService } from "./harness.ts";
import { givenIdentityProvider } from "./identity_provider_kit.ts";
import {
  bind,
  type Caller,
  type GivenBinding,
  givenCaller,
  givenRoleHome,
  principalOf,
  type RoleHome,
  saidBy,
} from "./role_kit.ts";
import { freshName, must } from "./token_holders.ts";

/** No project is left without an owner unasked; and no project holds bindings without end. */

const service = startService();
const LAST = [409, "last_owner"];
const ACK = "acknowledge=last_owner";

interface Owned {
  readonly home: RoleHome;
  readonly owners: readonly (Caller & { readonly binding: GivenBinding })[];
}

/** A project with so many owners, each an account with one binding. */
async function givenOwners(count: number): Promise<Owned> {
  const home = await givenRoleHome(service);
  const owners = [];
  for (let index = 0; index < count; index++) {
    const caller = await givenCaller(service, home);
    owners.push({ ...caller, binding: await bind(service, home, caller, "owner") });
  }
  return { home, owners };
}

async function ownersLeft(home: RoleHome): Promise<number> {
  const { body } = await service.call("GET", `${home.bindings}?pageSize=200`);
  return body.items.filter(({ role }: { role: string }) => role === "owner").length;
}

/** Makes an owner of whom a disabled identity provider vouches for. */
async function bindOff(home: RoleHome, principal: object): Promise<unknown> {
  const { name, path } = await givenIdentityProvider(service);
  const input = { principal: { identityProvider: name, ...principal }, role: "owner" };
  await must(service, "POST", home.bindings, input);
  return must(service, "PATCH", path, { disabled: true });
}

type Step = (owned: Owned) => readonly [method: string, path: string, body?: unknown];
const first = ({ owners: [owner] }: Owned) => owner as Owned["owners"][number];

/** What would end the first owner's ownership. */
const ENDS: readonly (readonly [string, Step])[] = [
  ["its binding is not deleted", (owned) => ["DELETE", first(owned).binding.path]],
  [
    "it is not made conditional",
    (owned) => ["PATCH", first(owned).binding.path, { condition: { notAfter: "2099-01-01T00:00:00Z" } }],
  ],
  ["its account does not take it along", (owned) => ["DELETE", `${first(owned).path}?cascade=true`]],
  ["its account is not switched off", (owned) => ["PATCH", first(owned).path, { disabled: true }]],
  [
    "its account is given no end",
    (owned) => ["PATCH", first(owned).path, { expiresAt: "2099-01-01T00:00:00Z" }],
  ],
];

describe("the last owner of a project", () => {
  it.each(ENDS)("%s", async (_name, step) => {
    const owned = await givenOwners(1);
    const [method, path, body] = step(owned);
    expect(saidBy(await service.call(method, path, body)), "by the operator").toEqual(LAST);
    expect(await ownersLeft(owned.home)).toBe(1);
    expect((await first(owned).call("GET", owned.home.path)).status).toBe(200);
    await bind(service, owned.home, await givenCaller(service, owned.home), "owner");
    expect((await service.call(method, path, body)).status, "once there is another").toBeLessThan(300);
  });

  const ACKNOWLEDGED: readonly (readonly [string, Step])[] = [
    ["deleting the binding", (owned) => ["DELETE", `${first(owned).binding.path}?${ACK}`]],
    ["deleting the account", (owned) => ["DELETE", `${first(owned).path}?cascade=true&${ACK}`]],
    ["switching the account off", (owned) => ["PATCH", `${first(owned).path}?${ACK}`, { disabled: true }]],
    [
      "giving the account an end",
      (owned) => ["PATCH", `${first(owned).path}?${ACK}`, { expiresAt: "2020-01-01T00:00:00Z" }],
    ],
  ];
  it.each(ACKNOWLEDGED)("but by %s with acknowledge=last_owner", async (_what, step) => {
    const owned = await givenOwners(1);
    const { status } = await service.call(...step(owned));
    expect(status).toBeLessThan(300);
    expect((await first(owned).call("GET", owned.home.path)).status).not.toBe(200);
  });

  it("is no concern of other accounts, nor of one that is off already", async () => {
    const { home, owners } = await givenOwners(1);
    const [owner] = owners;
    const editor = await givenCaller(service, home, "editor");
    const brief = await givenCaller(service, home);
    await bind(service, home, brief, "owner", { condition: { notAfter: "2099-01-01T00:00:00Z" } });
    for (const { path } of [editor, brief]) await must(service, "PATCH", path, { disabled: true });
    await must(service, "PATCH", `${owner?.path}?${ACK}`, { disabled: true });
    await must(service, "PATCH", owner?.path ?? "", { expiresAt: "2020-01-01T00:00:00Z" });
    await must(service, "PATCH", owner?.path ?? "", { disabled: true });
    const over = first(await givenOwners(1)).path;
    await must(service, "PATCH", `${over}?${ACK}`, { expiresAt: "2020-01-01T00:00:00Z" });
    await must(service, "PATCH", over, { disabled: true });
    const answer = await service.call("PATCH", `${owner?.path}?acknowledge=all`, { disabled: true });
    expect(saidBy(answer).slice(0, 2)).toEqual([400, "invalid_query"]);
  });

  it("does not give itself up by itself either", async () => {
    const owned = await givenOwners(1);
    const { binding, call } = first(owned);
    expect(saidBy(await call("DELETE", binding.path))).toEqual(LAST);
    expect((await call("DELETE", `${binding.path}?${ACK}`)).status).toBe(204);
  });

  it.each<readonly [string, (owned: Owned, other: Caller) => Promise<unknown>]>([
    [
      "for a time",
      ({ home }, other) =>
        bind(service, home, other, "owner", { condition: { notAfter: "2099-01-01T00:00:00Z" } }),
    ],
    [
      "of one account",
      ({ home }, other) =>
        bind(service, home, other, "owner", {
          resource: { type: "service_account", serviceAccount: other.id },
        }),
    ],
    ["by a denial", ({ home }, other) => bind(service, home, other, "owner", { effect: "deny" })],
    ["by a lesser role", ({ home }, other) => bind(service, home, other, "editor")],
    [
      "whose account is off",
      async ({ home }, other) => {
        await bind(service, home, other, "owner");
        await service.call("PATCH", other.path, { disabled: true });
      },
    ],
    [
      "whose account comes to an end",
      async ({ home }, other) => {
        await bind(service, home, other, "owner");
        await service.call("PATCH", other.path, { expiresAt: "2099-01-01T00:00:00Z" });
      },
    ],
    ["of a person who is not let in", ({ home }) => bindOff(home, { type: "person", subject: "ada" })],
    ["of a group that is not let in", ({ home }) => bindOff(home, { type: "group", name: "ops" })],
    [
      "that any workload is",
      ({ home }, other) => {
        const assertions = [{ item: "sub", operator: "equals", value: "a" }];
        const principal = { type: "workloads", issuer: "https://ci.example.com", assertions };
        return bind(service, home, other, "owner", { principal });
      },
    ],
  ])("is not made another one's equal by one %s", async (_name, give) => {
    for (const [, step] of ENDS) {
      const owned = await givenOwners(1);
      await give(owned, await givenCaller(service, owned.home));
      const [method, path, body] = step(owned);
      expect(saidBy(await service.call(method, path, body)), path).toEqual(LAST);
    }
  });
});

describe("of two owners that end at the same time one is left", () => {
  /** Two calls that read two batches each; neither writes before both have read. */
  function inStep(): Service {
    let batches = 0;
    let open: () => void = () => undefined;
    const all = new Promise<void>((resolve) => {
      open = resolve;
    });
    const batch: D1Database["batch"] = async (statements) => {
      batches += 1;
      if (batches === 6) open();
      if (batches > 4) await all;
      return env.DB.batch(statements);
    };
    return startService({}, { DB: { prepare: (query: string) => env.DB.prepare(query), batch } });
  }

  const paths: readonly (readonly [
    string,
    (owner: Owned["owners"][number]) => readonly [string, string, unknown?],
  ])[] = [
    ["two bindings that are deleted", ({ binding }) => ["DELETE", binding.path]],
    [
      "two that are made conditional",
      ({ binding }) => ["PATCH", binding.path, { condition: { notAfter: "2099-01-01T00:00:00Z" } }],
    ],
    ["two accounts that take theirs along", ({ path }) => ["DELETE", `${path}?cascade=true`]],
    ["two accounts that are switched off", ({ path }) => ["PATCH", path, { disabled: true }]],
    ["two accounts that get an end", ({ path }) => ["PATCH", path, { expiresAt: "2020-01-01T00:00:00Z" }]],
  ];
  it.each(paths)("%s", async (_name, step) => {
    for (const together of [service, inStep()]) {
      const { home, owners } = await givenOwners(2);
      const answers = await Promise.all(owners.map((owner) => together.call(...step(owner))));
      const statuses = answers.map(({ status }) => (status < 300 ? 200 : status)).toSorted();
      expect(statuses).toEqual([200, 409]);
      const { body } = await service.call("GET", home.bindings);
      const unconditional = body.items.filter(({ condition }: { condition: unknown }) => condition === null);
      const ids = unconditional.map(({ id }: { id: string }) => id);
      const reads = await Promise.all(owners.map(({ call }) => call("GET", home.path)));
      const left = owners.filter(({ binding }, at) => ids.includes(binding.id) && reads[at]?.status === 200);
      expect(left).toHaveLength(1);
    }
  });

  it("a binding and the other one's account", async () => {
    const { home, owners } = await givenOwners(2);
    const [one, two] = owners;
    const together = inStep();
    await Promise.all([
      together.call("DELETE", one?.binding.path ?? ""),
      together.call("DELETE", `${two?.path}?cascade=true`),
    ]);
    expect(await ownersLeft(home)).toBe(1);
  });
});

describe("bindings are bounded", () => {
  /** Rows that the API would take long to make. */
  const fill = (home: RoleHome, type: string, principal: string, count: number) =>
    env.DB.prepare(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
       INSERT INTO role_binding (id, project_id, principal_type, principal_id, built_in_role, effect, resource_type,
         resource_id, created_at, updated_at)
       SELECT ?2 || i, ?3, ?4, ?5, 'viewer', 'allow', 'project', ?3, 1, 1 FROM n`,
    )
      .bind(count, freshName(), home.id, type, principal)
      .run();

  it.each<readonly [string, number, (issuer: string) => object, boolean]>([
    ["500 of one account", 499, () => ({}), true],
    [
      "100 of one issuer's workloads",
      99,
      (issuer) => ({
        principal: {
          type: "workloads",
          issuer,
          assertions: [{ item: "repository_id", operator: "equals", value: "1" }],
        },
      }),
      false,
    ],
  ])("%s in one project, however many come at once", async (_name, count, more, isAccount) => {
    const home = await givenRoleHome(service);
    const full = await givenCaller(service, home);
    const issuer = `https://${freshName()}.example.com`;
    await fill(home, isAccount ? "service_account" : "workloads", isAccount ? full.id : issuer, count);
    const make = () =>
      service.call("POST", home.bindings, { principal: principalOf(full), role: "viewer", ...more(issuer) });
    const codes = (await Promise.all([make(), make(), make()])).map(({ body }) => body.code ?? "made");
    expect(codes.toSorted()).toEqual(["limit_reached", "limit_reached", "made"]);
  });

  it("20,000 of all principals in one project", async () => {
    const home = await givenRoleHome(service);
    const caller = await givenCaller(service, home);
    await fill(home, "group", "ops", 19_999);
    const input = { principal: principalOf(caller), role: "viewer" };
    expect((await service.call("POST", home.bindings, input)).status).toBe(201);
    const full = await service.call("POST", home.bindings, input);
    expect(saidBy(full)).toEqual([409, "limit_reached"]);
  });
});
