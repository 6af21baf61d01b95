import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { disturbedBefore } from "./disturbed_service.ts";
import { type Answer, startService } from "./harness.ts";
import { givenIdentityProvider } from "./identity_provider_kit.ts";
import {
  bind,
  type Caller,
  callsWith,
  exchangeBy,
  givenCaller,
  givenRole,
  givenRoleHome,
  principalOf,
  type RoleHome,
  saidBy,
} from "./role_kit.ts";
import { freshName, must } from "./token_holders.ts";

/** Whoever may change accounts and projects does not come to more than he holds by it, nor take it from others. */

const service = startService();
const CONFLICT = [409, "conflict"];
const CREDENTIAL = "Nobody makes a credential for more than he holds";
const MORE = "Nobody grants more than he holds";
const UNTIL = { condition: { notAfter: "2099-01-01T00:00:00Z" } };
const on = ({ id }: { readonly id: string }) => ({
  resource: { type: "service_account", serviceAccount: id },
});

let home: RoleHome;
let admin: Caller;
/** One of two owners, so that the last one's protection is out of the way. */
let owner: Caller;
beforeEach(async () => {
  home = await givenRoleHome(service);
  await givenCaller(service, home, "owner");
  admin = await givenCaller(service, home, "service-account-admin");
  owner = await givenCaller(service, home, "owner");
});

function expectRefused(answer: Answer, what: string) {
  expect(saidBy(answer), JSON.stringify(answer.body)).toEqual([403, "permission_denied"]);
  expect(answer.body.detail).toContain(what);
}

async function grantsVersion(): Promise<number> {
  const row = await env.DB.prepare("SELECT grants_version AS n FROM project WHERE id = ?")
    .bind(home.id)
    .first<{ n: number }>();
  return row?.n ?? 0;
}

describe("an account is revived by nobody who holds less", () => {
  const REVIVALS: readonly (readonly [string, object])[] = [
    ["enabled", { disabled: false }],
    ["given an end", { expiresAt: "2098-01-01T00:00:00Z" }],
    ["given no end", { expiresAt: null }],
    ["given audiences", { allowedAudiences: ["https://legacy.example.com"] }],
    ["enabled by the way", { displayName: "x", disabled: false }],
  ];
  it.each(REVIVALS)("%s", async (_how, change) => {
    await must(service, "PATCH", owner.path, { disabled: true, expiresAt: "2020-01-01T00:00:00Z" });
    const before = await service.call("GET", owner.path);
    expectRefused(await admin.call("PATCH", owner.path, change), CREDENTIAL);
    expect((await service.call("GET", owner.path)).body).toEqual(before.body);
    expect((await owner.call("GET", home.path)).status).toBe(401);
  });

  it.each(REVIVALS)("but %s by who holds as much", async (_how, change) => {
    const peer = await givenCaller(service, home, "owner");
    const viewer = await givenCaller(service, home, "viewer");
    const editor = await givenCaller(service, home, "editor");
    expect((await peer.call("PATCH", owner.path, change)).status).toBe(200);
    expect((await editor.call("PATCH", viewer.path, change)).status).toBe(200);
    expect((await admin.call("PATCH", (await givenCaller(service, home)).path, change)).status).toBe(200);
  });

  it.each([
    ["switched off", { disabled: true }],
    ["described", { displayName: "x", description: "y", owner: "z", labels: { a: "b" } }],
    ["renamed", { name: freshName() }],
    ["given shorter tokens", { tokenLifetime: 900 }],
  ])("yet %s by who may change it", async (_how, change) => {
    expect((await admin.call("PATCH", owner.path, change)).status).toBe(200);
  });

  it("one that becomes an owner meanwhile is not enabled either", async () => {
    const target = await givenCaller(service, home);
    await must(service, "PATCH", target.path, { disabled: true });
    const late = disturbedBefore(/^update "?service_account"? /i, () => bind(service, home, target, "owner"));
    const answer = await callsWith(late, admin.token).call("PATCH", target.path, { disabled: false });
    expect(saidBy(answer)).toEqual(CONFLICT);
    expect((await target.call("GET", home.path)).status).toBe(401);
  });
});

describe("an account takes no binding along that the caller could not unbind", () => {
  type Bound = (target: Caller) => Promise<unknown>;
  const BOUND: readonly (readonly [string, Bound])[] = [
    ["of its own", (target) => bind(service, home, target, "viewer")],
    ["for a time", (target) => bind(service, home, target, "viewer", UNTIL)],
    ["that denies it", (target) => bind(service, home, target, "viewer", { effect: "deny" })],
    ["on it", (target) => bind(service, home, owner, "viewer", on(target))],
    [
      "on it that denies",
      (target) => bind(service, home, admin, "viewer", { effect: "deny", ...on(target) }),
    ],
    [
      "beside one that he could",
      async (target) => {
        await bind(service, home, target, "service-account-admin");
        await bind(service, home, target, "viewer");
      },
    ],
    [
      "of the project's own role",
      async (target) => bind(service, home, target, (await givenRole(service, home, ["roles:read"])).id),
    ],
  ];
  it.each(BOUND)("%s", async (_name, give) => {
    const target = await givenCaller(service, home);
    await give(target);
    const path = `${target.path}?cascade=true`;
    const bindings = (await service.call("GET", home.bindings)).body.items;
    expectRefused(await admin.call("DELETE", path), MORE);
    expect((await service.call("GET", home.bindings)).body.items).toEqual(bindings);
    expect((await service.call("GET", target.path)).status).toBe(200);
    expect((await owner.call("DELETE", path)).status, "by who holds it").toBe(204);
  });

  it("but what he holds goes along, and what nothing is bound to goes", async () => {
    const [empty, equal] = [await givenCaller(service, home), await givenCaller(service, home)];
    await bind(service, home, equal, "service-account-admin");
    await bind(service, home, equal, "service-account-admin", on(empty));
    expect(saidBy(await admin.call("DELETE", equal.path))).toEqual([409, "in_use"]);
    expect((await admin.call("DELETE", `${equal.path}?cascade=true`)).status).toBe(204);
    expect((await admin.call("DELETE", empty.path)).status).toBe(204);
  });

  it("nor one that is made meanwhile", async () => {
    const target = await givenCaller(service, home);
    const late = disturbedBefore(/^delete from "?service_account"? /i, () =>
      bind(service, home, target, "viewer"),
    );
    const { call } = callsWith(late, admin.token);
    expect(saidBy(await call("DELETE", `${target.path}?cascade=true`))).toEqual(CONFLICT);
  });
});

describe("a project is switched off and on by who may end it", () => {
  const mine = async (...permissions: string[]) => {
    const caller = await givenCaller(service, home);
    await bind(service, home, caller, (await givenRole(service, home, permissions)).id);
    return caller;
  };

  it("not by an editor, who may change all else", async () => {
    const editor = await givenCaller(service, home, "editor");
    expectRefused(await editor.call("PATCH", home.path, { disabled: true }), "projects:delete");
    expect((await owner.call("GET", home.path)).body.disabled).toBe(false);
    expect((await editor.call("PATCH", home.path, { displayName: "x", disabled: false })).status).toBe(200);
  });

  it("not by who may for a time, or by a token that may not", async () => {
    const role = await givenRole(service, home, ["projects:delete"]);
    const caller = await mine("projects:update");
    await bind(service, home, caller, role.id, UNTIL);
    expectRefused(await caller.call("PATCH", home.path, { disabled: true }), "projects:delete");
    const { body } = await exchangeBy(service, owner, { scope: "projects:update" });
    const cut = callsWith(service, body.access_token);
    expectRefused(await cut.call("PATCH", home.path, { disabled: true }), "projects:delete");
  });

  it("by who may do both, and on again by such a person alone", async () => {
    const provider = await givenIdentityProvider(service);
    const personOf = async (subject: string, role: string) => {
      const principal = { type: "person", identityProvider: provider.name, subject };
      await must(service, "POST", home.bindings, { principal, role });
      return callsWith(service, await provider.idToken({ sub: subject }));
    };
    const [ada, eve] = [await personOf("ada", "owner"), await personOf("eve", "editor")];
    const caller = await mine("projects:update", "projects:delete");
    expect((await caller.call("PATCH", home.path, { disabled: true })).status).toBe(200);
    expect((await owner.call("PATCH", home.path, { disabled: false })).status, "an account").toBe(401);
    expectRefused(await eve.call("PATCH", home.path, { disabled: false }), "projects:delete");
    expect((await ada.call("PATCH", home.path, { disabled: false })).status).toBe(200);
  });
});

describe("who is switched off meanwhile", () => {
  const OFF: readonly (readonly [string, (bad: Caller) => Promise<unknown>])[] = [
    ["disabled", (bad) => must(service, "PATCH", bad.path, { disabled: true })],
    ["ended", (bad) => must(service, "PATCH", bad.path, { expiresAt: "2020-01-01T00:00:00Z" })],
    ["deleted", (bad) => must(service, "DELETE", `${bad.path}?cascade=true`)],
    ["in a project that is disabled", () => must(service, "PATCH", home.path, { disabled: true })],
  ];
  it.each(OFF)("gives nothing: %s", async (_how, disturb) => {
    const friend = await givenCaller(service, home);
    const late = disturbedBefore(/^insert into "?role_binding/i, () => disturb(owner));
    const { call } = callsWith(late, owner.token);
    const answer = await call("POST", home.bindings, { principal: principalOf(friend), role: "owner" });
    expect(saidBy(answer)).toEqual(CONFLICT);
  });

  it("as the version says that each of these moves, and no other change", async () => {
    const provider = await givenIdentityProvider(service);
    const principal = { type: "group", identityProvider: provider.name, name: "ops" };
    await must(service, "POST", home.bindings, { principal, role: "viewer" });
    const moves = async (method: string, path: string, body?: unknown) => {
      const version = await grantsVersion();
      await must(service, method, path, body);
      return (await grantsVersion()) - version;
    };
    for (const path of [owner.path, home.path, provider.path]) {
      expect(await moves("PATCH", path, { disabled: true }), path).toBe(1);
      expect(await moves("PATCH", path, { disabled: true }), `${path} again`).toBe(0);
      expect(await moves("PATCH", path, { disabled: false }), `${path} back`).toBe(1);
      expect(await moves("PATCH", path, { name: path === home.path ? home.name : freshName() })).toBe(0);
    }
    expect(await moves("DELETE", (await givenCaller(service, home)).path)).toBe(1);
  });
});
