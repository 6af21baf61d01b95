import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { conditionProblems } from "../../../src/directory/bindings/binding_condition.ts";
import type { BindingCondition, Schedule, Weekday } from "../../../src/protocol/index.ts";
import { holds } from "../../../src/rbac/condition.ts";
import { canHold } from "../../../src/rbac/index.ts";

const at = (text: string) => Date.parse(text) / 1000;
/** A Wednesday. */
const NOW = at("2026-11-25T12:00:00Z");

const hours = (weekday: Weekday, from: string, until: string, timeZone = "UTC"): Schedule => ({
  weekdays: [weekday],
  from,
  until,
  timeZone,
});
const window = (notBefore: string, notAfter: string, schedule: Schedule): BindingCondition => ({
  notBefore: at(notBefore),
  notAfter: at(notAfter),
  schedule,
});

type Case = readonly [name: string, condition: BindingCondition, expected: boolean];

const BERLIN = "Europe/Berlin";
const CASES: readonly Case[] = [
  ["that has no end can hold", { notBefore: NOW + 1e9 }, true],
  ["that ends in a second can", { notAfter: NOW + 1 }, true],
  ["that has ended cannot", { notAfter: NOW }, false],
  ["that ends as it begins cannot", { notBefore: NOW + 60, notAfter: NOW + 60 }, false],
  ["that ends before it begins cannot", { notBefore: NOW + 60, notAfter: NOW + 59 }, false],
  ["from anywhere can: who knows who will call", { ipRanges: ["203.0.113.7"] }, true],
  ["for hours that come next week can", { schedule: hours("wednesday", "11:00", "11:59") }, true],
  ["for hours that have just begun can", { schedule: hours("wednesday", "12:00", "12:01") }, true],
  ["on no weekday cannot", { schedule: { ...hours("monday", "00:00", "24:00"), weekdays: [] } }, false],
  [
    "of a Saturday for Sundays cannot",
    window("2026-11-28T00:00:00Z", "2026-11-29T00:00:00Z", hours("sunday", "00:00", "24:00")),
    false,
  ],
  [
    "of a Sunday and one second for Saturday's night can",
    window("2026-11-29T05:59:59Z", "2026-11-30T00:00:00Z", hours("saturday", "22:00", "06:00")),
    true,
  ],
  [
    "of the second when that night is over cannot",
    window("2026-11-29T06:00:00Z", "2026-11-30T00:00:00Z", hours("saturday", "22:00", "06:00")),
    false,
  ],
  [
    "of a minute that holds the hours' first second can",
    window("2026-11-28T11:59:30Z", "2026-11-28T12:00:01Z", hours("saturday", "12:00", "12:01")),
    true,
  ],
  [
    "of a minute that ends at it cannot",
    window("2026-11-28T11:59:30Z", "2026-11-28T12:00:00Z", hours("saturday", "12:00", "12:01")),
    false,
  ],
  [
    "of the hours that Berlin's clock leaves out cannot",
    window(
      "2026-03-29T00:00:00+01:00",
      "2026-03-30T00:00:00+02:00",
      hours("sunday", "02:00", "03:00", BERLIN),
    ),
    false,
  ],
  [
    "for such hours can, since they come a week later",
    { notBefore: at("2027-03-26T00:00:00Z"), schedule: hours("sunday", "02:00", "03:00", BERLIN) },
    true,
  ],
  [
    "that begins just before the change, for hours just after it, can",
    window("2027-03-28T00:50:00Z", "2027-03-28T01:10:00Z", hours("sunday", "03:00", "03:05", BERLIN)),
    true,
  ],
  [
    "that begins in the first of two hours alike, for a part of the second, can",
    window("2027-10-31T00:50:00Z", "2027-10-31T01:35:00Z", hours("sunday", "02:30", "02:40", BERLIN)),
    true,
  ],
];

describe("a condition", () => {
  it.each(CASES)("%s", (_name, condition, expected) => {
    // Before all of these windows.
    const now = condition.notBefore === undefined ? NOW : Math.min(NOW, condition.notBefore);
    expect(canHold(condition, now)).toBe(expected);
    const problems = conditionProblems(condition, now).map(({ code }) => code);
    expect(problems).toEqual(expected ? [] : ["never_holds"]);
  });

  it("in no time zone that we know never holds", () => {
    expect(canHold({ schedule: hours("monday", "08:00", "09:00", "Mars/Olympus") }, NOW)).toBe(false);
  });

  it("can hold in a window exactly when it does at one of its minutes", () => {
    const clock = fc
      .integer({ min: 0, max: 287 })
      .map((slot) =>
        [Math.floor(slot / 12), (slot % 12) * 5].map((part) => `${part}`.padStart(2, "0")).join(":"),
      );
    const schedule = fc.record({
      weekdays: fc.constantFrom<Weekday[]>(["sunday"], ["saturday"], ["sunday", "monday"]),
      from: fc
        .constantFrom("01:30", "02:00", "02:30", "03:00", "03:15", "23:30")
        .chain((one) => fc.oneof(fc.constant(one), clock)),
      until: fc
        .constantFrom("02:10", "02:35", "03:00", "03:10", "04:00", "24:00")
        .chain((one) => fc.oneof(fc.constant(one), clock)),
      timeZone: fc.constantFrom(BERLIN, "UTC", "Australia/Lord_Howe", "America/St_Johns"),
    });
    // Berlin's changes of 2026, then Lord Howe's half hours and those of St John's.
    const change = fc.constantFrom(
      "2026-03-29T01:00:00Z",
      "2026-10-25T01:00:00Z",
      "2026-04-04T15:00:00Z",
      "2026-10-03T15:30:00Z",
      "2026-03-08T05:30:00Z",
      "2026-11-01T04:30:00Z",
    );
    const verdicts = { can: 0, cannot: 0 };
    fc.assert(
      fc.property(
        change.map(at),
        fc.integer({ min: -9000, max: 9000 }),
        fc.integer({ min: 1, max: 14_400 }),
        schedule,
        (middle, offset, length, hoursOf) => {
          const [notBefore, notAfter] = [middle + offset, middle + offset + length];
          const condition = { notBefore, notAfter, schedule: hoursOf };
          const instants = [notBefore];
          for (let one = Math.ceil(notBefore / 60) * 60; one < notAfter; one += 60) instants.push(one);
          const expected = instants.some((now) => holds(condition, { now, ip: null }) === "yes");
          verdicts[expected ? "can" : "cannot"] += 1;
          expect(canHold(condition, 0)).toBe(expected);
        },
      ),
      { numRuns: 2000 },
    );
    expect(Math.min(verdicts.can, verdicts.cannot)).toBeGreaterThan(300);
  });
});
