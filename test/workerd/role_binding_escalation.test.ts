import { beforeAll, describe, expect, it } from "vitest";
import { startService } from "./harness.ts";
import { givenIdentityProvider } from "./identity_provider_kit.ts";
import { comparable } from "./project_token_kit.ts";
import {
  bind,
  type Caller,
  callsWith,
  exchangeBy,
  givenApi,
  givenCaller,
  givenRole,
  givenRoleHome,
  lastEventOf,
  principalOf,
  type RoleHome,
  saidBy,
} from "./role_kit.ts";
import { freshName } from "./token_holders.ts";

/** Nobody grants more than he holds, and nobody changes what he holds himself. */

const service = startService();
const DENIED = [403, "permission_denied"];
let home: RoleHome;
/** Whom the callers give something to. */
let friend: Caller;
beforeAll(async () => {
  home = await givenRoleHome(service);
  await bind(service, home, await givenCaller(service, home), "owner");
  friend = await givenCaller(service, home);
});

type Call = Pick<Caller, "call">;
const give = (caller: Call, role: string, more: object = {}) =>
  caller.call("POST", home.bindings, { principal: principalOf(friend), role, ...more });
const on = (account: { readonly id: string }) => ({
  resource: { type: "service_account", serviceAccount: account.id },
});
const onApi = (api: { readonly id: string }, path = "") => ({
  resource: { type: "resource_server", resourceServer: api.id, path },
});
const UNTIL = { condition: { notAfter: "2099-01-01T00:00:00Z" } };

async function expectRefused(answer: Promise<Awaited<ReturnType<Caller["call"]>>>, what: string) {
  const { status, body } = await answer;
  expect([status, body?.code], JSON.stringify(body)).toEqual(DENIED);
  expect(body.detail).toContain(what);
}
const MORE = "Nobody grants more than he holds";
const OWNERS = "Only an owner of the project denies";
const OWN = "Nobody changes what he may do himself";

describe("a project-manager", () => {
  let manager: Caller;
  beforeAll(async () => {
    manager = await givenCaller(service, home, "project-manager");
  });

  it.each(["viewer", "project-manager"])(
    "gives %s, which he holds, takes it back and changes it",
    async (role) => {
      const made = await give(manager, role);
      expect(made.status).toBe(201);
      const path = `${home.bindings}/${made.body.id}`;
      expect((await manager.call("PATCH", path, UNTIL)).status).toBe(200);
      expect((await manager.call("DELETE", path)).status).toBe(204);
      // A denial could lock the owners out.
      await expectRefused(give(manager, role, { effect: "deny", ...on(manager) }), OWNERS);
    },
  );

  it.each(["owner", "editor", "key-admin", "token-creator"])(
    "neither gives %s, nor takes it",
    async (role) => {
      await expectRefused(give(manager, role), MORE);
      expect(await lastEventOf(service, home), "the record tells of it").toMatchObject({
        action: "role_binding.create",
        actor: { type: "service_account", id: manager.id },
        outcome: "refused",
        reason: "permission_denied",
      });
      await expectRefused(give(manager, role, { effect: "deny" }), OWNERS);
      await expectRefused(give(manager, role, on(friend)), MORE);
      const { path } = await bind(service, home, await givenCaller(service, home), role);
      await expectRefused(manager.call("DELETE", path), MORE);
      await expectRefused(manager.call("PATCH", path, UNTIL), MORE);
    },
  );
});

describe("nobody binds to himself", () => {
  it.each(["viewer", "owner"])("an owner not %s, nor changes his own binding", async (role) => {
    const owner = await givenCaller(service, home);
    const { path } = await bind(service, home, owner, "owner");
    const own = { principal: principalOf(owner), role };
    await expectRefused(owner.call("POST", home.bindings, own), OWN);
    await expectRefused(owner.call("POST", home.bindings, { ...own, ...on(friend) }), OWN);
    await expectRefused(owner.call("PATCH", path, { condition: null }), OWN);
    expect((await owner.call("DELETE", path)).status, "but he gives it up").toBe(204);
  });

  it("a person neither by his sub, nor by his e-mail, nor by a group of his", async () => {
    const provider = await givenIdentityProvider(service, { trustsEmail: true });
    const identityProvider = provider.name;
    const person = { type: "person", identityProvider, subject: "ada" };
    await service.call("POST", home.bindings, { principal: person, role: "owner" });
    const claims = { email: "Ada@example.com", email_verified: true, groups: ["ops"] };
    const ada = callsWith(service, await provider.idToken(claims));
    for (const principal of [
      person,
      { type: "person", identityProvider, email: "ada@example.com" },
      { type: "group", identityProvider, name: "ops" },
    ]) {
      await expectRefused(ada.call("POST", home.bindings, { principal, role: "viewer" }), OWN);
    }
    const others = { type: "group", identityProvider, name: "dev" };
    expect((await ada.call("POST", home.bindings, { principal: others, role: "viewer" })).status).toBe(201);
  });
});

describe("who does not hold it outright does not hand it on", () => {
  it("who holds it for a time", async () => {
    const caller = await givenCaller(service, home);
    await bind(service, home, caller, "owner", UNTIL);
    await expectRefused(give(caller, "viewer"), MORE);
    await expectRefused(give(caller, "viewer", UNTIL), MORE);
  });

  it("who holds it on one account, but there", async () => {
    const caller = await givenCaller(service, home);
    await bind(service, home, caller, "project-manager", on(friend));
    expect((await give(caller, "viewer", on(friend))).status).toBe(201);
    await expectRefused(give(caller, "viewer"), "role-bindings:create");
  });

  it("who holds it below an API, but below that", async () => {
    const api = await givenApi(service, home);
    const caller = await givenCaller(service, home);
    await bind(service, home, caller, "owner", onApi(api, "/orders"));
    const role = await givenRole(service, home, ["orders:write"]);
    expect((await give(caller, role.id, onApi(api, "/orders/eu"))).status).toBe(201);
    expect((await give(caller, role.id, onApi(api, "/orders"))).status).toBe(201);
    for (const path of ["", "/orderss", "/stock"]) {
      expect((await give(caller, role.id, onApi(api, path))).status, path).toBeGreaterThan(400);
    }
    expect((await give(caller, role.id)).status).toBe(403);
  });

  it("whose token's scope leaves it out", async () => {
    const owner = await givenCaller(service, home, "owner");
    const role = await givenRole(service, home, ["projects:read"]);
    const scope = "role-bindings:create projects:read";
    const { body } = await exchangeBy(service, owner, { scope });
    const cut = callsWith(service, body.access_token);
    await expectRefused(give(cut, "viewer"), MORE);
    await expectRefused(give(cut, "owner"), MORE);
    expect((await give(cut, role.name)).status, "what is in it").toBe(201);
  });

  it.each<readonly [string, (caller: Caller) => Promise<unknown>, string, object]>([
    [
      "on all of it",
      (caller) => bind(service, home, caller, "token-creator", { effect: "deny" }),
      "owner",
      {},
    ],
    [
      "from tomorrow on",
      (caller) =>
        bind(service, home, caller, "token-creator", {
          effect: "deny",
          condition: { notBefore: new Date(Date.now() + 86_400_000).toISOString() },
        }),
      "owner",
      {},
    ],
    [
      "on one account of it",
      (caller) => bind(service, home, caller, "token-creator", { effect: "deny", ...on(friend) }),
      "token-creator",
      {},
    ],
    [
      "of an API's, where all of every API would be handed on",
      async (caller) => {
        const { id } = await givenRole(service, home, ["orders:write"]);
        await bind(service, home, caller, id, { effect: "deny" });
      },
      "editor",
      {},
    ],
    [
      "below an API, where all of every API would be handed on",
      async (caller) => {
        const { id } = await givenRole(service, home, ["orders:write"]);
        const api = await givenApi(service, home);
        await bind(service, home, caller, id, { effect: "deny", ...onApi(api, "/eu") });
      },
      "editor",
      {},
    ],
  ])("to whom it is denied %s", async (_name, deny, role, more) => {
    await givenApi(service, home);
    const owner = await givenCaller(service, home, "owner");
    await deny(owner);
    await expectRefused(give(owner, role, more), MORE);
    expect((await give(owner, "viewer")).status, "the rest is his").toBe(201);
  });
});

describe("a denial stays with whom it hits", () => {
  it("he neither deletes nor bounds it, nor takes it out of its role, nor the role away", async () => {
    const owner = await givenCaller(service, home, "owner");
    const role = await givenRole(service, home, ["service-account-keys:create", "roles:read"]);
    const { path } = await bind(service, home, owner, role.name, { effect: "deny", ...on(friend) });
    await expectRefused(owner.call("DELETE", path), OWNERS);
    await expectRefused(owner.call("PATCH", path, { condition: { notAfter: "2099-01-01T00:00:00Z" } }), OWN);
    await expectRefused(owner.call("PATCH", role.path, { permissions: ["roles:read"] }), MORE);
    await expectRefused(owner.call("DELETE", `${role.path}?cascade=true`), MORE);
  });

  it("not by ending the API that it is about, and registering that anew", async () => {
    const api = await givenApi(service, home);
    const editor = await givenCaller(service, home, "editor");
    const { id } = await givenRole(service, home, ["orders:write"]);
    await bind(service, home, editor, id, { effect: "deny", ...onApi(api) });
    expect((await editor.call("DELETE", `${api.path}?cascade=true`)).status).toBe(403);
  });
});

describe("a role is changed for all whom it is bound to", () => {
  it("by who holds what is added and what is taken, outright", async () => {
    const changer = await givenCaller(service, home);
    const held = ["projects:read", "roles:read", "roles:update", "roles:delete"];
    await bind(service, home, changer, (await givenRole(service, home, held)).id);
    const role = await givenRole(service, home, ["projects:read"]);
    const change = (permissions: readonly string[]) => changer.call("PATCH", role.path, { permissions });
    await expectRefused(change(["projects:read", "service-accounts:delete"]), "service-accounts:delete");
    expect((await change(["projects:read", "roles:update"])).status).toBe(200);
    await service.call("PATCH", role.path, { permissions: ["projects:read", "revocations:read"] });
    await expectRefused(change(["projects:read"]), "revocations:read");
    expect(
      (await changer.call("PATCH", role.path, { name: freshName() })).status,
      "its name is no right",
    ).toBe(200);
  });

  it("and taken away with its bindings by who may take back bindings, and holds what it permits", async () => {
    const role = await givenRole(service, home, ["projects:read", "revocations:read"]);
    await bind(service, home, friend, role.id);
    const path = `${role.path}?cascade=true`;
    const deleter = await givenCaller(service, home);
    const held = async (...permissions: string[]) =>
      bind(service, home, deleter, (await givenRole(service, home, permissions)).id);
    await held("roles:delete", "projects:read");
    await expectRefused(deleter.call("DELETE", path), "revocations:read, role-bindings:delete");
    await held("revocations:read");
    await expectRefused(deleter.call("DELETE", path), "role-bindings:delete");
    expect(saidBy(await deleter.call("DELETE", role.path))).toEqual([409, "in_use"]);
    await held("role-bindings:delete");
    expect((await deleter.call("DELETE", path)).status).toBe(204);
  });
});

describe("who may not see it is not told of it", () => {
  it("an account of the project that is there, and one that is not, by who may see one other", async () => {
    const caller = await givenCaller(service, home);
    await bind(service, home, caller, "project-manager", on(friend));
    const hidden = await givenCaller(service, home);
    const answers = await Promise.all(
      [hidden.id, "0199c3d2-5b7a-7c1e-9f40-2a6d1c3e8b75"].map((id) => give(caller, "viewer", on({ id }))),
    );
    expect(new Set(answers.map(comparable)).size).toBe(1);
  });
});
