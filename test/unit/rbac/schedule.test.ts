import { describe, expect, it } from "vitest";
import type { Schedule, Weekday } from "../../../src/protocol/index.ts";
import { holds } from "../../../src/rbac/condition.ts";
import { isTimeZone, minutesOf } from "../../../src/rbac/index.ts";

const WORKDAYS: readonly Weekday[] = ["monday", "tuesday", "wednesday", "thursday", "friday"];

function isOpen(schedule: Schedule, at: string): boolean {
  const verdict = holds({ schedule }, { now: Math.floor(Date.parse(at) / 1000), ip: null });
  expect(verdict).not.toBe("unknown");
  return verdict === "yes";
}

function scheduleOf(days: readonly Weekday[], hours: string, timeZone: string): Schedule {
  const [from = "", until = ""] = hours.split("-");
  return { weekdays: days, from, until, timeZone };
}

type Case = readonly [at: string, expected: boolean];

/** Each instant in UTC, or with the offset that was meant. */
function table(name: string, schedule: Schedule, cases: readonly Case[]) {
  describe(name, () => {
    it.each(cases)("at %s: %s", (at, expected) => {
      expect(isOpen(schedule, at)).toBe(expected);
    });
  });
}

table("08:00 to 18:00 on workdays, UTC", scheduleOf(WORKDAYS, "08:00-18:00", "UTC"), [
  ["2026-11-23T07:59:59Z", false],
  ["2026-11-23T08:00:00Z", true],
  ["2026-11-23T17:59:59Z", true],
  ["2026-11-23T18:00:00Z", false],
  ["2026-11-27T12:00:00Z", true],
  ["2026-11-28T12:00:00Z", false],
  ["2026-11-29T12:00:00Z", false],
  // The leap day of a year that has one: a Tuesday.
  ["2028-02-29T12:00:00Z", true],
]);

table("22:00 to 06:00 that begins on Friday, UTC", scheduleOf(["friday"], "22:00-06:00", "UTC"), [
  ["2026-11-27T05:59:59Z", false],
  ["2026-11-27T21:59:59Z", false],
  ["2026-11-27T22:00:00Z", true],
  ["2026-11-27T23:59:59Z", true],
  ["2026-11-28T00:00:00Z", true],
  ["2026-11-28T05:59:59Z", true],
  ["2026-11-28T06:00:00Z", false],
  ["2026-11-28T22:00:00Z", false],
]);

table("over midnight from Sunday into Monday, UTC", scheduleOf(["sunday"], "23:00-01:00", "UTC"), [
  ["2026-11-29T00:30:00Z", false],
  ["2026-11-29T23:00:00Z", true],
  ["2026-11-30T00:59:59Z", true],
  ["2026-11-30T01:00:00Z", false],
  ["2026-11-30T23:30:00Z", false],
]);

table("to 24:00, UTC", scheduleOf(["monday"], "20:00-24:00", "UTC"), [
  ["2026-11-23T23:59:59Z", true],
  ["2026-11-24T00:00:00Z", false],
]);

table("to 00:00 is to 24:00, UTC", scheduleOf(["monday"], "20:00-00:00", "UTC"), [
  ["2026-11-23T19:59:59Z", false],
  ["2026-11-23T23:59:59Z", true],
  ["2026-11-24T00:00:00Z", false],
  ["2026-11-23T00:00:00Z", false],
]);

table("all of a day, UTC", scheduleOf(["monday"], "00:00-24:00", "UTC"), [
  ["2026-11-22T23:59:59Z", false],
  ["2026-11-23T00:00:00Z", true],
  ["2026-11-23T23:59:59Z", true],
  ["2026-11-24T00:00:00Z", false],
]);

table("one minute, UTC", scheduleOf(["monday"], "12:00-12:01", "UTC"), [
  ["2026-11-23T11:59:59Z", false],
  ["2026-11-23T12:00:59Z", true],
  ["2026-11-23T12:01:00Z", false],
]);

const SUNDAY: readonly Weekday[] = ["sunday"];

// On 2026-03-29 clocks in Berlin go from 02:00 to 03:00, at 01:00 UTC.
table(
  "08:00 to 18:00 in Berlin keeps the clock's hours",
  scheduleOf(["saturday", "sunday"], "08:00-18:00", "Europe/Berlin"),
  [
    ["2026-03-28T06:59:59Z", false],
    ["2026-03-28T07:00:00Z", true],
    ["2026-03-29T05:59:59Z", false],
    ["2026-03-29T06:00:00Z", true],
    ["2026-03-29T15:59:59Z", true],
    ["2026-03-29T16:00:00Z", false],
    ["2026-10-24T06:00:00Z", true],
    ["2026-10-25T06:59:59Z", false],
    ["2026-10-25T07:00:00Z", true],
    ["2026-10-25T17:00:00Z", false],
  ],
);

table("hours that the clock leaves out do not come", scheduleOf(SUNDAY, "02:00-03:00", "Europe/Berlin"), [
  ["2026-03-29T00:59:59Z", false],
  ["2026-03-29T01:00:00Z", false],
  ["2026-03-29T02:00:00Z", false],
  ["2026-03-22T01:30:00Z", true],
  ["2026-04-05T00:30:00Z", true],
]);

table(
  "hours that begin in what is left out begin after it",
  scheduleOf(SUNDAY, "02:30-04:00", "Europe/Berlin"),
  [
    ["2026-03-29T00:59:59Z", false],
    ["2026-03-29T01:00:00Z", true],
    ["2026-03-29T01:59:59Z", true],
    ["2026-03-29T02:00:00Z", false],
  ],
);

// On 2026-10-25 clocks in Berlin go from 03:00 back to 02:00, at 01:00 UTC.
table("hours that the clock says twice come twice", scheduleOf(SUNDAY, "02:15-02:45", "Europe/Berlin"), [
  ["2026-10-25T02:14:59+02:00", false],
  ["2026-10-25T02:15:00+02:00", true],
  ["2026-10-25T02:45:00+02:00", false],
  ["2026-10-25T02:14:59+01:00", false],
  ["2026-10-25T02:15:00+01:00", true],
  ["2026-10-25T02:45:00+01:00", false],
]);

table(
  "a night over the change is an hour shorter",
  scheduleOf(["saturday"], "22:00-06:00", "Europe/Berlin"),
  [
    ["2026-03-28T20:59:59Z", false],
    ["2026-03-28T21:00:00Z", true],
    ["2026-03-29T01:00:00Z", true],
    ["2026-03-29T03:59:59Z", true],
    ["2026-03-29T04:00:00Z", false],
  ],
);

table("half hours from UTC: Kolkata", scheduleOf(["monday"], "09:00-17:30", "Asia/Kolkata"), [
  ["2026-11-23T03:29:59Z", false],
  ["2026-11-23T03:30:00Z", true],
  ["2026-11-23T11:59:59Z", true],
  ["2026-11-23T12:00:00Z", false],
]);

// -03:30 in winter, -02:30 in summer.
table(
  "half hours from UTC, with a summer: St John's",
  scheduleOf(["monday"], "00:00-01:00", "America/St_Johns"),
  [
    ["2026-11-23T03:29:59Z", false],
    ["2026-11-23T03:30:00Z", true],
    ["2026-11-23T04:30:00Z", false],
    ["2026-07-20T02:29:59Z", false],
    ["2026-07-20T02:30:00Z", true],
    ["2026-07-20T03:30:00Z", false],
  ],
);

// +14:00: its Monday begins on Sunday at 10:00 UTC.
table(
  "the weekday is that of the place: Kiritimati",
  scheduleOf(["monday"], "00:00-24:00", "Pacific/Kiritimati"),
  [
    ["2026-11-22T09:59:59Z", false],
    ["2026-11-22T10:00:00Z", true],
    ["2026-11-23T09:59:59Z", true],
    ["2026-11-23T10:00:00Z", false],
  ],
);

describe("a clock", () => {
  it.each<readonly [text: string, minutes: number | undefined]>([
    ["00:00", 0],
    ["09:05", 545],
    ["23:59", 1439],
    ["24:00", 1440],
    ["24:01", undefined],
    ["25:00", undefined],
    ["9:05", undefined],
    ["09:5", undefined],
    ["09:60", undefined],
    ["09:05:00", undefined],
    [" 09:05", undefined],
    ["09:05\n", undefined],
    ["-1:00", undefined],
    ["", undefined],
    ["٠٩:٠٥", undefined],
  ])("%j is minute %s", (text, minutes) => {
    expect(minutesOf(text)).toBe(minutes);
  });
});

describe("a time zone", () => {
  it.each(["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "europe/berlin"])(
    "may be %s",
    (text) => {
      expect(isTimeZone(text)).toBe(true);
    },
  );

  it.each([
    "",
    " ",
    "Berlin",
    "Europe/Nowhere",
    "+01:00",
    "Europe/Berlin ",
    "../UTC",
    "local",
    "a".repeat(65),
    "constructor",
  ])("is not %j", (text) => {
    expect(isTimeZone(text)).toBe(false);
  });

  it("is the same in any case", () => {
    for (const timeZone of ["Europe/Berlin", "europe/berlin", "EUROPE/BERLIN"]) {
      const schedule = scheduleOf(WORKDAYS, "08:00-18:00", timeZone);
      expect([isOpen(schedule, "2026-11-23T06:59:59Z"), isOpen(schedule, "2026-11-23T07:00:00Z")]).toEqual([
        false,
        true,
      ]);
    }
  });
});
