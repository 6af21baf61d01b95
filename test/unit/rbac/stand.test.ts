import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HeldBinding } from "../../../src/protocol/index.ts";
import { decide, givenOf, givenUntil, weigh } from "../../../src/rbac/index.ts";
import { ASKED, bindingOf, bindings, circumstances, isAllowedPlainly, NOON, place } from "./universe.ts";

const asked = fc.shuffledSubarray([...ASKED, "*", "stock:read"], { minLength: 1 });

describe("several permissions at once", () => {
  it("are given as each one is", () => {
    let given = 0;
    fc.assert(
      fc.property(bindings, asked, place, circumstances, (all, permissions, at, when) => {
        const expected = permissions.filter((one) => decide(weigh(all, when), one, at).allowed);
        expect([...givenOf(weigh([...all], when), permissions, at)]).toEqual(expected);
        given += expected.length;
      }),
      { numRuns: 5000 },
    );
    expect(given).toBeGreaterThan(1000);
  });

  it("stay given until the first instant at which one would not be", () => {
    const ends = { horizon: 0, before: 0 };
    // Wide, and without what else makes a condition fail, so that verdicts are often given, and end.
    const wide = fc.tuple(bindingOf(1), fc.boolean()).map(([one, isPlain]): HeldBinding => {
      const { notBefore, notAfter, schedule } = one.condition ?? {};
      const plain = Object.fromEntries(
        Object.entries({ notBefore, notAfter, schedule }).filter(([, part]) => part !== undefined),
      );
      const condition = isPlain && one.condition !== null ? plain : one.condition;
      const resource =
        one.effect === "deny" ? one.resource : ({ type: "project", id: "p1", path: "" } as const);
      return { ...one, projectId: "p1", resource, condition };
    });
    const many = fc.array(wide, { minLength: 1, maxLength: 5 });
    const two = fc.shuffledSubarray([...ASKED], { minLength: 1, maxLength: 2 });
    const late = circumstances.map(({ now, ip }) => ({ now: now < NOON - 60 ? NOON : now, ip }));
    fc.assert(
      fc.property(many, two, place, late, (all, permissions, anywhere, when) => {
        const at = { ...anywhere, projectId: "p1" };
        const isGiven = (now: number) =>
          permissions.every((one) => isAllowedPlainly(all, one, at, { ...when, now }));
        if (!isGiven(when.now)) return;
        const horizon = when.now + 3600;
        // Everything in this universe turns at a whole minute, or a second beside noon or one hour from it.
        const minutes = Array.from({ length: 61 }, (_, index) => (Math.floor(when.now / 60) + index) * 60);
        const instants = [...minutes, ...minutes.map((one) => one + 1), NOON - 1, when.now];
        const after = instants.filter((one) => one > when.now && one < horizon).sort((a, b) => a - b);
        const expected = after.find((one) => !isGiven(one)) ?? horizon;
        expect(givenUntil(all, when, { permissions, place: at, horizon })).toBe(expected);
        ends[expected === horizon ? "horizon" : "before"] += 1;
      }),
      { numRuns: 3000 },
    );
    expect(Math.min(ends.horizon, ends.before)).toBeGreaterThan(50);
  });
});
