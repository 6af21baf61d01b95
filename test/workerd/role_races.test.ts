import { beforeEach, describe, expect, it } from "vitest";
import { disturbedBefore } from "./disturbed_service.ts";
import { startService } from "./harness.ts";
import {
  bind,
  type Caller,
  callsWith,
  exchangeBy,
  type GivenBinding,
  givenApi,
  givenCaller,
  givenRole,
  givenRoleHome,
  principalOf,
  type RoleHome,
  saidBy,
} from "./role_kit.ts";
import { freshName, must } from "./token_holders.ts";

/** What a write was permitted by must still be so when it is written. */

const service = startService();
const CONFLICT = [409, "conflict"];
const BINDS = /^insert into "?role_binding/i;
const onApi = ({ id }: { readonly id: string }) => ({
  resource: { type: "resource_server", resourceServer: id },
});

let home: RoleHome;
/** One of two owners. */
let owner: Caller & { readonly binding: GivenBinding };
let other: Caller;
let friend: Caller;
beforeEach(async () => {
  home = await givenRoleHome(service);
  other = await givenCaller(service, home, "owner");
  friend = await givenCaller(service, home);
  const caller = await givenCaller(service, home);
  owner = { ...caller, binding: await bind(service, home, caller, "owner") };
});

/** What a caller's call says, before whose write something happens. */
async function saidWhen(
  disturb: () => Promise<unknown>,
  statement: RegExp,
  { token }: Caller,
  ...call: Parameters<Caller["call"]>
) {
  return saidBy(await callsWith(disturbedBefore(statement, disturb), token).call(...call));
}

const take = () => must(service, "DELETE", owner.binding.path);
const deny = () => bind(service, home, owner, "owner", { effect: "deny" });

describe("an owner gives nothing to a friend", () => {
  it.each<readonly [string, () => Promise<unknown>]>([
    ["whose binding is taken away meanwhile", take],
    ["to whom it is denied meanwhile", deny],
    [
      "whose binding is taken away while another one of his changes",
      async () => {
        const { path } = await bind(service, home, owner, "viewer");
        await take();
        await must(service, "PATCH", path, { description: "x" });
      },
    ],
  ])("%s", async (_how, disturb) => {
    const input = { principal: principalOf(friend), role: "owner" };
    expect(await saidWhen(disturb, BINDS, owner, "POST", home.bindings, input)).toEqual(CONFLICT);
    const { body } = await service.call("GET", `${home.bindings}?pageSize=200`);
    expect(JSON.stringify(body)).not.toContain(friend.id);
  });
});

describe("nothing is got by a write between whose reading and writing", () => {
  it("its caller's right to change a role goes", async () => {
    const role = await givenRole(service, home, ["projects:read"]);
    const change = { permissions: ["projects:delete"] };
    expect(await saidWhen(take, /^update "?role"? /i, owner, "PATCH", role.path, change)).toEqual(CONFLICT);
    expect((await service.call("GET", role.path)).body.permissions).toEqual(["projects:read"]);
  });

  it("the role that is bound comes to permit more", async () => {
    const manager = await givenCaller(service, home, "project-manager");
    const role = await givenRole(service, home, ["projects:read"]);
    const grow = () => must(service, "PATCH", role.path, { permissions: ["projects:delete"] });
    const input = { principal: principalOf(friend), role: role.id };
    expect(await saidWhen(grow, BINDS, manager, "POST", home.bindings, input)).toEqual(CONFLICT);
  });

  it("the account that a key is made for becomes an owner", async () => {
    const editor = await givenCaller(service, home, "editor");
    const raise = () => bind(service, home, friend, "owner");
    const made = await saidWhen(
      raise,
      /^insert into "?service_account_key/i,
      editor,
      "POST",
      `${friend.path}/keys`,
      {
        algorithm: "ED25519",
      },
    );
    expect(made).toEqual(CONFLICT);
  });

  it("something is bound to what is deleted, and would go along unasked", async () => {
    const raise = () => bind(service, home, friend, "viewer");
    const gone = await saidWhen(raise, /^delete from "?service_account"? /i, owner, "DELETE", friend.path);
    expect(gone).toEqual(CONFLICT);
    expect((await service.call("GET", friend.path)).status).toBe(200);
  });

  it("the other owner is switched off", async () => {
    const off = () => must(service, "PATCH", other.path, { disabled: true });
    const left = await saidWhen(off, /^delete from "?role_binding/i, owner, "DELETE", owner.binding.path);
    expect(left).toEqual(CONFLICT);
    expect((await owner.call("GET", home.path)).status).toBe(200);
  });

  it("the API above the one that is registered is denied to its caller", async () => {
    const api = await givenApi(service, home);
    const editor = await givenCaller(service, home, "editor");
    const role = await givenRole(service, home, ["orders:write"]);
    const denied = () => bind(service, home, editor, role.id, { effect: "deny", ...onApi(api) });
    const audience = `${api.audience}/orders`;
    const permissions = [{ name: "orders:write", description: "Write orders" }];
    const input = { name: freshName(), audience, permissions };
    const insert = /^insert into "?resource_server/i;
    expect(await saidWhen(denied, insert, editor, "POST", home.apis, input)).toEqual(CONFLICT);
    expect((await exchangeBy(service, editor, { audience, scope: "orders:write" })).status).toBe(400);
  });
});
