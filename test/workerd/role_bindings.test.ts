import { beforeAll, describe, expect, it } from "vitest";
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
  lastEventOf,
  principalOf,
  type RoleHome,
  saidBy,
} from "./role_kit.ts";
import { freshName } from "./token_holders.ts";

const service = startService();
let home: RoleHome;
let other: RoleHome;
let holder: Caller;
beforeAll(async () => {
  [home, other] = [await givenRoleHome(service), await givenRoleHome(service)];
  holder = await givenCaller(service, home);
});

const CONDITION = {
  notBefore: "2026-01-01T00:00:00.000Z",
  notAfter: "2099-01-01T00:00:00.000Z",
  schedule: { weekdays: ["monday", "friday"], from: "22:00", until: "06:00", timeZone: "Europe/Berlin" },
  ipRanges: ["203.0.113.0/24", "2001:db8::/32", "192.0.2.1"],
};
const instants = (condition: object) => JSON.parse(JSON.stringify(condition).replaceAll(".000Z", "Z"));

describe("a role binding", () => {
  it("is made, read, changed, listed, deleted, and each write leaves its event", async () => {
    const api = await givenApi(service, home);
    const role = await givenRole(service, home, ["orders:read"]);
    const resource = { type: "resource_server", resourceServer: api.audience, path: "/orders/eu" };
    const input = { principal: principalOf(holder), role: role.name, resource, description: "Reads." };
    const made = await service.call("POST", home.bindings, { ...input, condition: CONDITION });
    expect(made.status).toBe(201);
    expect(instants(made.body)).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      projectId: home.id,
      principal: { type: "service_account", serviceAccountId: holder.id },
      role: null,
      roleId: role.id,
      effect: "allow",
      resource: { type: "resource_server", id: api.id, path: "/orders/eu" },
      condition: instants(CONDITION),
      description: "Reads.",
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      updatedAt: instants(made.body).createdAt,
    });
    const path = `${home.bindings}/${made.body.id}`;
    expect(made.headers.get("location")).toBe(path);
    const target = { type: "role_binding", id: made.body.id };
    const summary = `allow ${role.id} to service_account ${holder.id} on resource_server ${api.id}/orders/eu`;
    expect(await lastEventOf(service, home)).toMatchObject({
      action: "role_binding.create",
      target,
      detail: summary,
    });

    const read = await service.call("GET", path);
    expect(read.body).toEqual(made.body);
    const etag = read.headers.get("etag") ?? "";
    expect(etag).toBe(made.headers.get("etag"));
    expect((await service.call("GET", path, undefined, { "if-none-match": etag })).status).toBe(304);

    const change = { description: null, condition: { schedule: null, ipRanges: ["198.51.100.0/24"] } };
    const changed = await service.call("PATCH", path, change, { "if-match": etag });
    const { notBefore, notAfter } = made.body.condition;
    expect(changed.body).toEqual({
      ...made.body,
      description: null,
      condition: { notBefore, notAfter, ipRanges: ["198.51.100.0/24"] },
      updatedAt: changed.body.updatedAt,
    });
    expect((await service.call("GET", path)).body).toEqual(changed.body);
    const detail = "condition, description";
    expect(await lastEventOf(service, home)).toMatchObject({ action: "role_binding.update", detail, target });
    expect((await service.call("PATCH", path, { condition: null })).body.condition).toBeNull();
    for (const [method, body] of [["PATCH", { description: "x" }], ["DELETE"]] as const) {
      const answer = await service.call(method, path, body, { "if-match": etag });
      expect(saidBy(answer)).toEqual([412, "precondition_failed"]);
    }

    expect(
      (await service.call("GET", home.bindings)).body.items.map(({ id }: { id: string }) => id),
    ).toContain(made.body.id);
    expect((await service.call("DELETE", path)).status).toBe(204);
    expect(await lastEventOf(service, home)).toMatchObject({
      action: "role_binding.delete",
      target,
      detail: summary,
    });
    expect(saidBy(await service.call("GET", path))).toEqual([404, "not_found"]);
  });

  it("names its principal and its resource by id, e-mail or name", async () => {
    const api = await givenApi(service, home);
    const account = { type: "service_account", id: holder.id };
    for (const name of [holder.id, holder.email, holder.name]) {
      const { body } = await service.call("POST", home.bindings, {
        principal: { type: "service_account", serviceAccount: name },
        role: "viewer",
        resource: { type: "service_account", serviceAccount: name },
      });
      expect([body.principal.serviceAccountId, body.resource]).toEqual([holder.id, account]);
    }
    for (const resourceServer of [api.id, api.audience, api.name]) {
      const resource = { type: "resource_server", resourceServer };
      const { body } = await service.call("POST", home.bindings, {
        principal: principalOf(holder),
        role: "viewer",
        resource,
      });
      expect(body.resource).toEqual({ type: "resource_server", id: api.id, path: "" });
    }
  });

  it("is of a person, a group or workloads too; an e-mail is kept in lower case", async () => {
    const provider = await givenIdentityProvider(service);
    const { id: identityProviderId, name: identityProvider } = provider;
    const assertions = [{ item: "repository_id", operator: "equals", value: "777001" }];
    const kinds = [
      [
        { type: "person", identityProvider, subject: "Ada" },
        { type: "person", identityProviderId, subject: "Ada" },
      ],
      [
        { type: "person", identityProvider, email: "Ada@Example.com" },
        { type: "person", identityProviderId, email: "ada@example.com" },
      ],
      [
        { type: "group", identityProvider, name: "Ops" },
        { type: "group", identityProviderId, name: "Ops" },
      ],
      [
        { type: "workloads", issuer: "https://ci.example.com", assertions },
        { type: "workloads", issuer: "https://ci.example.com", assertions },
      ],
    ];
    for (const [principal, answered] of kinds) {
      const made = await service.call("POST", home.bindings, { principal, role: "viewer" });
      expect([made.status, made.body.principal]).toEqual([201, answered]);
    }
  });

  it("is listed page by page, oldest first, and none of another project", async () => {
    const mine = await givenRoleHome(service);
    const one = await givenCaller(service, mine);
    const made: string[] = [];
    for (let index = 0; index < 3; index++) made.push((await bind(service, mine, one, "viewer")).id);
    const { body: first } = await service.call("GET", `${mine.bindings}?pageSize=2`);
    const { body: second } = await service.call(
      "GET",
      `${mine.bindings}?pageSize=2&pageToken=${first.nextPageToken}`,
    );
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(made);
    expect(second.nextPageToken).toBeUndefined();
  });

  it.each<readonly [string, object]>([
    ["who", { principal: { type: "service_account", serviceAccount: "x" } }],
    ["what", { role: "owner" }],
    ["on what", { resource: { type: "project" } }],
    ["allow or deny", { effect: "deny" }],
  ])("never changes %s: that is another binding", async (_name, change) => {
    const { path } = await bind(service, home, holder, "viewer");
    const pointer = `/${Object.keys(change)[0]}`;
    expect(saidBy(await service.call("PATCH", path, change)).slice(0, 2)).toEqual([400, "invalid_body"]);
    expect((await service.call("PATCH", path, change)).body.errors[0].pointer).toBe(pointer);
  });
});

describe("what hangs on a role binding's account or API", () => {
  const inUse = async (path: string, bindingPath: string) => {
    const refused = await service.call("DELETE", path);
    expect(saidBy(refused)).toEqual([409, "in_use"]);
    expect(refused.body.detail).toContain(bindingPath.split("/").at(-1));
    expect((await service.call("GET", bindingPath)).status).toBe(200);
    expect((await service.call("DELETE", `${path}?cascade=true`)).status).toBe(204);
    expect(saidBy(await service.call("GET", bindingPath))).toEqual([404, "not_found"]);
  };

  it("an account that holds a role goes only with cascade", async () => {
    const caller = await givenCaller(service, home);
    await inUse(caller.path, (await bind(service, home, caller, "viewer")).path);
  });

  it("nor one on which a role is bound", async () => {
    const caller = await givenCaller(service, home);
    const resource = { type: "service_account", serviceAccount: caller.id };
    await inUse(caller.path, (await bind(service, home, holder, "viewer", { resource })).path);
  });

  it("nor an API on which one is", async () => {
    const api = await givenApi(service, home);
    const resource = { type: "resource_server", resourceServer: api.id, path: "/a" };
    await inUse(api.path, (await bind(service, home, holder, "viewer", { resource })).path);
  });
});

describe("another project's role binding", () => {
  it("is told of in the words of one that is not there, to an owner too", async () => {
    const owner = await givenCaller(service, home, "owner");
    const stranger = await givenCaller(service, other);
    const { id, path } = await bind(service, other, stranger, "viewer");
    const NOBODY = "0199c3d2-5b7a-7c1e-9f40-2a6d1c3e8b75";
    const paths = [
      path,
      `${other.bindings}/${NOBODY}`,
      `${home.bindings}/${id}`,
      `${home.bindings}/${NOBODY}`,
    ];
    for (const [method, body] of [["GET"], ["PATCH", { condition: null }], ["DELETE"]] as const) {
      const answers = await Promise.all(paths.map((one) => owner.call(method, one, body)));
      expect(answers[0]?.status).toBe(404);
      expect(new Set(answers.map(comparable)).size).toBe(1);
    }
    const principal = principalOf(stranger);
    const made = await owner.call("POST", other.bindings, { principal, role: "viewer" });
    const nowhere = await owner.call("POST", `/v1/projects/${freshName()}/role-bindings`, {
      principal,
      role: "viewer",
    });
    expect(comparable(made)).toBe(comparable(nowhere));
  });
});
