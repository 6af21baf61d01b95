import { beforeEach, describe, expect, it } from "vitest";
import { startService } from "./harness.ts";
import { ACCESS_TOKEN_TYPE } from "./impersonation_kit.ts";
import {
  bind,
  type Caller,
  callsWith,
  exchangeBy,
  givenApi,
  givenCaller,
  givenRole,
  givenRoleHome,
  principalOf,
  type RoleHome,
  saidBy,
} from "./role_kit.ts";
import { freshName, must } from "./token_holders.ts";

/** Nobody comes past a denial, or to a right, by what he registers, takes along, or does as another. */

const service = startService();
const WRITE = [{ name: "orders:write", description: "Write orders" }];
const onApi = ({ id }: { readonly id: string }) => ({
  resource: { type: "resource_server", resourceServer: id },
});

type Api = Awaited<ReturnType<typeof givenApi>>;
let home: RoleHome;
/** What is denied to the attacker. */
let api: Api;
beforeEach(async () => {
  home = await givenRoleHome(service);
  api = await givenApi(service, home);
});

/** Somebody with a role, to whom writing orders there is denied. */
async function givenDenied(role = "editor"): Promise<Caller> {
  const attacker = await givenCaller(service, home, role);
  const { id } = await givenRole(service, home, ["orders:write"]);
  await bind(service, home, attacker, id, { effect: "deny", ...onApi(api) });
  expect(await writes(attacker, api.audience)).toBe(400);
  return attacker;
}

const register = ({ call }: Caller, audience: string, more: object = { permissions: WRITE }) =>
  call("POST", home.apis, { name: freshName(), audience, ...more });

/** What an exchange says to who wants to write orders at an audience. */
const writes = async (caller: Caller, audience: string) =>
  (await exchangeBy(service, caller, { audience, scope: "orders:write" })).status;

describe("a denial on an API", () => {
  it.each([
    "/orders",
    "/a".repeat(17),
    "/a".repeat(40),
    "/%6frders",
    "/orders//x",
    "/orders/",
    "/orders;v=1",
    "/orders?x=1",
    "//orders",
    "/./orders",
    "/x/../orders",
    "?a/orders",
    ":443/orders",
    "/orders/$",
  ])("is not passed by an API of one's own at its audience and %s", async (tail) => {
    const attacker = await givenDenied();
    const audience = `${api.audience}${tail}`;
    await register(attacker, audience);
    expect(await writes(attacker, audience)).toBe(400);
  });

  it("is no concern of an API elsewhere", async () => {
    const attacker = await givenDenied();
    const audience = `https://${freshName()}.example.com`;
    expect((await register(attacker, audience)).status).toBe(201);
    expect(await writes(attacker, audience)).toBe(200);
  });

  it.each<readonly [string, string, (attacker: Caller) => Promise<string>]>([
    [
      "that takes its audience when it moves on",
      "editor",
      async (attacker) => {
        await attacker.call("PATCH", api.path, { audience: "https://elsewhere.example.com" });
        await register(attacker, api.audience);
        return api.audience;
      },
    ],
    [
      "that is made in its place",
      "owner",
      async (attacker) => {
        await attacker.call("DELETE", `${api.path}?cascade=true`);
        await register(attacker, api.audience);
        return api.audience;
      },
    ],
    [
      "below it that learns the permission later",
      "editor",
      async (attacker) => {
        const { body } = await register(attacker, `${api.audience}/orders`, {});
        await attacker.call("PATCH", `${home.apis}/${body?.id}`, { permissions: WRITE });
        return `${api.audience}/orders`;
      },
    ],
    [
      "with a name before its host",
      "editor",
      async (attacker) => {
        const audience = api.audience.replace("https://", "https://x@");
        await register(attacker, audience);
        return audience;
      },
    ],
  ])("is not passed by an API %s", async (_how, role, attack) => {
    const attacker = await givenDenied(role);
    expect(await writes(attacker, await attack(attacker))).toBe(400);
  });

  it("is not passed by a permission that it does not know yet", async () => {
    const bare = await givenApi(service, home, { permissions: [] });
    const attacker = await givenCaller(service, home, "editor");
    await bind(service, home, attacker, "editor", { effect: "deny", ...onApi(bare) });
    const audience = `${bare.audience}/orders`;
    await register(attacker, audience);
    expect(await writes(attacker, audience)).toBe(400);
  });
});

describe("who may change one API", () => {
  it("does not come to another one's path by it", async () => {
    const attacker = await givenCaller(service, home);
    const mine = await givenApi(service, home);
    await bind(service, home, attacker, "editor", onApi(mine));
    const audience = `${api.audience}/orders`;
    const moved = await attacker.call("PATCH", mine.path, { audience, permissions: WRITE });
    expect(moved.status).toBe(403);
    expect(await writes(attacker, audience)).toBe(400);
  });

  it("does not give the rights that he has there another one's audience", async () => {
    const attacker = await givenCaller(service, home);
    const mine = await givenApi(service, home);
    await bind(service, home, attacker, (await givenRole(service, home, ["resource-servers:update"])).id);
    await bind(service, home, attacker, (await givenRole(service, home, ["orders:write"])).id, onApi(mine));
    await attacker.call("PATCH", api.path, { audience: "https://elsewhere.example.com" });
    await attacker.call("PATCH", mine.path, { audience: api.audience });
    expect(await writes(attacker, api.audience)).toBe(400);
  });

  it("does not ask about everybody by linking himself to it", async () => {
    const attacker = await givenCaller(service, home);
    const role = await givenRole(service, home, ["resource-servers:update"]);
    await bind(service, home, attacker, role.id, onApi(api));
    const owner = await givenCaller(service, home, "owner");
    const question = {
      subject: { type: "service_account", id: owner.id },
      action: { name: "orders:write" },
      resource: { type: "resource_server", id: api.id },
    };
    const { body } = await attacker.call("POST", "/access/v1/evaluation", question);
    expect(body).toEqual({ decision: false, context: { reason: "not_found" } });
    await attacker.call("PATCH", api.path, { serviceAccount: attacker.id });
    expect((await attacker.call("POST", "/access/v1/evaluation", question)).body).toEqual(body);
  });

  it("takes no binding along with it that he could not unbind", async () => {
    const { id } = await givenRole(service, home, ["orders:write"]);
    const bound = await bind(service, home, await givenCaller(service, home), id, onApi(api));
    const attacker = await givenCaller(service, home);
    const role = await givenRole(service, home, ["resource-servers:delete", "role-bindings:delete"]);
    await bind(service, home, attacker, role.id);
    const denied = [403, "permission_denied"];
    expect(saidBy(await attacker.call("DELETE", bound.path))).toEqual(denied);
    expect(saidBy(await attacker.call("DELETE", `${api.path}?cascade=true`))).toEqual(denied);
    expect((await service.call("GET", bound.path)).status).toBe(200);
  });
});

describe("who acts as an owner for a while", () => {
  it("neither prolongs himself by that, nor binds anything to himself", async () => {
    const [boss, attacker] = [await givenCaller(service, home, "owner"), await givenCaller(service, home)];
    await bind(service, home, attacker, "token-creator", {
      resource: { type: "service_account", serviceAccount: boss.id },
      condition: { notAfter: new Date(Date.now() + 3_600_000).toISOString() },
    });
    const { body: own } = await exchangeBy(service, attacker);
    const shown = { token: own.access_token, id: boss.id };
    const { body } = await exchangeBy(service, shown, { subject_token_type: ACCESS_TOKEN_TYPE });
    const asBoss = callsWith(service, body.access_token);
    const friend = await givenCaller(service, home);
    const give = (to: Caller) =>
      asBoss.call("POST", home.bindings, { principal: principalOf(to), role: "viewer" });
    expect((await give(friend)).status, "what the owner may do").toBe(201);
    expect((await give(attacker)).status).toBe(403);
    const key = await asBoss.call("POST", `${attacker.path}/keys`, { algorithm: "ED25519" });
    expect(key.status).toBeGreaterThanOrEqual(400);
    expect((await must(service, "GET", `${attacker.path}/keys`)).body.items).toEqual([]);
  });
});
