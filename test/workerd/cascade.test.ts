import { beforeEach, expect, it } from "vitest";
import { startService } from "./harness.ts";
import {
  bind,
  type Caller,
  givenCaller,
  givenRole,
  givenRoleHome,
  type RoleHome,
  saidBy,
} from "./role_kit.ts";
import { freshName, must } from "./token_holders.ts";

/** What goes along when a role, an API or an account is deleted with cascade=true, and who may take it along. */

const service = startService();
const DENY = "Only an owner of the project denies";
let home: RoleHome;
let owner: Caller;
let admin: Caller;
let role: { id: string; path: string };
beforeEach(async () => {
  home = await givenRoleHome(service);
  await givenCaller(service, home, "owner");
  owner = await givenCaller(service, home, "owner");
  admin = await givenCaller(service, home);
  const all = await givenRole(service, home, [
    "roles:delete",
    "resource-servers:delete",
    "service-accounts:delete",
    "role-bindings:delete",
    "roles:read",
  ]);
  await bind(service, home, admin, all.id);
  role = await givenRole(service, home, ["roles:read"]);
});
const lastDetail = async (action: string) => {
  const { body } = await service.call("GET", `${home.path}/audit-events?pageSize=100`);
  return body.items.find(
    (one: { action: string; outcome: string }) => one.action === action && one.outcome === "granted",
  )?.detail;
};
const api = async () => {
  const { body } = await must(service, "POST", home.apis, {
    name: freshName(),
    audience: `https://${freshName()}.example.com`,
  });
  return { id: body.id, path: `${home.apis}/${body.id}` };
};
const onApi = ({ id }: { id: string }) => ({ resource: { type: "resource_server", resourceServer: id } });

it("with a role its bindings go, a denial only by an owner", async () => {
  const target = await givenCaller(service, home);
  await bind(service, home, target, role.id);
  expect((await admin.call("DELETE", `${role.path}?cascade=true`)).status).toBe(204);
  expect(await lastDetail("role.delete")).toBe("cascade");
  const second = await givenRole(service, home, ["roles:read"]);
  await bind(service, home, target, second.id);
  await bind(service, home, target, second.id, { effect: "deny" });
  const refused = await admin.call("DELETE", `${second.path}?cascade=true`);
  expect(saidBy(refused)).toEqual([403, "permission_denied"]);
  expect(refused.body.detail).toContain(DENY);
  expect((await owner.call("DELETE", `${second.path}?cascade=true`)).status).toBe(204);
});

it("with an API goes what the caller holds, a denial only by an owner", async () => {
  const target = await givenCaller(service, home);
  const one = await api();
  await bind(service, home, target, role.id, onApi(one));
  expect((await admin.call("DELETE", `${one.path}?cascade=true`)).status).toBe(204);
  expect(await lastDetail("resource_server.delete")).toBe("cascade");
  const two = await api();
  await bind(service, home, target, "viewer", onApi(two));
  const more = await admin.call("DELETE", `${two.path}?cascade=true`);
  expect(more.body.detail).toContain("Nobody grants more");
  const three = await api();
  await bind(service, home, target, role.id, { ...onApi(three), effect: "deny" });
  const deny = await admin.call("DELETE", `${three.path}?cascade=true`);
  expect(saidBy(deny)).toEqual([403, "permission_denied"]);
  expect(deny.body.detail).toContain(DENY);
  expect((await owner.call("DELETE", `${three.path}?cascade=true`)).status).toBe(204);
});

it("with an account its denials go: they hit nobody any more", async () => {
  const target = await givenCaller(service, home);
  await bind(service, home, target, role.id, { effect: "deny" });
  expect((await admin.call("DELETE", `${target.path}?cascade=true`)).status).toBe(204);
  expect(await lastDetail("service_account.delete")).toBe("cascade");
});
