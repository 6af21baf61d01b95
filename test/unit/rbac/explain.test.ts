import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BindingCondition, BindingResource, HeldBinding } from "../../../src/protocol/index.ts";
import { decide, explain, type Place, weigh } from "../../../src/rbac/index.ts";
import { heldBinding } from "../held_binding.ts";
import {
  bars,
  bindings,
  circumstances,
  holdsPlainly,
  isWithin,
  NOON,
  permission,
  place,
  stepsOf,
} from "./universe.ts";

const HERE = { now: NOON, ip: "192.0.2.1" };
const ORDERS: Place = { projectId: "p1", resourceServerId: "a1", path: "/orders" };
const NOTHING = "no binding gives orders:read there";
const LATE: BindingCondition = { notBefore: NOON + 1 };

const api = (path: string, id = "a1"): BindingResource => ({ type: "resource_server", id, path });

const held = (id: string, members: Partial<HeldBinding> = {}) =>
  heldBinding({ id, resource: api(""), ...members });

const because = (...whys: readonly string[]) =>
  `orders:read is not given now, from there: ${whys
    .map((why) => why.replace(/ (.*)/, " would, but for its $1"))
    .map((why) => `binding ${why}`)
    .join("; ")}`;

const DENY = held("d1", { effect: "deny" });
type Case = readonly [name: string, bindings: readonly HeldBinding[], expected: string];

describe("why a permission is not given", () => {
  it.each<Case>([
    ["there is no binding", [], NOTHING],
    ["none has the permission", [held("b1", { permissions: ["orders:write"], condition: LATE })], NOTHING],
    ["none is on this API", [held("b1", { resource: api("", "a2"), condition: LATE })], NOTHING],
    ["none is of this project", [held("b1", { projectId: "p2", condition: LATE })], NOTHING],
    ["none reaches so wide", [held("b1", { resource: api("/orders/eu") })], NOTHING],
    [
      "a condition is beside the point there",
      [held("b1", { resource: api("/orders/eu"), condition: LATE })],
      NOTHING,
    ],
    ["one begins later", [held("b1", { condition: LATE })], because("b1 notBefore")],
    ["one has ended", [held("b1", { condition: { notAfter: NOON } })], because("b1 notAfter")],
    [
      "it is not one's hour",
      [
        held("b1", {
          condition: {
            notBefore: NOON,
            schedule: { weekdays: ["monday"], from: "00:00", until: "24:00", timeZone: "UTC" },
          },
        }),
      ],
      because("b1 schedule"),
    ],
    [
      "one is for other addresses",
      [held("b1", { condition: { ipRanges: ["::/0"] } })],
      because("b1 ipRanges"),
    ],
    [
      "one says what we do not know",
      [held("b1", { condition: { moonPhase: "full" } as BindingCondition })],
      because("b1 moonPhase"),
    ],
    [
      "two parts fail",
      [held("b1", { condition: { notAfter: NOON, ipRanges: ["::/0"] } })],
      because("b1 notAfter and ipRanges"),
    ],
    [
      "two bindings fail, and a third is elsewhere",
      [
        held("b1", { condition: LATE }),
        held("b2", { resource: api("/orders/eu"), condition: LATE }),
        held("b3", { resource: api("/orders"), condition: { notAfter: NOON } }),
      ],
      because("b1 notBefore", "b3 notAfter"),
    ],
    [
      "at most five of them are named",
      [1, 2, 3, 4, 5, 6].map((index) => held(`b${index}`, { condition: LATE })),
      because(...[1, 2, 3, 4, 5].map((index) => `b${index} notBefore`)),
    ],
    ["a deny wins over an allow", [held("b1"), DENY], "orders:read is denied by binding d1"],
    [
      "a deny on a part wins too",
      [held("b1"), held("d1", { effect: "deny", resource: api("/orders/eu") })],
      "orders:read is denied by binding d1",
    ],
    [
      "a deny is told before what else is missing",
      [held("b1", { condition: LATE }), DENY],
      "orders:read is denied by binding d1",
    ],
    [
      "a deny of another permission is not",
      [held("d1", { effect: "deny", permissions: ["orders:write"] })],
      NOTHING,
    ],
    ["a deny that does not hold is not", [held("d1", { effect: "deny", condition: LATE })], NOTHING],
  ])("%s", (_name, all, expected) => {
    expect(explain(all, "orders:read", ORDERS, HERE)).toBe(expected);
  });

  it("names just the deny that decided, or the allows that only their condition keeps away", () => {
    const told = { denied: 0, missed: 0, nothing: 0 };
    fc.assert(
      fc.property(bindings, permission, place, circumstances, (generated, asked, at, when) => {
        const all = generated.map((one, index) => ({ ...one, id: `b${index}!` }));
        if (decide(weigh(all, when), asked, at).allowed) return;
        const text = explain(all, asked, at, when);
        const named = all.filter(({ id }) => text.includes(`binding ${id}`)).map(({ id }) => id);
        const denies = all.filter((one) => bars(one, asked, at, when)).map(({ id }) => id);
        if (denies.length > 0) {
          told.denied += 1;
          expect([named.length, denies.includes(named[0] ?? "")]).toEqual([1, true]);
          return;
        }
        const missed = all.filter(
          (one) =>
            one.effect === "allow" &&
            holdsPlainly(one.condition, when) !== "yes" &&
            decide([{ binding: one, holds: "yes" }], asked, at).allowed,
        );
        told[missed.length === 0 ? "nothing" : "missed"] += 1;
        expect(named).toEqual(missed.slice(0, 5).map(({ id }) => id));
      }),
      { numRuns: 4000 },
    );
    expect(Math.min(...Object.values(told))).toBeGreaterThan(100);
  });

  it("is told of a place and of what lies in it alike", () => {
    expect(isWithin(stepsOf(ORDERS), stepsOf({ projectId: "p1" }))).toBe(true);
    expect(explain([held("b1", { condition: LATE })], "orders:read", { projectId: "p1" }, HERE)).toBe(
      NOTHING,
    );
  });
});
