import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HeldBinding } from "../../../src/protocol/index.ts";
import {
  type Circumstances,
  decide,
  givenUntil,
  grantedSomewhere,
  type Place,
  placeOf,
  weigh,
} from "../../../src/rbac/index.ts";
import {
  ASKED,
  bars,
  binding,
  bindings,
  circumstances,
  isAllowedPlainly,
  isWithin,
  lets,
  NOON,
  OURS,
  PLACES,
  permission,
  place,
  stepsOf,
} from "./universe.ts";

const isAllowed = (all: readonly HeldBinding[], asked: string, at: Place, when: Circumstances) =>
  decide(weigh(all, when), asked, at).allowed;

describe("whatever the bindings", () => {
  it("a permission is given exactly where an allow applies and no deny does; the binding named is that one", () => {
    const verdicts = { allowed: 0, denied: 0, none: 0 };
    fc.assert(
      fc.property(bindings, permission, place, circumstances, (all, asked, at, when) => {
        const verdict = decide(weigh(all, when), asked, at);
        expect(verdict.allowed).toBe(isAllowedPlainly(all, asked, at, when));
        const by = all.find(({ id }) => id === verdict.by);
        if (verdict.allowed) expect(by && lets(by, asked, at, when)).toBe(true);
        else if (by !== undefined) expect(bars(by, asked, at, when)).toBe(true);
        else expect(all.some((held) => bars(held, asked, at, when))).toBe(false);
        verdicts[verdict.allowed ? "allowed" : by === undefined ? "none" : "denied"] += 1;
      }),
      { numRuns: 5000 },
    );
    expect(Math.min(...Object.values(verdicts))).toBeGreaterThan(200);
  });

  it("one more deny never gives more, and one more allow never less", () => {
    fc.assert(
      fc.property(bindings, binding, fc.nat(6), circumstances, (all, more, index, when) => {
        const [before, after] = [weigh(all, when), weigh(all.toSpliced(index, 0, more), when)];
        for (const asked of ASKED) {
          for (const at of PLACES) {
            const [was, is] = [decide(before, asked, at).allowed, decide(after, asked, at).allowed];
            const [less, greater] = more.effect === "deny" ? [is, was] : [was, is];
            expect(less && !greater).toBe(false);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("their order changes no verdict", () => {
    const shuffled = bindings.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(shuffled, permission, place, circumstances, ([all, turned], asked, at, when) => {
        expect(isAllowed(turned, asked, at, when)).toBe(isAllowed(all, asked, at, when));
        expect(grantedSomewhere(weigh(turned, when))).toEqual(grantedSomewhere(weigh(all, when)));
      }),
      { numRuns: 2000 },
    );
  });

  it("another project's are as if they were not there, even those that name what is in this one", () => {
    fc.assert(
      fc.property(bindings, permission, place, circumstances, (all, asked, at, when) => {
        const own = all.filter(({ projectId }) => projectId === at.projectId);
        expect(decide(weigh(all, when), asked, at)).toEqual(decide(weigh(own, when), asked, at));
      }),
      { numRuns: 2000 },
    );
  });

  it("the service itself is never a place of theirs", () => {
    fc.assert(
      fc.property(bindings, permission, circumstances, (all, asked, when) => {
        expect(decide(weigh(all, when), asked, {})).toEqual({ allowed: false });
      }),
    );
  });

  it("a binding on another project than its own gives and denies nothing", () => {
    fc.assert(
      fc.property(binding, place, circumstances, (one, at, when) => {
        const astray: HeldBinding = { ...one, resource: { type: "project", id: "p3", path: "" } };
        const open: HeldBinding = {
          ...astray,
          effect: "allow",
          condition: null,
          resource: { type: "project", id: one.projectId, path: "" },
        };
        for (const asked of one.permissions) {
          expect(decide(weigh([astray], when), asked, at)).toEqual({ allowed: false });
          expect(isAllowed([open, astray], asked, at, when)).toBe(at.projectId === one.projectId);
        }
      }),
    );
  });

  it("what is given on an API or a path is given on every path below", () => {
    let seen = 0;
    fc.assert(
      fc.property(bindings, permission, circumstances, (all, asked, when) => {
        const weighed = weigh(all, when);
        for (const wide of PLACES.filter(({ resourceServerId }) => resourceServerId !== undefined)) {
          if (!decide(weighed, asked, wide).allowed) continue;
          for (const at of PLACES.filter((one) => isWithin(stepsOf(one), stepsOf(wide)))) {
            seen += 1;
            expect(decide(weighed, asked, at).allowed).toBe(true);
          }
        }
      }),
      { numRuns: 1000 },
    );
    expect(seen).toBeGreaterThan(1000);
  });

  it("nothing is given on what is wider than a path that is denied", () => {
    fc.assert(
      fc.property(bindings, binding, circumstances, (all, one, when) => {
        const deny: HeldBinding = { ...one, effect: "deny", condition: null };
        const denied = placeOf(deny.projectId, deny.resource);
        const wider = PLACES.filter(
          ({ resourceServerId, ...at }) =>
            resourceServerId !== undefined && isWithin(stepsOf(denied), stepsOf({ resourceServerId, ...at })),
        );
        for (const asked of deny.permissions) {
          for (const at of [denied, ...wider]) expect(isAllowed([...all, deny], asked, at, when)).toBe(false);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("of ours, somewhere is given what is given at an applicable allow's own place", () => {
    let given = 0;
    fc.assert(
      fc.property(bindings, circumstances, (all, when) => {
        const somewhere = grantedSomewhere(weigh(all, when));
        for (const asked of OURS) {
          const isGiven = all.some(
            (held) =>
              lets(held, asked, placeOf(held.projectId, held.resource), when) &&
              isAllowedPlainly(all, asked, placeOf(held.projectId, held.resource), when),
          );
          given += isGiven ? 1 : 0;
          expect(somewhere.has(asked)).toBe(isGiven);
        }
      }),
      { numRuns: 2000 },
    );
    expect(given).toBeGreaterThan(500);
  });
});

/** Around both instants at which clocks in Berlin change, and one at which none does. */
const BEGINNINGS = [NOON, Date.UTC(2026, 2, 29, 1) / 1000, Date.UTC(2026, 9, 25, 1) / 1000];
const STEP = 10;

const timed = fc.record({
  begin: fc.constantFrom(...BEGINNINGS),
  // Seconds beyond the minute too: a call comes when it comes.
  offset: fc.integer({ min: -90, max: 90 }).map((steps) => steps * STEP),
  all: fc.array(
    fc.record({
      held: binding,
      notBefore: fc.option(fc.integer({ min: -200, max: 200 }), { nil: undefined, freq: 3 }),
      notAfter: fc.option(fc.integer({ min: -200, max: 200 }), { nil: undefined, freq: 3 }),
      clock: fc.option(
        fc.record({
          from: fc.constantFrom("01:50", "02:05", "02:30", "03:00", "03:10", "12:05", "11:50"),
          until: fc.constantFrom("01:55", "02:10", "02:45", "03:05", "03:20", "12:10", "13:20"),
          timeZone: fc.constantFrom("Europe/Berlin", "UTC"),
        }),
        { nil: undefined, freq: 3 },
      ),
    }),
    { minLength: 1, maxLength: 4 },
  ),
});

describe("until when something is given", () => {
  it("is the first instant at which it would not be, found by trying all", () => {
    const ends = { horizon: 0, before: 0 };
    const everyDay = ["saturday", "sunday", "wednesday"] as const;
    fc.assert(
      fc.property(timed, place, permission, ({ begin, offset, all }, at, asked) => {
        const held = all.map(({ held: one, clock, ...bounds }): HeldBinding => {
          const [notBefore, notAfter] = [bounds.notBefore, bounds.notAfter].map((steps) =>
            steps === undefined ? {} : { at: begin + steps * STEP },
          );
          return {
            ...one,
            // Wide, so that verdicts are often given, and end.
            permissions: [asked],
            resource: one.effect === "allow" ? { type: "project", id: "p1", path: "" } : one.resource,
            projectId: "p1",
            condition: {
              ...(notBefore?.at === undefined ? {} : { notBefore: notBefore.at }),
              ...(notAfter?.at === undefined ? {} : { notAfter: notAfter.at }),
              ...(clock === undefined ? {} : { schedule: { weekdays: everyDay, ...clock } }),
            },
          };
        });
        const here = { ...at, projectId: "p1" };
        const [now, horizon] = [begin + offset, begin + offset + 1800];
        const isGivenAt = (instant: number) => isAllowed(held, asked, here, { now: instant, ip: null });
        if (!isGivenAt(now)) return;
        const until = givenUntil(held, { now, ip: null }, { permissions: [asked], place: here, horizon });
        let first = now;
        while (first < horizon && isGivenAt(first)) first += STEP;
        expect(until).toBe(Math.min(first, horizon));
        if (until < horizon) expect(isGivenAt(until)).toBe(false);
        expect(isGivenAt(until - 1)).toBe(true);
        ends[until === horizon ? "horizon" : "before"] += 1;
      }),
      { numRuns: 1500 },
    );
    expect(Math.min(ends.horizon, ends.before)).toBeGreaterThan(50);
  });
});
