import { describe, expect, it } from "vitest";
import { conditionProblems } from "../../../src/directory/bindings/binding_condition.ts";
import type { BindingCondition, Schedule } from "../../../src/protocol/index.ts";

const NOW = Date.UTC(2026, 10, 25, 12) / 1000;
const HOURS: Schedule = { weekdays: ["monday"], from: "08:00", until: "18:00", timeZone: "Europe/Berlin" };

const problemsOf = (condition: BindingCondition | null) =>
  conditionProblems(condition, NOW).map(({ pointer, code }) => `${pointer} ${code}`);

describe("a condition to be stored", () => {
  it.each<readonly [name: string, condition: BindingCondition | null]>([
    ["none", null],
    ["hours", { schedule: HOURS }],
    ["hours over midnight", { schedule: { ...HOURS, from: "22:00", until: "06:00" } }],
    ["a whole day", { schedule: { ...HOURS, from: "00:00", until: "24:00" } }],
    ["hours to midnight, written as the next day's begin", { schedule: { ...HOURS, until: "00:00" } }],
    ["ranges", { ipRanges: ["203.0.113.0/24", "2001:db8::/32", "203.0.113.7", "::/0"] }],
    ["a time that has begun", { notBefore: NOW - 1, notAfter: NOW + 1 }],
  ])("may be %s", (_name, condition) => {
    expect(problemsOf(condition)).toEqual([]);
  });

  it.each<readonly [name: string, condition: BindingCondition, problems: readonly string[]]>([
    ["an empty one", {}, ["/condition empty"]],
    ["one whose members are gone", { notAfter: undefined }, ["/condition empty"]],
    ["an end that has passed", { notAfter: NOW }, ["/condition never_holds"]],
    [
      "a weekday twice",
      { schedule: { ...HOURS, weekdays: ["monday", "monday"] } },
      ["/condition/schedule/weekdays duplicate"],
    ],
    [
      "a time zone that is none",
      { schedule: { ...HOURS, timeZone: "Europe/Nowhere" } },
      ["/condition/schedule/timeZone unknown_time_zone"],
    ],
    [
      "an offset for a time zone",
      { schedule: { ...HOURS, timeZone: "+01:00" } },
      ["/condition/schedule/timeZone unknown_time_zone"],
    ],
    ["no span", { schedule: { ...HOURS, until: "08:00" } }, ["/condition/schedule never_holds"]],
    [
      "a begin at the day's end",
      { schedule: { ...HOURS, from: "24:00", until: "06:00" } },
      ["/condition/schedule never_holds"],
    ],
    ["a range that is none", { ipRanges: ["203.0.113.0/33"] }, ["/condition/ipRanges/0 invalid_cidr"]],
    ["bits beyond the prefix", { ipRanges: ["203.0.113.7/24"] }, ["/condition/ipRanges/0 invalid_cidr"]],
    [
      "a range twice",
      { ipRanges: ["203.0.113.0/24", "::1", "203.0.113.0/24"] },
      ["/condition/ipRanges/2 duplicate"],
    ],
    [
      "all that is wrong, at once",
      {
        schedule: { weekdays: ["monday", "monday"], from: "08:00", until: "08:00", timeZone: "x" },
        ipRanges: ["::1", "no", ""],
      },
      [
        "/condition/schedule/weekdays duplicate",
        "/condition/schedule/timeZone unknown_time_zone",
        "/condition/schedule never_holds",
        "/condition/ipRanges/1 invalid_cidr",
        "/condition/ipRanges/2 invalid_cidr",
      ],
    ],
  ])("is refused for %s", (_name, condition, problems) => {
    expect(problemsOf(condition)).toEqual(problems);
  });
});
