import { describe, expect, it } from "vitest";
import { median, percentile, spreadOf } from "../../../bench/statistics.ts";

describe("a percentile is a value that occurred", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
  it.each([
    ["the 50th of 1 to 100", hundred, 50, 50],
    ["the 99th of 1 to 100", hundred, 99, 99],
    ["the 100th", hundred, 100, 100],
    ["of values out of order", [30, 10, 20], 99, 30],
    ["of numbers that sort otherwise as text", [9, 10, 100], 50, 10],
    ["of one value", [7], 1, 7],
  ])("%s", (_, values, p, expected) => expect(percentile(values, p)).toBe(expected));
});

describe("a median", () => {
  it.each([
    ["of an odd number of values is the middle one", [3, 1, 2], 2],
    ["of an even number lies between the middle two", [4, 1, 2, 3], 2.5],
    ["is not drawn away by one bad round", [1, 1, 1, 1, 100], 1],
  ])("%s", (_, values, expected) => expect(median(values)).toBe(expected));
});

it("a spread is least, middle and greatest, and leaves its values in their order", () => {
  const values = [0.9, 0.7, 0.8];
  expect(spreadOf(values)).toEqual({ min: 0.7, median: 0.8, max: 0.9 });
  expect(values).toEqual([0.9, 0.7, 0.8]);
});

it("of nothing there is no figure", () => {
  expect(() => median([])).toThrow(RangeError);
  expect(() => percentile([], 99)).toThrow(RangeError);
});
