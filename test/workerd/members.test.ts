import { beforeAll, describe, expect, it } from "vitest";
import { startService } from "./harness.ts";
import { givenBindingRow, givenIdentityProvider } from "./identity_provider_kit.ts";
import { comparable } from "./project_token_kit.ts";
import {
  bind,
  type Caller,
  givenApi,
  givenCaller,
  givenRole,
  givenRoleHome,
  type RoleHome,
  saidBy,
} from "./role_kit.ts";
import { must } from "./token_holders.ts";

const service = startService();
const ISSUER = "https://ci.example.com";
const asserted = (value: string) => [{ item: "repository_id", operator: "equals", value }];

interface Member {
  readonly principal: Readonly<Record<string, unknown>>;
  readonly bindings: readonly { readonly id: string }[];
  readonly more: boolean;
}

/** All pages, one after the other. */
async function membersOf(
  { path }: RoleHome,
  pageSize = 200,
  between: () => Promise<unknown> = async () => undefined,
): Promise<readonly Member[]> {
  const found: Member[] = [];
  let pageToken = "";
  do {
    const more = pageToken && `&pageToken=${pageToken}`;
    const { body } = await must(service, "GET", `${path}/members?pageSize=${pageSize}${more}`);
    found.push(...body.items);
    pageToken = body.nextPageToken ?? "";
    if (pageToken !== "") await between();
  } while (pageToken !== "");
  return found;
}

const bindAs = async (home: RoleHome, principal: object, more: object = {}) =>
  (await must(service, "POST", home.bindings, { principal, role: "viewer", ...more })).body.id as string;

const named = ({ principal }: Member) => principal.name ?? principal.subject ?? principal.email;

describe("the members of a project", () => {
  it("are its principals, each with what is bound to it", async () => {
    const home = await givenRoleHome(service);
    const other = await givenRoleHome(service);
    const holder = await givenCaller(service, home);
    await bind(service, other, await givenCaller(service, other), "owner");
    const provider = await givenIdentityProvider(service);
    const person = { type: "person", identityProvider: provider.name };
    const api = await givenApi(service, home);
    const role = await givenRole(service, home, ["orders:read"]);
    const resource = { type: "resource_server", resourceServer: api.name, path: "/orders" };
    const condition = { notBefore: "2026-01-01T00:00:00Z" };
    const whole = await bind(service, home, holder, "viewer");
    const part = await bind(service, home, holder, role.name, { resource, condition, effect: "deny" });
    const ada = await bindAs(home, { ...person, subject: "ada" });
    const mail = await bindAs(home, { ...person, email: "Ada@Example.com" });
    const group = await bindAs(home, { type: "group", identityProvider: provider.id, name: "ops" });
    const jobs = [
      await bindAs(home, { type: "workloads", issuer: ISSUER, assertions: asserted("1") }),
      await bindAs(home, { type: "workloads", issuer: ISSUER, assertions: asserted("2") }),
    ];
    const onProject = {
      role: "viewer",
      roleId: null,
      effect: "allow",
      resource: { type: "project", id: home.id },
      condition: null,
    };
    const alone = (id: string | undefined) => ({ bindings: [{ id, ...onProject }], more: false });
    const ofProvider = { identityProviderId: provider.id, identityProviderName: provider.name };
    const workloads = { type: "workloads", issuer: ISSUER };
    expect(await membersOf(home)).toEqual([
      { principal: { type: "group", ...ofProvider, name: "ops" }, ...alone(group) },
      { principal: { type: "person", ...ofProvider, subject: "ada" }, ...alone(ada) },
      { principal: { type: "person", ...ofProvider, email: "ada@example.com" }, ...alone(mail) },
      {
        principal: {
          type: "service_account",
          serviceAccountId: holder.id,
          name: holder.name,
          email: holder.email,
        },
        bindings: [
          { id: whole.id, ...onProject },
          {
            id: part.id,
            role: null,
            roleId: role.id,
            effect: "deny",
            resource: { type: "resource_server", id: api.id, path: "/orders" },
            condition,
          },
        ],
        more: false,
      },
      { principal: { ...workloads, assertions: asserted("1") }, ...alone(jobs[0]) },
      { principal: { ...workloads, assertions: asserted("2") }, ...alone(jobs[1]) },
    ]);
  });

  it("are none in a project without bindings", async () => {
    const { path } = await givenRoleHome(service);
    expect((await must(service, "GET", `${path}/members`)).body).toEqual({ items: [] });
  });

  it("show a hundred bindings of one, and that there are more", async () => {
    const home = await givenRoleHome(service);
    const provider = await givenIdentityProvider(service);
    const row = { principal_id: "ada", identity_provider_id: provider.id };
    for (let made = 0; made < 101; made++) await givenBindingRow(home.id, row);
    const all = await membersOf(home, 1);
    expect(all.map(({ bindings, more }) => [bindings.length, more])).toEqual([[100, true]]);
  });

  it("one of the same name at another identity provider is another one", async () => {
    const home = await givenRoleHome(service);
    for (const provider of [await givenIdentityProvider(service), await givenIdentityProvider(service)]) {
      await bindAs(home, { type: "person", identityProvider: provider.name, subject: "ada" });
    }
    expect((await membersOf(home)).map(({ bindings }) => bindings.length)).toEqual([1, 1]);
  });
});

describe("pages of members", () => {
  let home: RoleHome;
  const groups = ["a b", "a&k=b", "a%20b", "ä".repeat(512), "🦊".repeat(256), "=1+1", "z"];
  beforeAll(async () => {
    home = await givenRoleHome(service);
    const { name } = await givenIdentityProvider(service);
    for (const group of groups) {
      await bindAs(home, { type: "group", identityProvider: name, name: group });
      await bindAs(home, { type: "group", identityProvider: name, name: group }, { effect: "deny" });
    }
    for (const value of ["1", "2", "3"])
      await bindAs(home, { type: "workloads", issuer: ISSUER, assertions: asserted(value) });
  });

  it.each([1, 2, 3, 10, 200])("of %i show everyone once, with all of his bindings", async (pageSize) => {
    const all = await membersOf(home, pageSize);
    expect(all.map(named).filter(Boolean).toSorted()).toEqual(groups.toSorted());
    const counts = all.map(({ principal, bindings }) => [principal.type, bindings.length]);
    expect(counts).toEqual([...groups.map(() => ["group", 2]), ...Array(3).fill(["workloads", 1])]);
    const ids = all.flatMap(({ bindings }) => bindings.map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("go on when whom the last page ended on is gone", async () => {
    const home = await givenRoleHome(service);
    const { name } = await givenIdentityProvider(service);
    const ids = ["a", "b", "c"].map((group) =>
      bindAs(home, { type: "group", identityProvider: name, name: group }),
    );
    const [first] = await Promise.all(ids);
    const all = await membersOf(home, 1, () => service.call("DELETE", `${home.bindings}/${first}`));
    expect(all.map(named)).toEqual(["a", "b", "c"]);
  });

  it("are opened by tokens of this list alone", async () => {
    const of = (text: string) => service.call("GET", `${home.path}/members?pageToken=${btoa(text)}`);
    expect(saidBy(await of("role-bindings:0199"))).toEqual([400, "invalid_page_token"]);
    const forged = await of("members:x%ZZ").then(({ status }) => status);
    expect(forged).toBeLessThan(500);
    const long = await service.call("GET", `${home.path}/members?pageToken=${"a".repeat(8193)}`);
    expect(saidBy(long).slice(0, 2)).toEqual([400, "invalid_query"]);
  });
});

describe("who may know them", () => {
  let home: RoleHome;
  let callers: Readonly<Record<"none" | "viewer" | "outsider", Caller>>;
  beforeAll(async () => {
    home = await givenRoleHome(service);
    callers = {
      none: await givenCaller(service, home),
      viewer: await givenCaller(service, home, "viewer"),
      outsider: await givenCaller(service, await givenRoleHome(service), "owner"),
    };
  });

  it("whoever may read role bindings, and nobody else", async () => {
    const path = `${home.path}/members`;
    expect((await callers.viewer.call("GET", path)).status).toBe(200);
    expect(saidBy(await callers.none.call("GET", path))).toEqual([403, "permission_denied"]);
    const refused = await callers.outsider.call("GET", path);
    expect(refused.status).toBe(404);
    const nowhere = await callers.outsider.call("GET", "/v1/projects/nowhere-at-all/members");
    expect(comparable(refused)).toBe(comparable(nowhere));
  });
});
