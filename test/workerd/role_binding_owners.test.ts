import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type Service, startService } from "./harness.ts";
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
import { freshName } from "./token_holders.ts";

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

  it.each(["DELETE binding", "DELETE account"])("but by %s with acknowledge=last_owner", async (what) => {
    const owned = await givenOwners(1);
    const { binding, path } = first(owned);
    const answer = await service.call(
      "DELETE",
      what === "DELETE binding" ? `${binding.path}?${ACK}` : `${path}?cascade=true&${ACK}`,
    );
    expect([answer.status, await ownersLeft(owned.home)]).toEqual([204, 0]);
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
  ];
  it.each(paths)("%s", async (_name, step) => {
    for (const together of [service, inStep()]) {
      const { home, owners } = await givenOwners(2);
      const answers = await Promise.all(owners.map((owner) => together.call(...step(owner))));
      const statuses = answers.map(({ status }) => (status < 300 ? 200 : status)).toSorted();
      expect(statuses).toEqual([200, 409]);
      const { body } = await service.call("GET", home.bindings);
      const left = body.items.filter(({ condition }: { condition: unknown }) => condition === null);
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
