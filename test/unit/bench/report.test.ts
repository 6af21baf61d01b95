import { describe, expect, it } from "vitest";
import type { Pair } from "../../../bench/contest.ts";
import type { LoadSample } from "../../../bench/load.ts";
import { type Measured, ratiosOf } from "../../../bench/ratios.ts";
import { jsonOf, renderReport } from "../../../bench/report.ts";

const sample = (perSecond: number, p99Ms: number): LoadSample => ({
  exchanges: perSecond,
  perSecond,
  p50Ms: 1,
  p99Ms,
  maxMs: 2 * p99Ms,
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
  credentials: {
    keyFlow: [pair([860, 10], [1000, 10])],
    projectToken: [pair([840, 10], [1000, 10])],
    introspection: [pair([700, 10], [1000, 10])],
    introspectionByBootstrap: [pair([900, 10], [1000, 10])],
  },
  roles: {
    manyRoles: [pair([910, 10], [1000, 10])],
    manyRolesOwn: [pair([890, 10], [1000, 10])],
    oneRole: [pair([860, 10], [1000, 10])],
  },
  evaluations: {
    evaluationOfToken: [pair([810, 10], [1000, 10])],
    evaluationOfAccount: [pair([790, 10], [1000, 10])],
  },
  trusts: {
    manyTrustsOfProject: [pair([960, 10], [1000, 10])],
    manyTrustsOfAccount: [pair([880, 10], [1000, 10])],
  },
  scale: [pair([970, 10], [1000, 10])],
  expired: { rows: 1_000_000, pairs: [pair([940, 10], [1000, 10])] },
  purge: {
    rows: 500,
    hourRuns: [
      { rows: 300, seconds: 2 },
      { rows: 200, seconds: 1 },
    ],
    beside: [sample(100, 40), sample(110, 20)],
    without: [sample(200, 10)],
  },
  oidcProvider: [pair([500, 10], [2000, 10])],
};

describe("a ratio", () => {
  it("is taken within each pair, then its median over the pairs", () => {
    const [throughput] = ratiosOf(measured);
    expect(throughput?.spread).toEqual({ min: 0.5, median: 0.8, max: 0.9 });
  });
});

describe("the JSON", () => {
  const json = jsonOf(measured) as Record<string, Record<string, unknown>>;

  it("holds the medians under the names that are promised", () => {
    expect(json).toMatchObject({
      exchange: {
        throughputVsFloor: 0.8,
        p99VsFloor: 1.2,
        throughputAt100kVs100: 0.97,
        throughputVsOidcProvider: 0.25,
      },
      keyFlow: { throughputVsFloor: 0.86 },
      projectToken: { throughputVsFloor: 0.84 },
      introspection: { throughputVsFloor: 0.7 },
      introspectionByBootstrap: { throughputVsFloor: 0.9 },
      manyRoles: { throughputVsOne: 0.91 },
      manyRolesOwn: { throughputVsOne: 0.89 },
      oneRole: { throughputVsFloor: 0.86 },
      evaluationOfToken: { throughputVsFloor: 0.81 },
      evaluationOfAccount: { throughputVsFloor: 0.79 },
      manyTrustsOfProject: { throughputVsOne: 0.96 },
      manyTrustsOfAccount: { throughputVsOne: 0.88 },
      expired: { throughputVsNone: 0.94 },
    });
  });

  it("holds absolute figures beside them", () => {
    expect(json.exchange?.absolute).toMatchObject({
      countersign: { perSecond: 800, p99Ms: 12 },
      floor: { perSecond: 1000, p99Ms: 10 },
      keyFlow: { perSecond: 860 },
      keyFlowFloor: { perSecond: 1000 },
      manyRoles: { perSecond: 910 },
      manyRolesAsOne: { perSecond: 1000 },
      manyTrustsOfAccountAsOne: { perSecond: 1000 },
      evaluationOfTokenFloor: { perSecond: 1000 },
      oidcProvider: { perSecond: 2000 },
    });
  });

  it("holds what the purge did, and the longest exchange of all rounds", () => {
    expect(json.purge).toEqual({
      rows: 500,
      hourRuns: 2,
      rowsPerHourRun: 300,
      secondsPerHourRun: 2,
      exchanges: 210,
      longestBesideMs: 80,
      longestWithoutMs: 20,
    });
  });
});

describe("the table", () => {
  const lines = renderReport(measured);
  it.each([
    ["throughput, of the floor's", "NOT reached"],
    ["p99 latency, of the floor's", ": reached"],
    ["throughput, 100,000 accounts", ": reached"],
    ["key flow: throughput", ": reached"],
    ["project token: throughput", "NOT reached"],
    ["introspection: throughput", "NOT reached"],
    ["by bootstrap token: throughput", ": reached"],
    ["200 roles to one, for an API: throughput", ": reached"],
    ["200 roles to one, for us: throughput", "NOT reached"],
    ["one role: throughput", ": reached"],
    ["evaluation of a token: throughput", ": reached"],
    ["evaluation of an account: throughput", "NOT reached"],
    ["throughput, 1,000,000 expired", "NOT reached"],
  ])("%s says whether its target is", (label, verdict) => {
    expect(lines.find((line) => line.startsWith(label))).toContain(verdict);
  });

  it("says how many exchanges went on beside the purge", () => {
    expect(lines.at(-1)).toContain("none of 210 exchanges");
  });
});
