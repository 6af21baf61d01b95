/** What the pairs say: ratios with their spread for people, medians for programs. */
import { availableParallelism, platform } from "node:os";
import type { Pair } from "./contest.ts";
import type { FloorPairs } from "./contests.ts";
import type { LoadSample } from "./load.ts";
import { median, type Spread, spreadOf } from "./statistics.ts";

/** Everything that one run measured. */
export interface Measured {
  readonly floor: FloorPairs;
  readonly scale: readonly Pair[];
  readonly oidcProvider: readonly Pair[];
}

type Figure = "perSecond" | "p50Ms" | "p99Ms";

interface Ratio {
  readonly name: string;
  readonly label: string;
  readonly spread: Spread;
  readonly target?: { readonly bound: number; readonly isLeast: boolean };
}

const atLeast = (bound: number) => ({ bound, isLeast: true });
const atMost = (bound: number) => ({ bound, isLeast: false });

/** The ratios in the order of the table. A ratio of rates is better when greater, one of latencies when smaller. */
export function ratiosOf({ floor, scale, oidcProvider }: Measured): readonly Ratio[] {
  const ratio = (
    name: string,
    label: string,
    [pairs, figure]: [readonly Pair[], Figure],
    target?: Ratio["target"],
  ) => ({
    name,
    label,
    spread: spreadOf(pairs.map(({ ours, theirs }) => ours[figure] / theirs[figure])),
    ...(target && { target }),
  });
  const { busy, alone } = floor;
  return [
    ratio("throughputVsFloor", "throughput, of the floor's", [busy, "perSecond"], atLeast(0.85)),
    ratio("p99VsFloor", "p99 latency, of the floor's", [busy, "p99Ms"], atMost(1.3)),
    ratio("p50VsFloor", "p50 latency, of the floor's", [busy, "p50Ms"]),
    ratio("p99VsFloorAlone", "p99 latency, one client, of the floor's", [alone, "p99Ms"]),
    ratio("p50VsFloorAlone", "p50 latency, one client, of the floor's", [alone, "p50Ms"]),
    ratio(
      "throughputAt100kVs100",
      "throughput, 100,000 accounts to 100",
      [scale, "perSecond"],
      atLeast(0.95),
    ),
    ratio("p99At100kVs100", "p99 latency, 100,000 accounts to 100", [scale, "p99Ms"]),
    ratio("throughputVsOidcProvider", "throughput, of oidc-provider's", [oidcProvider, "perSecond"]),
  ];
}

/** Lines for a terminal. */
export function renderReport(measured: Measured): readonly string[] {
  const rows = ratiosOf(measured).map(({ label, spread, target }) =>
    [
      label.padEnd(42),
      ...[spread.min, spread.median, spread.max].map(fixed),
      judge(spread.median, target),
    ].join(" "),
  );
  const absolute = absolutesOf(measured);
  const figures = Object.entries(absolute).map(([name, { perSecond, p50Ms, p99Ms }]) =>
    [
      name.padEnd(24),
      perSecond.toFixed(0).padStart(6),
      p50Ms.toFixed(2).padStart(8),
      p99Ms.toFixed(2).padStart(8),
    ].join(" "),
  );
  return [
    `${platform()}, ${availableParallelism()} cores; the load generator took ${percent(generatorCpu(measured))} of one at most`,
    "",
    `${"ratio".padEnd(42)}    min  median     max  target`,
    ...rows,
    "",
    `${"medians".padEnd(24)}  per s   p50 ms   p99 ms`,
    ...figures,
  ];
}

function judge(value: number, target: Ratio["target"]): string {
  if (target === undefined) return "";
  const isReached = target.isLeast ? value >= target.bound : value <= target.bound;
  return ` ${target.isLeast ? ">=" : "<="} ${target.bound}: ${isReached ? "reached" : "NOT reached"}`;
}

/** The machine's form: ratios are medians of the paired runs, and so is everything else. */
export function jsonOf(measured: Measured): object {
  const ratios = ratiosOf(measured);
  return {
    exchange: {
      ...Object.fromEntries(ratios.map(({ name, spread }) => [name, spread.median])),
      spread: Object.fromEntries(ratios.map(({ name, spread }) => [name, spread])),
      absolute: absolutesOf(measured),
      generatorCpu: generatorCpu(measured),
    },
  };
}

function absolutesOf({ floor, scale, oidcProvider }: Measured) {
  return {
    countersign: medianOf(floor.busy.map(({ ours }) => ours)),
    floor: medianOf(floor.busy.map(({ theirs }) => theirs)),
    countersignAlone: medianOf(floor.alone.map(({ ours }) => ours)),
    floorAlone: medianOf(floor.alone.map(({ theirs }) => theirs)),
    countersignAt100k: medianOf(scale.map(({ ours }) => ours)),
    countersignAt100: medianOf(scale.map(({ theirs }) => theirs)),
    oidcProvider: medianOf(oidcProvider.map(({ theirs }) => theirs)),
  };
}

function medianOf(samples: readonly LoadSample[]): Readonly<Record<Figure, number>> {
  const of = (figure: Figure) => median(samples.map((sample) => sample[figure]));
  return { perSecond: of("perSecond"), p50Ms: of("p50Ms"), p99Ms: of("p99Ms") };
}

function generatorCpu({ floor, scale, oidcProvider }: Measured): number {
  const pairs = [...floor.busy, ...floor.alone, ...scale, ...oidcProvider];
  return Math.max(...pairs.flatMap(({ ours, theirs }) => [ours.generatorCpu, theirs.generatorCpu]));
}

function fixed(value: number): string {
  return value.toFixed(3).padStart(7);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
