import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { introspect } from "./credentials.ts";
import { type Answer, exchangeOf, issuer, startService } from "./harness.ts";
import {
  bind,
  type Caller,
  callsWith,
  exchangeBy,
  givenApi,
  givenCaller,
  givenRole,
  givenRoleHome,
  type RoleHome,
} from "./role_kit.ts";
import { freshName, givenHolder, givenTrustIn, tokenByKey } from "./token_holders.ts";

/** What a token may do at an API, and at ourselves: what its account's bindings give, cut down to what was asked for. */

const service = startService();
let home: RoleHome;
let api: Awaited<ReturnType<typeof givenApi>>;
let writer: Awaited<ReturnType<typeof givenRole>>;
let reader: Awaited<ReturnType<typeof givenRole>>;
beforeAll(async () => {
  home = await givenRoleHome(service);
  api = await givenApi(service, home);
  writer = await givenRole(service, home, ["orders:write"]);
  reader = await givenRole(service, home, ["orders:read"]);
});

const on = (resourceServer: string, path = "") => ({
  resource: { type: "resource_server", resourceServer, path },
});
/** Scope and audience of a token, or the error and why the record says that there is none. */
async function got(answer: Answer, where: RoleHome = home): Promise<readonly unknown[]> {
  if (answer.status === 200) {
    const { scope = "", aud } = decodeJwt(answer.body.access_token);
    expect(answer.body.scope).toBe(scope);
    return [scope, aud];
  }
  expect(answer.status).toBe(400);
  const { body } = await service.call("GET", `${where.path}/audit-events?pageSize=1&outcome=refused`);
  return [answer.body.error, body.items[0].reason];
}
const NO_SCOPE = ["invalid_scope", "scope_not_granted"];
const NO_TARGET = ["invalid_target", "target_not_allowed"];

describe("a token for an API that registered permissions", () => {
  const BOTH = "orders:read orders:write";
  type Rights = (caller: Caller) => Promise<unknown>;
  const all: Rights = (caller) => bind(service, home, caller, "editor");
  const reads: Rights = (caller) => bind(service, home, caller, reader.id, on(api.id));
  const below: Rights = (caller) => bind(service, home, caller, writer.id, on(api.id, "/orders/eu"));
  const deniedBelow: Rights = async (caller) => {
    await all(caller);
    await bind(service, home, caller, writer.id, { effect: "deny", ...on(api.id, "/orders/eu") });
  };
  it.each<readonly [string, Rights, Record<string, string>, readonly unknown[]]>([
    ["has all that is granted there, without scope", all, {}, [BOTH, ""]],
    ["has what is asked for", all, { scope: "orders:write" }, ["orders:write", ""]],
    [
      "has it once, in the order asked for",
      all,
      { scope: "orders:write orders:read orders:write" },
      ["orders:write orders:read", ""],
    ],
    ["has what one binding on it grants", reads, {}, ["orders:read", ""]],
    ["is refused where one of the scope is not granted", reads, { scope: BOTH }, NO_SCOPE],
    ["is refused a permission that the API does not know", all, { scope: "orders:delete" }, NO_SCOPE],
    ["is refused one of ours", all, { scope: "projects:read" }, NO_SCOPE],
    ["is refused where nothing is granted", async () => undefined, {}, NO_TARGET],
    ["is refused where only a part is", below, {}, NO_TARGET],
    ["is for that part when asked", below, { resource: "/orders/eu" }, ["orders:write", "/orders/eu"]],
    ["and for what lies below it", below, { resource: "/orders/eu/42" }, ["orders:write", "/orders/eu/42"]],
    ["but not beside it", below, { resource: "/orders/europe" }, NO_TARGET],
    ["nor above it", below, { resource: "/orders" }, NO_TARGET],
    ["nor over dots", below, { resource: "/orders/eu/../us" }, NO_TARGET],
    ["is not for the whole where a part is denied", deniedBelow, { scope: "orders:write" }, NO_SCOPE],
    ["loses there what is denied below", deniedBelow, {}, ["orders:read", ""]],
    ["loses it on the way there", deniedBelow, { resource: "/orders" }, ["orders:read", "/orders"]],
    ["and there", deniedBelow, { resource: "/orders/eu/42" }, ["orders:read", "/orders/eu/42"]],
    ["but not beside it", deniedBelow, { resource: "/stock" }, [BOTH, "/stock"]],
  ])("%s", async (_name, give, { resource, ...asked }, [first, second]) => {
    const caller = await givenCaller(service, home);
    await give(caller);
    const target =
      resource === undefined ? { audience: api.audience } : { resource: api.audience + resource };
    const isGranted = !String(first).startsWith("invalid");
    const answer = await got(await exchangeBy(service, caller, { ...target, ...asked }));
    expect(answer).toEqual([first, isGranted ? `${api.audience}${second}` : second]);
  });

  it("allowedAudiences give nothing there, though the account has them", async () => {
    const caller = await givenCaller(service, home);
    await service.call("PATCH", caller.path, { allowedAudiences: [api.audience, "https://plain.example"] });
    expect(await got(await exchangeBy(service, caller, { audience: api.audience }))).toEqual(NO_TARGET);
    const plain = { audience: "https://plain.example" };
    expect(await got(await exchangeBy(service, caller, plain))).toEqual(["", plain.audience]);
  });

  it("is not another project's, whose audience reads alike", async () => {
    const other = await givenRoleHome(service);
    const theirs = await givenApi(service, other);
    const caller = await givenCaller(service, home, "owner");
    expect(await got(await exchangeBy(service, caller, { audience: theirs.audience }))).toEqual(NO_TARGET);
  });

  it("is told of to its API, with the part that it is for", async () => {
    const asker = await givenCaller(service, home);
    const asked = await givenApi(service, home, { serviceAccount: asker.id });
    const caller = await givenCaller(service, home, "editor");
    const aud = `${asked.audience}/orders/eu`;
    const { access_token: token } = (await exchangeBy(service, caller, { resource: aud })).body;
    const bearer = (await exchangeBy(service, asker)).body.access_token;
    expect(await introspect(service, token, bearer)).toMatchObject({ active: true, aud, scope: BOTH });
    const stranger = (await exchangeBy(service, await givenCaller(service, home))).body.access_token;
    expect(await introspect(service, token, stranger)).toEqual({ active: false });
  });

  it("of two APIs, one below the other, is for the longer one", async () => {
    const inner = await givenApi(service, home, {
      audience: `${api.audience}/inner`,
      permissions: [{ name: "inner:read", description: "x" }],
    });
    const caller = await givenCaller(service, home, "editor");
    const answer = await exchangeBy(service, caller, { resource: `${inner.audience}/a` });
    expect(await got(answer)).toEqual(["inner:read", `${inner.audience}/a`]);
  });
});

describe("a token lives and is signed as its API says", () => {
  it("for its tokenLifetime, by its algorithm, and verifies by our key set", async () => {
    const rsa = await givenApi(service, home, { tokenLifetime: 300, signingAlgorithm: "RS256" });
    const caller = await givenCaller(service, home, "editor");
    const { body } = await exchangeBy(service, caller, { audience: rsa.audience });
    expect(body.expires_in).toBe(300);
    expect(decodeProtectedHeader(body.access_token).alg).toBe("RS256");
    const jwks = await (await service.fetch("/.well-known/jwks.json")).json();
    const options = { issuer: service.url, audience: rsa.audience, typ: "at+jwt" };
    const { payload } = await jwtVerify(body.access_token, createLocalJWKSet(jwks as never), options);
    expect(Number(payload.exp) - Number(payload.iat)).toBe(300);
    const { body: own } = await exchangeBy(service, caller);
    expect(decodeProtectedHeader(own.access_token).alg, "ours as ever").toBe("ES256");
  });

  /** A Monday. */
  const NOW = "2027-03-01T10:50:30Z";
  const hours = (more: object) => ({
    schedule: { weekdays: ["monday"], from: "08:00", until: "11:00", timeZone: "UTC", ...more },
  });
  it.each<readonly [string, readonly Record<string, unknown>[], number | undefined]>([
    ["with no condition for an hour", [{}], 3600],
    ["until a condition's end", [{ condition: { notAfter: "2027-03-01T10:52:30Z" } }], 120],
    ["until the end of its hours", [{ condition: hours({}) }], 570],
    ["by the clock of its zone", [{ condition: hours({ timeZone: "Europe/Berlin", until: "12:00" }) }], 570],
    [
      "until the last of two conditions' ends",
      [{ condition: { notAfter: "2027-03-01T10:52:30Z" } }, { condition: hours({}) }],
      570,
    ],
    [
      "until a denial begins",
      [{}, { effect: "deny", condition: { notBefore: "2027-03-01T11:00:30Z" } }],
      600,
    ],
    ["not before it begins", [{ condition: { notBefore: "2027-03-01T10:50:31Z" } }], undefined],
    ["not outside its hours", [{ condition: hours({ until: "10:50" }) }], undefined],
    ["not on another weekday", [{ condition: hours({ weekdays: ["tuesday"] }) }], undefined],
  ])("%s", async (_name, bindings, seconds) => {
    const then = startService({ nowMs: () => Date.parse(NOW) });
    const mine = await givenRoleHome(then);
    const there = await givenApi(then, mine);
    const caller = await givenCaller(then, mine);
    const role = await givenRole(then, mine, ["orders:read"]);
    for (const more of bindings) await bind(then, mine, caller, role.id, more);
    const { body } = await exchangeBy(then, caller, { audience: there.audience });
    expect(body.expires_in, JSON.stringify(body)).toBe(seconds);
  });

  it("is got from where a condition says, and known to come from there", async () => {
    const caller = await givenCaller(service, home);
    await bind(service, home, caller, reader.id, { condition: { ipRanges: ["203.0.113.0/24"] } });
    const from = async (ip?: string) => {
      const body = new URLSearchParams(exchangeOf(caller.token, caller.id, { audience: api.audience }));
      const headers = ip === undefined ? {} : { "cf-connecting-ip": ip };
      return (await service.fetch("/oauth/v2/token", { method: "POST", body, headers })).status;
    };
    expect([
      await from("203.0.113.9"),
      await from("::ffff:203.0.113.9"),
      await from("203.0.114.9"),
      await from(),
    ]).toEqual([200, 200, 400, 400]);
  });
});

describe("what workloads are bound to", () => {
  const job = (name: unknown) => issuer.token({ sub: "job", team: "shop", job: name }, service.url);
  const principalOf = (name: string) => ({
    type: "workloads",
    issuer: issuer.url,
    assertions: [{ item: "job", operator: "equals", value: name }],
  });

  /** An account that trusts the CI, whose keys are its own to publish. */
  async function givenTrusting() {
    const holder = await givenHolder(service, home);
    const assertions = [{ item: "team", operator: "equals", value: "shop" }];
    const trust = { name: "ci", issuer: issuer.url, assertions };
    await service.call("POST", `${holder.path}/federated-identity-providers`, trust);
    return holder;
  }

  it("is only the token's whose claims meet the binding, on its API", async () => {
    const holder = await givenTrusting();
    await bind(service, home, holder, writer.id, { principal: principalOf("deploy"), ...on(api.id) });
    const exchanged = async (token: string) =>
      got(await service.exchange(exchangeOf(token, holder.email, { audience: api.audience })));
    expect(await exchanged(await job("deploy"))).toEqual(["orders:write", api.audience]);
    for (const other of ["test", "Deploy", ["test"], null])
      expect(await exchanged(await job(other))).toEqual(NO_TARGET);
    await expect(tokenByKey(service, holder, { audience: api.audience })).rejects.toThrow("invalid_target");
  });

  it("is at ourselves the token's too, as long as the binding is there", async () => {
    const holder = await givenTrusting();
    const { path } = await bind(service, home, holder, "viewer", { principal: principalOf("audit") });
    const tokenOf = async (name: string) =>
      (await service.exchange(exchangeOf(await job(name), holder.email))).body.access_token;
    const [audit, deploy] = [await tokenOf("audit"), await tokenOf("deploy")];
    const status = async (token: string) => (await callsWith(service, token).call("GET", home.roles)).status;
    expect([await status(audit), await status(deploy)]).toEqual([200, 403]);
    await service.call("DELETE", path);
    expect(await status(audit)).toBe(403);
  });

  it("is not of a like token of another issuer, nor of one by keys that were uploaded", async () => {
    const holder = await givenHolder(service, home);
    const { stranger } = await givenTrustIn(service, holder);
    for (const name of [issuer.url, stranger.issuer]) {
      const principal = { ...principalOf("deploy"), issuer: name };
      await bind(service, home, holder, writer.id, { principal, ...on(api.id) });
    }
    const token = await stranger.sign({ job: "deploy" });
    const form = exchangeOf(token, holder.email, { audience: api.audience });
    expect(await got(await service.exchange(form))).toEqual(NO_TARGET);
  });
});

describe("a token for ourselves", () => {
  it("says in its scope what is granted, and nothing where nothing is", async () => {
    const role = await givenRole(service, home, ["projects:read", "roles:read", "orders:read"]);
    const caller = await givenCaller(service, home);
    expect(await got(await exchangeBy(service, caller))).toEqual(["", service.url]);
    await bind(service, home, caller, role.id);
    expect(await got(await exchangeBy(service, caller))).toEqual(["projects:read roles:read", service.url]);
    const account = { resource: { type: "service_account", serviceAccount: caller.id } };
    await bind(service, home, caller, "service-account-admin", account);
    const [scope] = await got(await exchangeBy(service, caller));
    expect(String(scope).split(" "), "where it is granted on one account").toContain(
      "service-accounts:delete",
    );
  });

  it("carries what is granted on one API of ours alone, as a project token does", async () => {
    const caller = await givenCaller(service, home);
    await bind(service, home, caller, "viewer", on(api.id));
    const { body } = await exchangeBy(service, caller);
    expect(body.scope.split(" ")).toContain("resource-servers:read");
    for (const { call } of [caller, callsWith(service, body.access_token)]) {
      expect([(await call("GET", api.path)).status, (await call("GET", home.apis)).status]).toEqual([
        200, 403,
      ]);
    }
  });

  it("with scope=projects:read can do that, and nothing else", async () => {
    const owner = await givenCaller(service, home, "owner");
    const { body } = await exchangeBy(service, owner, { scope: "projects:read" });
    expect(body.scope).toBe("projects:read");
    const { call } = callsWith(service, body.access_token);
    expect((await call("GET", home.path)).status).toBe(200);
    for (const [method, path, input, permission] of [
      ["GET", home.roles, undefined, "roles:read"],
      ["PATCH", home.path, { displayName: "x" }, "projects:update"],
      ["POST", home.accounts, { name: freshName() }, "service-accounts:create"],
    ] as const) {
      const answer = await call(method, path, input);
      expect([answer.status, answer.body.code]).toEqual([403, "permission_denied"]);
      expect(answer.body.detail).toContain(`The token's scope leaves out ${permission}`);
    }
  });

  it.each(["projects:create", "orders:read", "*", "openid"])("is refused with scope=%s", async (scope) => {
    const owner = await givenCaller(service, home, "owner");
    expect(await got(await exchangeBy(service, owner, { scope }))).toEqual(NO_SCOPE);
  });
});
