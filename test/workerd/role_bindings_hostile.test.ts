import { beforeAll, describe, expect, it } from "vitest";
import { startService } from "./harness.ts";
import {
  bind,
  type Caller,
  givenApi,
  givenCaller,
  givenRole,
  givenRoleHome,
  principalOf,
  type RoleHome,
  saidBy,
} from "./role_kit.ts";

/** Bodies that must not become bindings, each refused at its place. */

const service = startService();
const NOBODY = "0199c3d2-5b7a-7c1e-9f40-2a6d1c3e8b75";
let home: RoleHome;
let other: RoleHome;
let holder: Caller;
let stranger: Caller;
let api: Awaited<ReturnType<typeof givenApi>>;
let theirs: Awaited<ReturnType<typeof givenApi>>;
beforeAll(async () => {
  [home, other] = [await givenRoleHome(service), await givenRoleHome(service)];
  [holder, stranger] = [await givenCaller(service, home), await givenCaller(service, other)];
  [api, theirs] = [await givenApi(service, home), await givenApi(service, other)];
});

const input = () => ({ principal: principalOf(holder), role: "viewer" });
const post = (more: object) => service.call("POST", home.bindings, { ...input(), ...more });

describe("what a binding names must be there, in this project", () => {
  const account = (serviceAccount: string) => ({ type: "service_account", serviceAccount });
  const onApi = (resourceServer: string) => ({ resource: { type: "resource_server", resourceServer } });
  it.each<readonly [string, () => object, () => Promise<object> | object, string]>([
    [
      "an account",
      () => ({ principal: account(NOBODY) }),
      () => ({ principal: account(stranger.id) }),
      "/principal/serviceAccount not_found",
    ],
    [
      "an account by its e-mail",
      () => ({ principal: account("nobody-0000000@sa.countersign.internal") }),
      () => ({ principal: account(stranger.email) }),
      "/principal/serviceAccount not_found",
    ],
    ["a role", () => ({ role: NOBODY }), async () => ({ role: (await theirRole()).id }), "/role not_found"],
    [
      "a role by its name",
      () => ({ role: "no-such" }),
      async () => ({ role: (await theirRole()).name }),
      "/role not_found",
    ],
    [
      "an account as its resource",
      () => ({ resource: account(NOBODY) }),
      () => ({ resource: account(stranger.name) }),
      "/resource/serviceAccount not_found",
    ],
    ["an API", () => onApi(NOBODY), () => onApi(theirs.id), "/resource/resourceServer not_found"],
    [
      "an API by its audience",
      () => onApi("https://nobody.example"),
      () => onApi(theirs.audience),
      "/resource/resourceServer not_found",
    ],
  ])("%s; another project's is told of in the same words", async (_name, missing, foreign, error) => {
    const [first, second] = [await post(missing()), await post(await foreign())];
    expect(saidBy(first)).toEqual([400, "invalid_body", error]);
    const { requestId, ...rest } = first.body;
    expect({ ...second.body, requestId }).toEqual({ ...rest, requestId });
  });

  const theirRole = () => givenRole(service, other, ["projects:read"]);

  it("an identity provider", async () => {
    const principal = { type: "group", identityProvider: "no-such", name: "ops" };
    expect(saidBy(await post({ principal }))).toEqual([
      400,
      "invalid_body",
      "/principal/identityProvider not_found",
    ]);
  });

  it("all that is missing is told at once", async () => {
    const bad = { principal: account(NOBODY), role: "no-such", ...onApi(NOBODY), condition: {} };
    expect(saidBy(await post(bad))).toEqual([
      400,
      "invalid_body",
      "/principal/serviceAccount not_found",
      "/role not_found",
      "/resource/resourceServer not_found",
      "/condition empty",
    ]);
  });
});

describe("a path below an API", () => {
  it.each([
    "orders",
    "/",
    "/orders/",
    "//orders",
    "/a//b",
    "/.",
    "/a/..",
    "/a/../b",
    "/%6frders",
    "/a?b",
    "/a#b",
    "/a\\b",
    "/ä",
    "/a b",
    "/*",
    `/${"a".repeat(511)}${"b"}`,
  ])("is not %j", async (path) => {
    const resource = { type: "resource_server", resourceServer: api.id, path };
    const [status, code, error] = saidBy(await post({ resource }));
    expect([status, code]).toEqual([400, "invalid_body"]);
    expect(error).toMatch(/^\/resource\/path /);
  });
});

describe("a condition that can never hold, or means nothing, is refused", () => {
  const schedule = (more: object = {}) => ({
    schedule: { weekdays: ["monday"], from: "08:00", until: "17:00", timeZone: "Europe/Berlin", ...more },
  });
  /** A Tuesday and the day after, far ahead. */
  const [tuesday, wednesday] = ["2030-01-01T00:00:00Z", "2030-01-02T00:00:00Z"];
  it.each<readonly [string, object, readonly string[]]>([
    ["that says nothing", {}, ["/condition empty"]],
    ["whose time is over", { notAfter: "2020-01-01T00:00:00Z" }, ["/condition never_holds"]],
    ["that ends before it begins", { notBefore: wednesday, notAfter: tuesday }, ["/condition never_holds"]],
    ["that ends as it begins", { notBefore: tuesday, notAfter: tuesday }, ["/condition never_holds"]],
    [
      "whose weekday is not in its days",
      { notBefore: tuesday, notAfter: wednesday, ...schedule() },
      ["/condition never_holds"],
    ],
    [
      "whose hours are not in its days",
      {
        notBefore: "2030-01-01T12:00:00Z",
        notAfter: "2030-01-01T13:00:00Z",
        ...schedule({ weekdays: ["tuesday"], until: "12:30" }),
      },
      ["/condition never_holds"],
    ],
    ["whose hours are none", schedule({ until: "08:00" }), ["/condition/schedule never_holds"]],
    ["that begins with the day's end", schedule({ from: "24:00" }), ["/condition/schedule never_holds"]],
    [
      "with a weekday twice",
      schedule({ weekdays: ["monday", "monday"] }),
      ["/condition/schedule/weekdays duplicate"],
    ],
    [
      "in no zone",
      schedule({ timeZone: "Europe/Nowhere" }),
      ["/condition/schedule/timeZone unknown_time_zone"],
    ],
    [
      "in a zone by its offset",
      schedule({ timeZone: "+02:00" }),
      ["/condition/schedule/timeZone unknown_time_zone"],
    ],
    [
      "with ranges that are none",
      {
        ipRanges: [
          "203.0.113.0/24",
          "203.0.113.1/24",
          "300.0.0.1",
          "10.0.0.0/33",
          "::/129",
          "localhost",
          "10.1/8",
        ],
      },
      [1, 2, 3, 4, 5, 6].map((index) => `/condition/ipRanges/${index} invalid_cidr`),
    ],
    ["with a range twice", { ipRanges: ["10.0.0.0/8", "10.0.0.0/8"] }, ["/condition/ipRanges/1 duplicate"]],
  ])("one %s", async (_name, condition, errors) => {
    const refused = [400, "invalid_body", ...errors];
    expect(saidBy(await post({ condition }))).toEqual(refused);
    const { path } = await bind(service, home, holder, "viewer");
    // A patch that says nothing changes nothing.
    const change = Object.keys(condition).length === 0 ? { notAfter: "2020-01-01T00:00:00Z" } : condition;
    const told =
      Object.keys(condition).length === 0 ? [400, "invalid_body", "/condition never_holds"] : refused;
    expect(saidBy(await service.call("PATCH", path, { condition: change }))).toEqual(told);
    expect((await service.call("GET", path)).body.condition).toBeNull();
  });

  it.each<readonly [string, object]>([
    [
      "one whose weekday is the one day of its span",
      { notBefore: tuesday, notAfter: wednesday, ...schedule({ weekdays: ["tuesday"] }) },
    ],
    [
      "hours that reach over midnight into its one day",
      { notBefore: tuesday, notAfter: wednesday, ...schedule({ from: "22:00", until: "06:00" }) },
    ],
    ["a whole day", schedule({ from: "00:00", until: "24:00" })],
    ["every address", { ipRanges: ["0.0.0.0/0", "::/0"] }],
  ])("but not %s", async (_name, condition) => {
    expect((await post({ condition })).status).toBe(201);
  });
});

describe("a shape that is not ours", () => {
  const person = (more: object) => ({ principal: { type: "person", identityProvider: "a", ...more } });
  const workloads = (more: object) => ({
    principal: {
      type: "workloads",
      issuer: "https://ci.example.com",
      assertions: [{ item: "sub", operator: "equals", value: "a" }],
      ...more,
    },
  });
  it.each<readonly [string, object, string]>([
    ["no principal", { principal: undefined }, "/principal"],
    ["a principal of everybody", { principal: { type: "everyone" } }, "/principal"],
    [
      "an account and more",
      { principal: { type: "service_account", serviceAccount: "a", email: "b" } },
      "/principal",
    ],
    [
      "a person twice named",
      { principal: { type: "person", identityProvider: "a", subject: "a", email: "a@b" } },
      "/principal",
    ],
    ["a person of half a letter", person({ subject: "\ud800x" }), "/principal"],
    ["a person that NUL would cut short", person({ subject: "ada\u0000x" }), "/principal"],
    ["an e-mail that NUL would cut short", person({ email: "ada@example.com\u0000x" }), "/principal"],
    ["an empty group", { principal: { type: "group", identityProvider: "a", name: "" } }, "/principal"],
    ["no role", { role: undefined }, "/role"],
    ["an empty role", { role: "" }, "/role"],
    [
      "a path on an account",
      { resource: { type: "service_account", serviceAccount: "a", path: "/a" } },
      "/resource",
    ],
    ["a resource of all", { resource: { type: "service" } }, "/resource"],
    ["an effect of its own", { effect: "maybe" }, "/effect"],
    ["a condition member more", { condition: { mfa: true } }, "/condition"],
    ["a condition that is null", { condition: null }, "/condition"],
    [
      "an hour past the day",
      { condition: { schedule: { weekdays: ["monday"], from: "08:00", until: "24:30", timeZone: "UTC" } } },
      "/condition/schedule/until",
    ],
    [
      "a weekday of its own",
      { condition: { schedule: { weekdays: ["mon"], from: "08:00", until: "09:00", timeZone: "UTC" } } },
      "/condition/schedule/weekdays/0",
    ],
    ["a member more", { project: "x" }, "/project"],
    ["workloads without assertions", workloads({ assertions: [] }), "/principal"],
    ["workloads of a plain issuer", workloads({ issuer: "ftp://ci.example.com" }), "/principal"],
  ])("%s", async (_name, more, pointer) => {
    const answer = await post(more);
    expect([answer.status, answer.body.code]).toEqual([400, "invalid_body"]);
    expect(answer.body.errors[0].pointer.startsWith(pointer), answer.body.errors[0].pointer).toBe(true);
  });

  const assertion = (item: string, value = "x") => ({ item, operator: "equals", value });
  it.each<readonly [string, object, string]>([
    [
      "that all jobs of the issuer are",
      { assertions: [assertion("aud")] },
      "/assertions no_identity_assertion",
    ],
    ["with a wildcard", { assertions: [assertion("sub", "repo:*")] }, "/assertions/0/value wildcard"],
    [
      "that nothing can be",
      { assertions: [assertion("sub"), assertion("/sub", "y")] },
      "/assertions/1 contradiction",
    ],
    ["of ourselves", { issuer: service.url }, "/issuer issuer_not_allowed"],
  ])("workloads %s are refused, as a trust in them is", async (_name, more, error) => {
    expect(saidBy(await post(workloads(more)))).toEqual([400, "invalid_body", `/principal${error}`]);
  });
});
