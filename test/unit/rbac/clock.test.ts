import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WEEKDAYS } from "../../../src/protocol/index.ts";
import { holds } from "../../../src/rbac/condition.ts";

const at = (text: string) => Date.parse(text) / 1000;

/** Where clocks change: by an hour at a whole one, by half an hour, at half past; and a day that was left out. */
const CHANGES: readonly (readonly [timeZone: string, instant: number])[] = [
  ["Europe/Berlin", at("2026-03-29T01:00:00Z")],
  ["Europe/Berlin", at("2026-10-25T01:00:00Z")],
  ["America/St_Johns", at("2026-03-08T05:30:00Z")],
  ["America/St_Johns", at("2026-11-01T04:30:00Z")],
  ["Australia/Lord_Howe", at("2026-04-04T15:00:00Z")],
  ["Australia/Lord_Howe", at("2026-10-03T15:30:00Z")],
  ["Pacific/Chatham", at("2026-04-04T14:00:00Z")],
  ["Asia/Kathmandu", at("2026-06-01T12:00:00Z")],
  ["Pacific/Apia", at("2011-12-30T10:00:00Z")],
];

const scene = fc.record({
  change: fc.constantFrom(...CHANGES),
  offset: fc.integer({ min: -9000, max: 9000 }),
});

describe("whatever the zone", () => {
  it("its clock is what Intl says, minute by minute, around every change", () => {
    const days: Record<string, number> = {};
    fc.assert(
      fc.property(scene, ({ change: [timeZone, instant], offset }) => {
        const now = instant + offset;
        const text = (options: Intl.DateTimeFormatOptions, of = now) =>
          new Intl.DateTimeFormat("en-GB", { ...options, timeZone }).format(of * 1000);
        const today = text({ weekday: "long" }).toLowerCase();
        const from = text({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
        const [hour = 0, minute = 0] = from.split(":").map(Number);
        const end = hour * 60 + minute + 1;
        const until = [Math.floor(end / 60), end % 60].map((one) => String(one).padStart(2, "0")).join(":");
        const others = WEEKDAYS.filter((day) => day !== today);
        const isOpen = (weekdays: typeof others) =>
          holds({ schedule: { weekdays, from, until, timeZone } }, { now, ip: null });
        expect(isOpen(WEEKDAYS.filter((day) => day === today))).toBe("yes");
        expect(isOpen(others)).toBe("no");
        days[timeZone] = (days[timeZone] ?? 0) + 1;
      }),
      { numRuns: 3000 },
    );
    expect(Object.keys(days).length).toBe(new Set(CHANGES.map(([timeZone]) => timeZone)).size);
  });
});
