import { expect, it } from "vitest";
import { parseOptions } from "../../../bench/options.ts";

it("without arguments everything is measured in full and nothing is written", () => {
  const { plan, jsonPath } = parseOptions([]);
  expect(jsonPath).toBeUndefined();
  expect(plan.pairs).toBeGreaterThan(parseOptions(["--quick"]).plan.pairs);
});

it("--json names the file", () => {
  expect(parseOptions(["--quick", "--json", "figures.json"]).jsonPath).toBe("figures.json");
});

it.each([["--jsn"], ["figures.json"], ["--json"]])("%s alone is refused, not overlooked", (argument) => {
  expect(() => parseOptions([argument])).toThrow(TypeError);
});
