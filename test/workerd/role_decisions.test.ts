import { env } from "cloudflare:workers";
import { decodeJwt } from "jose";
import { beforeEach, describe, expect, it } from "vitest";
import { type Service, startService } from "./harness.ts";
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
  type RoleHome,
} from "./role_kit.ts";
import { givenHome } from "./token_holders.ts";

/** Each call is decided from what is bound when it comes; a token is not got by what was bound before. */

const service = startService();

interface Ground {
  readonly home: RoleHome;
  readonly caller: Caller;
  readonly role: Awaited<ReturnType<typeof givenRole>>;
  readonly api: Awaited<ReturnType<typeof givenApi>>;
  readonly binding: GivenBinding;
}

let ground: Ground;
beforeEach(async () => {
  const home = await givenRoleHome(service);
  const api = await givenApi(service, home);
  const caller = await givenCaller(service, home);
  const role = await givenRole(service, home, ["projects:read", "orders:read"]);
  ground = { home, api, caller, role, binding: await bind(service, home, caller, role.id) };
});

type Step = (ground: Ground) => Promise<unknown>;
const PAST = { notAfter: new Date(Date.now() + 400_000).toISOString() };

/** Each takes the caller's right away. */
const TAKEN: readonly (readonly [string, Step])[] = [
  ["its binding is deleted", ({ binding }) => service.call("DELETE", binding.path)],
  [
    "its binding is bound to a place that the call does not come from",
    ({ binding }) => service.call("PATCH", binding.path, { condition: { ipRanges: ["203.0.113.0/24"] } }),
  ],
  [
    "its binding is to begin later",
    ({ binding }) =>
      service.call("PATCH", binding.path, { condition: { notBefore: "2098-01-01T00:00:00Z" } }),
  ],
  ["it is denied", ({ home, caller, role }) => bind(service, home, caller, role.id, { effect: "deny" })],
  [
    "it is denied to whoever comes from an address, and nobody knows from where it comes",
    ({ home, caller, role }) =>
      bind(service, home, caller, role.id, { effect: "deny", condition: { ipRanges: ["203.0.113.0/24"] } }),
  ],
  ["the role changes", ({ role }) => service.call("PATCH", role.path, { permissions: ["roles:read"] })],
  ["the role goes with its bindings", ({ role }) => service.call("DELETE", `${role.path}?cascade=true`)],
];

describe("a right that is taken away is gone at the next call", () => {
  it.each(TAKEN)("when %s", async (_name, take) => {
    const { home, caller, api } = ground;
    const { body } = await exchangeBy(service, caller);
    const bearers = { "project token": caller, "access token": callsWith(service, body.access_token) };
    for (const [name, { call }] of Object.entries(bearers)) {
      expect((await call("GET", home.path)).status, name).toBe(200);
    }
    expect((await exchangeBy(service, caller, { audience: api.audience })).status).toBe(200);
    await take(ground);
    for (const [name, { call }] of Object.entries(bearers)) {
      expect((await call("GET", home.path)).body.code, name).toBe("permission_denied");
    }
    const refused = await exchangeBy(service, caller, { audience: api.audience });
    expect([refused.status, refused.body.error]).toEqual([400, "invalid_target"]);
  });

  it("when its time is over, by the clock alone", async () => {
    const { home, caller, binding } = ground;
    await service.call("PATCH", binding.path, { condition: PAST });
    const later = startService({ nowMs: () => Date.now() + 401_000 });
    const at = (one: Service) => callsWith(one, caller.token).call("GET", home.path);
    expect([(await at(service)).status, (await at(later)).status]).toEqual([200, 403]);
  });

  it("and one that is given is there, but not by a token that was cut down before", async () => {
    const { home, caller } = ground;
    const { body } = await exchangeBy(service, caller);
    const before = callsWith(service, body.access_token);
    const statuses = async () => [
      (await caller.call("GET", home.roles)).status,
      (await before.call("GET", home.roles)).status,
    ];
    expect(await statuses()).toEqual([403, 403]);
    await bind(service, home, caller, "viewer");
    expect(await statuses()).toEqual([200, 403]);
  });
});

describe("an exchange, between whose decision and record rights change", () => {
  /** The exchange's second batch is the one that writes; each further round reads and writes once more. */
  const disturbed = (disturb: () => Promise<unknown>, rounds = 1): Service => {
    let batches = 0;
    const batch: D1Database["batch"] = async (statements) => {
      batches += 1;
      if (batches % 2 === 0 && batches <= rounds * 2) await disturb();
      return env.DB.batch(statements);
    };
    return startService({}, { DB: { prepare: (query: string) => env.DB.prepare(query), batch } });
  };
  const grantedTo = async ({ home }: Ground) => {
    const query = "pageSize=1&outcome=granted&action=access_token.exchange";
    return (await service.call("GET", `${home.path}/audit-events?${query}`)).body.items.length;
  };

  it.each<readonly [string, Step]>([
    ...TAKEN,
    ["the API ends", ({ api }) => service.call("DELETE", `${api.path}?cascade=true`)],
    [
      "the API knows the permission no more",
      ({ api }) => service.call("PATCH", api.path, { permissions: [] }),
    ],
    [
      "the API is named otherwise",
      ({ api }) => service.call("PATCH", api.path, { audience: `${api.audience}/v2` }),
    ],
  ])("gets no token when %s", async (_name, take) => {
    await exchangeBy(service, ground.caller, { scope: "projects:read" });
    const before = await env.DB.prepare("SELECT count(*) AS n FROM access_token").first("n");
    const between = disturbed(() => take(ground));
    const { status, body } = await exchangeBy(between, ground.caller, { audience: ground.api.audience });
    expect([status, body.error]).toEqual([400, "invalid_target"]);
    expect(await env.DB.prepare("SELECT count(*) AS n FROM access_token").first("n")).toBe(before);
  });

  it("gets one that says what is granted now, when one more was given", async () => {
    const { home, caller, api } = ground;
    const between = disturbed(async () => {
      const { id } = await givenRole(service, home, ["orders:write"]);
      await bind(service, home, caller, id);
    });
    const { body } = await exchangeBy(between, caller, { audience: api.audience });
    expect(decodeJwt(body.access_token).scope).toBe("orders:read orders:write");
    expect(await grantedTo(ground)).toBe(1);
  });

  it("gets one as before, when another account's rights change; and is told to try again, when they never rest", async () => {
    const { home, caller, api } = ground;
    const other = await givenCaller(service, home);
    const change = () => bind(service, home, other, "viewer");
    const asked = { audience: api.audience };
    expect((await exchangeBy(disturbed(change, 2), caller, asked)).status).toBe(200);
    const restless = await exchangeBy(disturbed(change, 9), caller, asked);
    expect([restless.status, restless.body.error]).toEqual([503, "temporarily_unavailable"]);
  });
});

describe("what a caller with roles sees of projects", () => {
  it("is those that he may read now, and those alone", async () => {
    const { home, caller, binding } = ground;
    const stranger = await givenHome(service);
    const names = async () =>
      ((await caller.call("GET", "/v1/projects?pageSize=200")).body.items ?? []).map(
        ({ name }: { name: string }) => name,
      );
    expect(await names()).toEqual([home.name]);
    expect((await caller.call("GET", stranger.path)).status).toBe(404);
    await service.call("DELETE", binding.path);
    expect(await names()).toEqual([]);
  });

  it("an owner's account, but nothing by which it would outlast its own end", async () => {
    const { home, caller } = ground;
    await bind(service, home, caller, "owner");
    expect((await caller.call("GET", caller.path)).status).toBe(200);
    for (const [method, path, body] of [
      ["PATCH", caller.path, { expiresAt: null }],
      ["POST", `${caller.path}/keys`, { algorithm: "ED25519" }],
      ["POST", `${caller.path}/project-tokens`, { name: "more" }],
    ] as const) {
      expect((await caller.call(method, path, body)).status, path).toBe(404);
    }
  });
});
