import { describe, expect, it } from "vitest";
import type { Context } from "../../../src/deps.ts";
import { grantTarget, type Rights } from "../../../src/grants/target.ts";
import type { BindingCondition, HeldBinding } from "../../../src/protocol/index.ts";
import {
  authorize,
  decide,
  explain,
  givenOf,
  givenUntil,
  grantedSomewhere,
  type Place,
  weigh,
} from "../../../src/rbac/index.ts";
import { heldBinding } from "../held_binding.ts";
import { NOON } from "./universe.ts";

const HERE = { now: NOON, ip: "192.0.2.1" };
const PLACE: Place = { projectId: "p1", serviceAccountId: "s1" };
const ASKED = "access-tokens:create";

const held = (members: Partial<HeldBinding> = {}) => heldBinding({ permissions: [ASKED], ...members });

/** With a condition that counts how often it is looked at. */
function watched(members: Partial<HeldBinding> = {}, condition: BindingCondition | null = null) {
  const seen = { times: 0 };
  const binding = Object.defineProperty(held(members), "condition", {
    get() {
      seen.times += 1;
      return condition;
    },
  });
  return { binding, seen };
}

/** Whoever reads what ranges these are, fails. */
const UNREADABLE = new Proxy<string[]>([], {
  get() {
    throw new Error("the ranges were read");
  },
});

const ACCOUNT = { type: "service_account", id: "s2", path: "" } as const;
const API = { type: "resource_server", id: "s1", path: "" } as const;

const BESIDE: readonly (readonly [name: string, members: Partial<HeldBinding>])[] = [
  ["of another project", { projectId: "p2", resource: { type: "project", id: "p2", path: "" } }],
  ["of another project, on this account", { projectId: "p2", resource: { ...ACCOUNT, id: "s1" } }],
  ["of another account", { resource: ACCOUNT }],
  ["of an API", { resource: API }],
  ["of another permission", { permissions: ["projects:read", "*"] }],
];

describe("a condition is never looked at", () => {
  it.each(BESIDE)("%s", (_name, members) => {
    const { binding, seen } = watched(members);
    const deny = watched({ ...members, effect: "deny" });
    const all = [binding, deny.binding, held({ condition: { notAfter: NOON + 60 } })];
    expect(decide(weigh(all, HERE), ASKED, PLACE)).toEqual({ allowed: true, by: "b1" });
    expect(givenUntil(all, HERE, { permissions: [ASKED], place: PLACE, horizon: NOON + 3600 })).toBe(
      NOON + 60,
    );
    expect(explain(all.slice(0, 2), ASKED, PLACE, HERE)).toContain("no binding gives");
    expect([seen.times, deny.seen.times]).toEqual([0, 0]);
  });

  it("of what is one of hundreds that strangers bound, however many rows are asked about", () => {
    const strangers = Array.from({ length: 300 }, (_, index) =>
      watched({ projectId: `p${index + 2}`, resource: { type: "project", id: `p${index + 2}`, path: "" } }),
    );
    const own = watched({ permissions: ["service-accounts:read"] }, { ipRanges: ["192.0.2.0/24"] });
    const bindings = [...strangers.map(({ binding }) => binding), own.binding];
    const context = {
      actor: { type: "person", bindings, scope: null },
      deps: { nowMs: () => NOON * 1000 },
      request: { ip: HERE.ip },
    } as unknown as Context;
    for (let row = 0; row < 60; row++) {
      const place = { projectId: "p1", serviceAccountId: `s${row}` };
      expect(authorize(context, "service-accounts:read", place).ok).toBe(true);
    }
    expect(strangers.reduce((sum, { seen }) => sum + seen.times, 0)).toBe(0);
    expect(own.seen.times).toBe(1);
  });

  it("of an allow, where another one gave it already", () => {
    const more = watched();
    expect(decide(weigh([held(), more.binding], HERE), ASKED, PLACE).allowed).toBe(true);
    expect(givenOf(weigh([held(), more.binding], HERE), [ASKED], PLACE)).toEqual(new Set([ASKED]));
    expect(grantedSomewhere(weigh([held(), more.binding], HERE))).toEqual(new Set([ASKED]));
    expect(more.seen.times).toBe(0);
  });

  it("of another project or permission, for a token for an API", () => {
    const audience = "https://api.example.com";
    const api = { id: "a1", audience, permissions: [{ name: "orders:read", description: "" }] };
    const beside = [
      watched(),
      watched({ projectId: "p2", permissions: ["orders:read"], resource: { ...API, id: "a1" } }),
    ];
    const rights = {
      issuerUrl: "https://sts.example.com",
      anchor: { account: { projectId: "p1", allowedAudiences: [] }, api },
      bindings: [...beside.map(({ binding }) => binding), held({ permissions: ["orders:read"] })],
      circumstances: HERE,
    } as unknown as Rights;
    expect(grantTarget(rights, { targets: [audience], scope: [] }).ok).toBe(true);
    expect(beside.map(({ seen }) => seen.times)).toEqual([0, 0]);
  });

  it("where it is for addresses, once its time says no", () => {
    for (const time of [{ notAfter: NOON }, { notBefore: NOON + 1 }]) {
      const bindings = [held({ condition: { ...time, ipRanges: UNREADABLE } })];
      expect(decide(weigh(bindings, HERE), ASKED, PLACE)).toEqual({ allowed: false });
    }
    const late = [held({ condition: { notAfter: NOON + 1, ipRanges: UNREADABLE } })];
    expect(() => decide(weigh(late, HERE), ASKED, PLACE)).toThrow("were read");
  });
});

describe("what is found out about a condition", () => {
  const until = { notAfter: NOON + 1, ipRanges: ["192.0.2.1"] };

  it("is kept for the same bindings, now and address", () => {
    const { binding, seen } = watched({}, until);
    const bindings = [binding];
    for (const asked of [ASKED, ASKED]) {
      expect(decide(weigh(bindings, { ...HERE }), asked, PLACE).allowed).toBe(true);
    }
    expect(seen.times).toBe(1);
  });

  it.each<readonly [name: string, when: { readonly now: number; readonly ip: string | null }]>([
    ["a second later", { ...HERE, now: NOON + 1 }],
    ["from elsewhere", { ...HERE, ip: "192.0.2.2" }],
    ["from where nobody tells", { ...HERE, ip: null }],
  ])("is not kept %s", (_name, when) => {
    const bindings = [held({ condition: until })];
    const isAllowed = (at: typeof when) => decide(weigh(bindings, at), ASKED, PLACE).allowed;
    expect([isAllowed(HERE), isAllowed(when), isAllowed(HERE)]).toEqual([true, false, true]);
  });
});
