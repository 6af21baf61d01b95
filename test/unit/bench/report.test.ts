import { describe, expect, it } from "vitest";
import type { Pair } from "../../../bench/contest.ts";
import type { LoadSample } from "../../../bench/load.ts";
import { jsonOf, type Measured, ratiosOf, renderReport } from "../../../bench/report.ts";

const sample = (perSecond: number, p99Ms: number): LoadSample => ({
  exchanges: perSecond,
  perSecond,
  p50Ms: 1,
  p99Ms,
  generatorCpu: 0.04,
});
const pair = (ours: [number, number], theirs: [number, number]): Pair => ({
  ours: sample(...ours),
  theirs: sample(...theirs),
});

/** Ours is at 0.8, 0.9 and 0.5 of the floor: the machine was disturbed in the third pair. */
const busy = [pair([800, 12], [1000, 10]), pair([900, 12], [1000, 10]), pair([100, 90], [200, 60])];
const measured: Measured = {
  floor: { busy, alone: [pair([300, 4], [400, 2])] },
  scale: [pair([970, 10], [1000, 10])],
  oidcProvider: [pair([500, 10], [2000, 10])],
};

describe("a ratio", () => {
  it("is taken within each pair, then its median over the pairs", () => {
    const [throughput] = ratiosOf(measured);
    expect(throughput?.spread).toEqual({ min: 0.5, median: 0.8, max: 0.9 });
  });
});

describe("the JSON", () => {
  const { exchange } = jsonOf(measured) as { exchange: Record<string, unknown> };

  it("holds the medians under the names that are promised", () => {
    expect(exchange).toMatchObject({
      throughputVsFloor: 0.8,
      p99VsFloor: 1.2,
      throughputAt100kVs100: 0.97,
      throughputVsOidcProvider: 0.25,
    });
  });

  it("holds absolute figures beside them", () => {
    expect(exchange.absolute).toMatchObject({
      countersign: { perSecond: 800, p99Ms: 12 },
      floor: { perSecond: 1000, p99Ms: 10 },
      oidcProvider: { perSecond: 2000 },
    });
  });
});

describe("the table", () => {
  const lines = renderReport(measured);
  it.each([
    ["throughput, of the floor's", "NOT reached"],
    ["p99 latency, of the floor's", ": reached"],
    ["throughput, 100,000 accounts", ": reached"],
  ])("%s says whether its target is", (label, verdict) => {
    expect(lines.find((line) => line.startsWith(label))).toContain(verdict);
  });
});
