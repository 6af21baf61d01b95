import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { PERMISSIONS } from "../../src/rbac/permissions.ts";
import { type ReportName, reportOf, tableOf } from "./access_review_kit.ts";
import { startService } from "./harness.ts";
import { givenIdentityProvider } from "./identity_provider_kit.ts";
import { comparable } from "./project_token_kit.ts";
import {
  bind,
  type Caller,
  givenApi,
  givenCaller,
  givenRole,
  givenRoleHome,
  ORDERS,
  principalOf,
  type RoleHome,
  saidBy,
} from "./role_kit.ts";
import { must } from "./token_holders.ts";

const service = startService();
const REPORTS: readonly ReportName[] = ["access", "unused", "unowned"];
const mailbox = ({ name, email }: Caller) => `${name} <${email}>`;
const accessOf = (home: RoleHome) => reportOf(service, home, "access");
const bindAs = async (home: RoleHome, principal: object, more: object = {}) =>
  (await must(service, "POST", home.bindings, { principal, role: "viewer", ...more })).body.id as string;

/** Whoever reaches something: his name, by which bindings, and whether they hold. */
const reached = (rows: Awaited<ReturnType<typeof accessOf>>) =>
  rows.map(({ principalName, bindingId, via, holds }) => [
    principalName,
    via.length ? via : bindingId,
    holds,
  ]);

describe("who can reach what", () => {
  it("says of a binding who, what, where, when, and by whom it was made", async () => {
    const home = await givenRoleHome(service);
    const holder = await givenCaller(service, home);
    const owner = await givenCaller(service, home, "owner");
    const api = await givenApi(service, home);
    const role = await givenRole(service, home, ["orders:read"]);
    const condition = { notAfter: "2027-01-31T12:00:00Z", ipRanges: ["203.0.113.0/24"] };
    const made = await owner.call("POST", home.bindings, {
      principal: principalOf(holder),
      role: role.id,
      resource: { type: "resource_server", resourceServer: api.id, path: "/orders" },
      condition,
    });
    expect(made.status).toBe(201);
    const rows = await accessOf(home);
    expect(rows.find(({ bindingId, via }) => bindingId === made.body.id && via.length === 0)).toEqual({
      bindingId: made.body.id,
      effect: "allow",
      principalType: "service_account",
      principalId: holder.id,
      principalName: mailbox(holder),
      principalState: "active",
      role: role.name,
      permissions: ["orders:read"],
      resourceType: "resource_server",
      resourceId: api.id,
      resourceName: `${api.name} <${api.audience}>`,
      path: "/orders",
      condition,
      holds: "unknown",
      via: [],
      truncated: false,
      createdAt: made.body.createdAt,
      createdBy: `service_account ${owner.id}`,
    });
    expect(rows.find(({ role }) => role === "owner")).toMatchObject({
      createdBy: "bootstrap bootstrap",
      resourceType: "project",
      resourceId: home.id,
      resourceName: home.name,
    });
  });

  it("names everybody as those who review know him", async () => {
    const home = await givenRoleHome(service);
    const { name, id, path } = await givenIdentityProvider(service);
    await bindAs(home, { type: "person", identityProvider: name, subject: "ada" });
    await bindAs(home, { type: "person", identityProvider: name, email: "ada@example.com" });
    await bindAs(home, { type: "group", identityProvider: id, name: "ops" });
    const assertions = [{ item: "repository_id", operator: "equals", value: "777001" }];
    await bindAs(home, { type: "workloads", issuer: "https://ci.example.com", assertions });
    const named = async () =>
      (await accessOf(home)).map(({ principalType, principalId, principalName, principalState }) => [
        principalType,
        principalId,
        principalName,
        principalState,
      ]);
    expect(await named()).toEqual([
      ["person", "ada", `${name}: ada`, "active"],
      ["person", "ada@example.com", `${name}: ada@example.com`, "active"],
      ["group", "ops", `${name}: ops`, "active"],
      ["workloads", "https://ci.example.com", "https://ci.example.com repository_id=777001", "active"],
    ]);
    await must(service, "PATCH", path, { disabled: true });
    expect((await named()).map(([, , , state]) => state)).toEqual([
      "disabled",
      "disabled",
      "disabled",
      "active",
    ]);
  });

  it("writes out * as what it covers, and leaves it where that is too much", async () => {
    const home = await givenRoleHome(service);
    const holder = await givenCaller(service, home);
    const api = await givenApi(service, home);
    const other = await givenApi(service, home, { permissions: [{ name: "stock:read", description: "x" }] });
    const on = (resource: object) => bind(service, home, holder, "editor", { resource });
    await on({ type: "project" });
    await on({ type: "resource_server", resourceServer: other.id });
    await on({ type: "service_account", serviceAccount: holder.id });
    /** Without ours. */
    const permissions = async () =>
      (await accessOf(home)).map((row) => row.permissions.filter((one: string) => !(one in PERMISSIONS)));
    expect(await permissions()).toEqual([[...ORDERS, "stock:read"], ["stock:read"], []]);
    const many = Array.from({ length: 200 }, (_, index) => ({ name: `a${index}`, description: "x" }));
    await must(service, "PATCH", api.path, { permissions: many.slice(1) });
    expect((await permissions()).map((all) => all.length)).toEqual([200, 1, 0]);
    await must(service, "PATCH", api.path, { permissions: many });
    expect(await permissions()).toEqual([["*"], ["stock:read"], []]);
  });

  it("says whether a condition holds now, and which accounts get no token", async () => {
    const home = await givenRoleHome(service);
    const [off, over] = [await givenCaller(service, home), await givenCaller(service, home)];
    const conditions = [
      [{ notAfter: "2099-01-01T00:00:00Z" }, "yes"],
      [{ notBefore: "2098-01-01T00:00:00Z" }, "no"],
      [{ notBefore: "2098-01-01T00:00:00Z", ipRanges: ["192.0.2.1"] }, "no"],
      [{ ipRanges: ["192.0.2.1"] }, "unknown"],
    ] as const;
    for (const [condition] of conditions) await bind(service, home, off, "viewer", { condition });
    await bind(service, home, over, "viewer");
    await must(service, "PATCH", off.path, { disabled: true });
    await env.DB.prepare("UPDATE service_account SET expires_at = 1 WHERE id = ?").bind(over.id).run();
    const rows = await accessOf(home);
    expect(rows.map((row) => row.holds)).toEqual([...conditions.map(([, verdict]) => verdict), "yes"]);
    const path = `${home.path}/access-review/access`;
    const { body } = await service.call("GET", path, undefined, { "cf-connecting-ip": "192.0.2.1" });
    expect(body.items, "from wherever it is reviewed").toEqual(rows);
    expect(rows.map((row) => row.principalState)).toEqual([...conditions.map(() => "disabled"), "expired"]);
  });
});

describe("whoever impersonates", () => {
  let home: RoleHome;
  let target: Caller;
  let held: string;
  beforeAll(async () => {
    home = await givenRoleHome(service);
    target = await givenCaller(service, home);
    held = (await bind(service, home, target, "viewer")).id;
  });
  const onTarget = () => ({ resource: { type: "service_account", serviceAccount: target.id } });
  /** Who reaches what the target holds by being it. */
  const derived = async () =>
    reached((await accessOf(home)).filter((row) => row.bindingId === held && row.via.length > 0));

  it("of an account, or of all in the project, reaches what it holds, by both bindings", async () => {
    const [one, all, maker] = [
      await givenCaller(service, home),
      await givenCaller(service, home),
      await givenCaller(service, home),
    ];
    const { name } = await givenIdentityProvider(service);
    const role = await givenRole(service, home, ["access-tokens:create"]);
    const ids = [
      (await bind(service, home, one, "token-creator", onTarget())).id,
      (await bind(service, home, all, role.name)).id,
      (await bind(service, home, maker, "owner")).id,
      await bindAs(home, { type: "group", identityProvider: name, name: "ops" }, { role: "token-creator" }),
    ];
    await bind(service, home, one, "token-creator", {
      resource: { type: "service_account", serviceAccount: all.id },
    });
    expect(await derived()).toEqual([
      [mailbox(one), [ids[0], held], "yes"],
      [mailbox(all), [ids[1], held], "yes"],
      [mailbox(maker), [ids[2], held], "yes"],
      [`${name}: ops`, [ids[3], held], "yes"],
    ]);
    const rows = await accessOf(home);
    expect(rows.filter((row) => row.principalId === target.id && row.via.length > 0)).toEqual([]);
    expect(rows.some((row) => row.via[0] === row.via[1] && row.via.length > 0)).toBe(false);
    for (const id of ids) await must(service, "DELETE", `${home.bindings}/${id}?acknowledge=last_owner`);
  });

  it("is left out where a deny takes it away, and where the account gets no tokens", async () => {
    const caller = await givenCaller(service, home);
    const allowed = await bind(service, home, caller, "token-creator");
    expect(await derived()).toEqual([[mailbox(caller), [allowed.id, held], "yes"]]);
    const elsewhere = { resource: { type: "service_account", serviceAccount: caller.id } };
    await bind(service, home, caller, "token-creator", { effect: "deny", ...elsewhere });
    const other = await givenCaller(service, home);
    await bind(service, home, other, "token-creator", { effect: "deny" });
    expect((await derived()).length).toBe(1);
    const denied = await bind(service, home, caller, "owner", { effect: "deny", ...onTarget() });
    expect(await derived()).toEqual([]);
    await must(service, "DELETE", denied.path);
    await must(service, "PATCH", target.path, { disabled: true });
    expect(await derived()).toEqual([]);
    await must(service, "PATCH", target.path, { disabled: false });
    expect((await derived()).length).toBe(1);
    await must(service, "DELETE", allowed.path);
  });

  it.each([
    ["yes", { notAfter: "2099-01-01T00:00:00Z" }, { notBefore: "2098-01-01T00:00:00Z" }],
    ["no", { notBefore: "2098-01-01T00:00:00Z" }, undefined],
    ["no", undefined, { notAfter: "2099-01-01T00:00:00Z" }],
    ["unknown", { ipRanges: ["192.0.2.1"] }, undefined],
    ["unknown", undefined, { ipRanges: ["192.0.2.1"] }],
  ])("reaches it now: %s", async (holds, allow, deny) => {
    const caller = await givenCaller(service, home);
    const made = [
      await bind(service, home, caller, "token-creator", allow === undefined ? {} : { condition: allow }),
      ...(deny === undefined
        ? []
        : [await bind(service, home, caller, "token-creator", { effect: "deny", condition: deny })]),
    ];
    expect((await derived()).map(([, , verdict]) => verdict)).toEqual([holds]);
    for (const { path } of made) await must(service, "DELETE", path);
  });

  it("of another project reaches nothing here, whatever its row says", async () => {
    const other = await givenRoleHome(service);
    const stranger = await givenCaller(service, other, "owner");
    await env.DB.prepare(
      "INSERT INTO role_binding (id, project_id, principal_type, principal_id, built_in_role, effect, resource_type, resource_id, created_at, updated_at) VALUES (?, ?, 'service_account', ?, 'owner', 'allow', 'service_account', ?, 1, 1)",
    )
      .bind(crypto.randomUUID(), other.id, stranger.id, target.id)
      .run();
    expect(await derived()).toEqual([]);
  });
});

describe("a review is the project's own", () => {
  const callers: Partial<Record<"none" | "auditor" | "outsider", Caller>> = {};
  let home: RoleHome;
  let other: RoleHome;
  beforeAll(async () => {
    [home, other] = [await givenRoleHome(service), await givenRoleHome(service)];
    callers.none = await givenCaller(service, home);
    callers.auditor = await givenCaller(service, home, "auditor");
    callers.outsider = await givenCaller(service, other, "owner");
    await env.DB.prepare("UPDATE service_account SET created_at = 1 WHERE project_id IN (?, ?)")
      .bind(home.id, other.id)
      .run();
  });

  it.each(REPORTS)("%s shows none of another's", async (report) => {
    const rows = JSON.stringify(await reportOf(service, home, report));
    const others = JSON.stringify(await reportOf(service, other, report));
    expect(rows).toContain(
      callers.none?.id === undefined ? "?" : report === "access" ? callers.auditor?.id : callers.none.id,
    );
    expect(rows).not.toContain(callers.outsider?.id);
    expect(others).toContain(callers.outsider?.id);
    expect(others).not.toContain(callers.auditor?.id);
  });

  it.each(REPORTS)("%s is for who may review, as JSON and as CSV", async (report) => {
    for (const query of ["", "?format=csv"]) {
      const path = `/access-review/${report}${query}`;
      expect(saidBy((await callers.none?.call("GET", home.path + path)) ?? never())).toEqual([
        403,
        "permission_denied",
      ]);
      const refused = (await callers.outsider?.call("GET", home.path + path)) ?? never();
      const nowhere = (await callers.outsider?.call("GET", `/v1/projects/nowhere-at-all${path}`)) ?? never();
      expect(refused.status).toBe(404);
      expect(comparable(refused)).toBe(comparable(nowhere));
    }
    const read = await callers.auditor?.call("GET", `${home.path}/access-review/${report}`);
    expect(read?.status).toBe(200);
  });

  it.each(REPORTS)("%s of an empty project has no rows", async (report) => {
    const empty = await givenRoleHome(service);
    expect((await must(service, "GET", `${empty.path}/access-review/${report}`)).body).toEqual({ items: [] });
    const { columns, rows, text } = await tableOf(service, empty, report);
    expect([rows, text]).toEqual([[], `${columns.join(",")}\r\n`]);
  });

  it("there is no other report", async () => {
    expect(saidBy(await service.call("GET", `${home.path}/access-review/everything`))).toEqual([
      404,
      "not_found",
    ]);
  });
});

const never = (): never => {
  throw new Error("nobody called");
};
