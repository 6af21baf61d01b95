import { describe, expect, it } from "vitest";
import type { BindingCondition, HeldBinding } from "../../../src/protocol/index.ts";
import { failing, type Holds, holds } from "../../../src/rbac/condition.ts";
import { decide, weigh } from "../../../src/rbac/index.ts";
import { heldBinding } from "../held_binding.ts";

const NOW = 1_795_600_800;
const HERE = { now: NOW, ip: "203.0.113.7" };

/** As a later version would store it: JSON that our type does not know. */
const later = (members: Readonly<Record<string, unknown>>) => members as BindingCondition;

type Case = readonly [name: string, condition: BindingCondition | null, expected: Holds];

const ALWAYS = { weekdays: ["wednesday"], from: "00:00", until: "24:00", timeZone: "UTC" } as const;
const NEVER = { ...ALWAYS, weekdays: ["monday"] } as const;

describe("a condition", () => {
  it.each<Case>([
    ["that is none holds", null, "yes"],
    ["without members holds", {}, "yes"],
    ["begins at notBefore", { notBefore: NOW }, "yes"],
    ["does not hold a second before", { notBefore: NOW + 1 }, "no"],
    ["has ended at notAfter", { notAfter: NOW }, "no"],
    ["holds a second before", { notAfter: NOW + 1 }, "yes"],
    ["holds for just one second between both", { notBefore: NOW, notAfter: NOW + 1 }, "yes"],
    ["never holds where its end comes first", { notBefore: NOW, notAfter: NOW - 1 }, "no"],
    ["holds in its hours", { schedule: ALWAYS }, "yes"],
    ["does not hold beside them", { schedule: NEVER }, "no"],
    ["holds from its range", { ipRanges: ["198.51.100.0/24", "203.0.113.0/24"] }, "yes"],
    ["does not hold from elsewhere", { ipRanges: ["198.51.100.0/24"] }, "no"],
    ["needs every part", { notBefore: NOW, ipRanges: ["198.51.100.0/24"] }, "no"],
    ["with a part that we do not know cannot be known", later({ moonPhase: "full" }), "unknown"],
    ["cannot, though the rest holds", later({ notBefore: NOW, moonPhase: "full" }), "unknown"],
    ["but is known not to hold where another part fails", later({ notAfter: NOW, moonPhase: "full" }), "no"],
    [
      "with hours of a kind that we do not know cannot",
      later({ schedule: { ...ALWAYS, except: [] } }),
      "unknown",
    ],
    [
      "cannot outside of such hours: they may be more",
      later({ schedule: { ...NEVER, also: [] } }),
      "unknown",
    ],
    [
      "in a time zone that we do not know cannot",
      { schedule: { ...ALWAYS, timeZone: "Mars/Olympus" } },
      "unknown",
    ],
    ["with a clock that is none cannot", { schedule: { ...ALWAYS, until: "25:00" } }, "unknown"],
    ["from a range that we cannot read cannot", { ipRanges: ["198.51.100.0/24", "country:de"] }, "unknown"],
    ["but does from one beside it that we can", { ipRanges: ["country:de", "203.0.113.7"] }, "yes"],
  ])("%s", (_name, condition, expected) => {
    expect(holds(condition, HERE)).toBe(expected);
  });

  it.each<readonly [name: string, ip: string | null]>([
    ["nobody tells", null],
    ["what is told is empty", ""],
    ["it is a word", "unknown"],
    ["it has a port", "203.0.113.7:443"],
    ["it is a list", "203.0.113.7, 198.51.100.1"],
    ["it is a range", "203.0.113.7/32"],
    ["it has a zone", "fe80::1%eth0"],
    ["it was cut off", "2001:db8::".padEnd(64, "0")],
  ])("from where cannot be known where %s: no deny is passed, no allow lets through", (_name, ip) => {
    const condition = { ipRanges: ["0.0.0.0/0", "::/0"] };
    expect(holds(condition, { now: NOW, ip })).toBe("unknown");
    expect(holds({ ...condition, notAfter: NOW }, { now: NOW, ip })).toBe("no");
    expect(holds({ notAfter: NOW + 1 }, { now: NOW, ip })).toBe("yes");
  });

  it.each<readonly [name: string, expected: readonly string[], condition: BindingCondition | null]>([
    ["nothing without a condition", [], null],
    ["nothing where all holds", [], { notBefore: NOW, notAfter: NOW + 1, ipRanges: [HERE.ip] }],
    ["the begin", ["notBefore"], { notBefore: NOW + 1, notAfter: NOW + 2, schedule: ALWAYS }],
    ["the end", ["notAfter"], { notBefore: NOW - 2, notAfter: NOW, schedule: ALWAYS }],
    ["the hours", ["schedule"], { notBefore: NOW, schedule: NEVER, ipRanges: [HERE.ip] }],
    ["the address", ["ipRanges"], { notBefore: NOW, schedule: ALWAYS, ipRanges: ["::1"] }],
    ["what we do not know", ["moonPhase"], later({ notBefore: NOW, moonPhase: "full" })],
    ["several", ["notAfter", "ipRanges"], { notAfter: NOW, schedule: ALWAYS, ipRanges: ["::1"] }],
  ])("failing is %s", (_name, expected, condition) => {
    expect(failing(condition, HERE)).toEqual(expected);
  });
});

describe("what cannot be known", () => {
  const held = (effect: "allow" | "deny", condition: BindingCondition | null) =>
    heldBinding({ id: effect, effect, permissions: ["projects:read"], condition });
  const verdictOf = (...bindings: readonly HeldBinding[]) =>
    decide(weigh(bindings, { now: NOW, ip: null }), "projects:read", { projectId: "p1" });

  it.each<readonly [name: string, condition: BindingCondition]>([
    ["an address", { ipRanges: ["203.0.113.0/24"] }],
    ["a later version's member", later({ moonPhase: "full" })],
    ["a later version's hours", later({ schedule: { ...ALWAYS, except: ["2026-12-24"] } })],
  ])("%s lets no allow through, and nobody past a deny", (_name, condition) => {
    expect(verdictOf(held("allow", condition))).toEqual({ allowed: false });
    expect(verdictOf(held("allow", null), held("deny", condition))).toEqual({ allowed: false, by: "deny" });
  });
});
