import { beforeAll, describe, expect, it } from "vitest";
import { startService } from "./harness.ts";
import { comparable } from "./project_token_kit.ts";
import {
  bind,
  givenApi,
  givenCaller,
  givenRole,
  givenRoleHome,
  lastEventOf,
  ORDERS,
  type RoleHome,
  saidBy,
} from "./role_kit.ts";
import { freshName } from "./token_holders.ts";

const service = startService();
let home: RoleHome;
let other: RoleHome;
beforeAll(async () => {
  [home, other] = [await givenRoleHome(service), await givenRoleHome(service)];
});

describe("a role of a project's own", () => {
  it("is made, read, changed, listed, deleted, and each write leaves its event", async () => {
    await givenApi(service, home);
    const input = {
      name: freshName(),
      description: "Deploys.",
      permissions: ["projects:read", ...ORDERS, "*"],
    };
    const made = await service.call("POST", home.roles, {
      ...input,
      permissions: input.permissions.slice(0, 3),
    });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      projectId: home.id,
      ...input,
      permissions: input.permissions.slice(0, 3),
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      updatedAt: made.body.createdAt,
    });
    const path = `${home.roles}/${made.body.id}`;
    expect(made.headers.get("location")).toBe(path);
    const target = { type: "role", id: made.body.id };
    const detail = "projects:read orders:read orders:write";
    expect(await lastEventOf(service, home)).toMatchObject({ action: "role.create", target, detail });

    const read = await service.call("GET", path);
    expect(read.body).toEqual(made.body);
    const etag = read.headers.get("etag") ?? "";
    expect(etag).toBe(made.headers.get("etag"));
    expect((await service.call("GET", path, undefined, { "if-none-match": etag })).status).toBe(304);

    const change = { name: freshName(), description: null, permissions: ["orders:read"] };
    const changed = await service.call("PATCH", path, change, { "if-match": etag });
    expect([changed.status, changed.body]).toMatchObject([200, { ...change, id: made.body.id }]);
    expect((await service.call("GET", path)).body).toEqual(changed.body);
    const told = "name, description, permissions";
    expect(await lastEventOf(service, home)).toMatchObject({ action: "role.update", detail: told, target });
    for (const [method, body] of [["PATCH", { description: "x" }], ["DELETE"]] as const) {
      expect(saidBy(await service.call(method, path, body, { "if-match": etag }))).toEqual([
        412,
        "precondition_failed",
      ]);
    }

    expect((await service.call("GET", home.roles)).body.items).toContainEqual(changed.body);
    expect((await service.call("DELETE", path)).status).toBe(204);
    expect(await lastEventOf(service, home)).toMatchObject({ action: "role.delete", target });
    expect(saidBy(await service.call("GET", path))).toEqual([404, "not_found"]);
    expect(
      (await service.call("POST", home.roles, { ...input, ...change, description: "x" })).status,
      "its name is free again",
    ).toBe(201);
  });

  it("is listed page by page, oldest first, beside the built-in ones", async () => {
    const mine = await givenRoleHome(service);
    const made = [];
    for (let index = 0; index < 5; index++) made.push((await givenRole(service, mine, ["roles:read"])).id);
    const seen: string[] = [];
    let query = "?pageSize=2";
    for (let page = 0; page < 3; page++) {
      const { body } = await service.call("GET", `${mine.roles}${query}`);
      seen.push(...body.items.map(({ id }: { id: string }) => id));
      const names = body.builtIn.map(({ name }: { name: string }) => name);
      expect(names).toEqual(expect.arrayContaining(["owner", "editor", "viewer", "project-manager"]));
      query = `?pageSize=2&pageToken=${body.nextPageToken}`;
      expect(body.nextPageToken === undefined).toBe(page === 2);
    }
    expect(seen).toEqual(made);
  });

  it("has a name of its own in its project alone", async () => {
    const name = freshName();
    const input = { name, permissions: ["projects:read"] };
    expect((await service.call("POST", home.roles, input)).status).toBe(201);
    expect((await service.call("POST", other.roles, input)).status).toBe(201);
    const taken = [409, "name_taken", "/name name_taken"];
    expect(saidBy(await service.call("POST", home.roles, input))).toEqual(taken);
    const { path } = await givenRole(service, home, ["projects:read"]);
    expect(saidBy(await service.call("PATCH", path, { name }))).toEqual(taken);
  });
});

describe("a role is refused, each bad member by its place", () => {
  const bad: readonly (readonly [string, object, readonly string[]])[] = [
    ["a permission that nobody knows", { permissions: ["x:y"] }, ["/permissions/0 unknown_permission"]],
    ["of another project's API", { permissions: ["other:read"] }, ["/permissions/0 unknown_permission"]],
    [
      "the operator's, each of them",
      { permissions: ["projects:read", "projects:create", "signing-keys:rotate", "identity-providers:read"] },
      [1, 2, 3].map((index) => `/permissions/${index} operator_permission`),
    ],
    ["one that JavaScript knows", { permissions: ["toString"] }, ["/permissions/0 unknown_permission"]],
    [
      "one twice",
      { permissions: ["projects:read", "roles:read", "projects:read"] },
      ["/permissions/2 duplicate"],
    ],
    ["a built-in name", { name: "owner" }, ["/name name_taken"]],
  ];
  beforeAll(async () => {
    await givenApi(service, other, { permissions: [{ name: "other:read", description: "x" }] });
  });

  it.each(bad)("%s", async (_name, member, errors) => {
    const input = { name: freshName(), permissions: ["projects:read"], ...member };
    expect(saidBy(await service.call("POST", home.roles, input))).toEqual([400, "invalid_body", ...errors]);
    const { path } = await givenRole(service, home, ["audit-events:read"]);
    expect(saidBy(await service.call("PATCH", path, member))).toEqual([400, "invalid_body", ...errors]);
  });

  it.each<readonly [string, object, string]>([
    ["no permissions", { permissions: [] }, "/permissions"],
    ["permissions that are null", { permissions: null }, "/permissions"],
    [
      "too many permissions",
      { permissions: Array.from({ length: 201 }, (_, i) => `p:${i}`) },
      "/permissions",
    ],
    ["the wildcard of the built-in ones", { permissions: ["*"] }, "/permissions/0"],
    ["a permission with a space", { permissions: ["a b"] }, "/permissions/0"],
    ["an empty name", { name: "" }, "/name"],
    ["a name that is no name", { name: "Ä" }, "/name"],
    ["a name that is an id", { name: "a199c3d2-5b7a-7c1e-9f40-2a6d1c3e8b75" }, "/name"],
    ["a description with a line end", { description: "a\nb" }, "/description"],
    ["a member more", { builtIn: true }, "/builtIn"],
  ])("%s", async (_name, member, pointer) => {
    const input = { name: freshName(), permissions: ["projects:read"], ...member };
    const { path } = await givenRole(service, home, ["projects:read"]);
    for (const answer of [
      await service.call("POST", home.roles, input),
      await service.call("PATCH", path, member),
    ]) {
      expect([answer.status, answer.body.code]).toEqual([400, "invalid_body"]);
      expect(answer.body.errors[0].pointer).toBe(pointer);
    }
  });

  it("but keeps, when it is changed, a permission whose API has gone", async () => {
    const api = await givenApi(service, home, { permissions: [{ name: "gone:read", description: "x" }] });
    const { path } = await givenRole(service, home, ["gone:read"]);
    expect((await service.call("DELETE", api.path)).status).toBe(204);
    const permissions = ["gone:read", "projects:read"];
    expect((await service.call("PATCH", path, { permissions })).body.permissions).toEqual(permissions);
    expect((await service.call("PATCH", path, { permissions: ["projects:read"] })).status).toBe(200);
    expect(saidBy(await service.call("PATCH", path, { permissions }))).toEqual([
      400,
      "invalid_body",
      "/permissions/0 unknown_permission",
    ]);
  });

  it("past two hundred in one project", async () => {
    const full = await givenRoleHome(service);
    const make = () => service.call("POST", full.roles, { name: freshName(), permissions: ["roles:read"] });
    const answers = [];
    for (let index = 0; index < 10; index++) {
      answers.push(...(await Promise.all(Array.from({ length: 20 }, make))));
    }
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    const [first, second] = await Promise.all([make(), make()]);
    expect([saidBy(first), saidBy(second)]).toEqual([
      [409, "limit_reached"],
      [409, "limit_reached"],
    ]);
  });
});

describe("what is bound with a role hangs on it", () => {
  it("so it goes only with cascade, and takes the bindings along", async () => {
    const role = await givenRole(service, home, ["projects:read"]);
    const holder = await givenCaller(service, home);
    const binding = await bind(service, home, holder, role.name);
    const refused = await service.call("DELETE", role.path);
    expect(saidBy(refused)).toEqual([409, "in_use"]);
    expect(refused.body.detail).toContain(binding.id);
    expect((await holder.call("GET", home.path)).status).toBe(200);
    expect((await service.call("DELETE", `${role.path}?cascade=false`)).status).toBe(409);
    expect((await service.call("DELETE", `${role.path}?cascade=true`)).status).toBe(204);
    expect(await lastEventOf(service, home)).toMatchObject({ action: "role.delete", detail: "cascade" });
    expect((await service.call("GET", binding.path)).status).toBe(404);
    expect((await holder.call("GET", home.path)).status).toBe(403);
  });

  it.each(["cascade=1", "cascade=", "cascade=true&x=1", "acknowledge=last_owner"])(
    "not with %s",
    async (query) => {
      const role = await givenRole(service, home, ["projects:read"]);
      expect(saidBy(await service.call("DELETE", `${role.path}?${query}`)).slice(0, 2)).toEqual([
        400,
        "invalid_query",
      ]);
    },
  );

  it("and changes with it, for all whom it is bound to, from the next call on", async () => {
    const role = await givenRole(service, home, ["projects:read"]);
    const holder = await givenCaller(service, home);
    await bind(service, home, holder, role.id);
    const may = async () => [
      (await holder.call("GET", home.path)).status,
      (await holder.call("GET", home.roles)).status,
    ];
    expect(await may()).toEqual([200, 403]);
    await service.call("PATCH", role.path, { permissions: ["roles:read"] });
    expect(await may()).toEqual([403, 200]);
  });
});

describe("another project's role", () => {
  it("is told of in the words of one that is not there, to its owner too", async () => {
    const owner = await givenCaller(service, home, "owner");
    const role = await givenRole(service, other, ["projects:read"]);
    const NOBODY = "0199c3d2-5b7a-7c1e-9f40-2a6d1c3e8b75";
    const paths = [
      role.path,
      `${other.roles}/${NOBODY}`,
      `${home.roles}/${role.id}`,
      `${home.roles}/${NOBODY}`,
      `/v1/projects/${NOBODY}/roles/${role.id}`,
    ];
    for (const [method, body] of [["GET"], ["PATCH", { permissions: ["roles:read"] }], ["DELETE"]] as const) {
      const answers = await Promise.all(paths.map((path) => owner.call(method, path, body)));
      expect(answers[0]?.status).toBe(404);
      expect(new Set(answers.map(comparable)).size).toBe(1);
    }
  });
});
