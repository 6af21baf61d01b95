/** What the pairs say: ratios with their spread for people, medians for programs. */
import { availableParallelism, platform } from "node:os";
import type { LoadSample } from "./load.ts";
import type { Purge } from "./purge.ts";
import { type Figure, type Measured, type Ratio, ratiosOf, samplesOf } from "./ratios.ts";
import { median } from "./statistics.ts";

const LABEL_WIDTH = 52;

/** Lines for a terminal. */
export function renderReport(measured: Measured): readonly string[] {
  const rows = ratiosOf(measured).map(({ label, spread, target }) =>
    [
      label.padEnd(LABEL_WIDTH),
      ...[spread.min, spread.median, spread.max].map(fixed),
      judge(spread.median, target),
    ].join(" "),
  );
  const figures = Object.entries(absolutesOf(measured)).map(([name, { perSecond, p50Ms, p99Ms }]) =>
    [
      name.padEnd(30),
      perSecond.toFixed(0).padStart(6),
      p50Ms.toFixed(2).padStart(8),
      p99Ms.toFixed(2).padStart(8),
    ].join(" "),
  );
  return [
    `${platform()}, ${availableParallelism()} cores; the load generator took ${percent(generatorCpu(measured))} of one at most`,
    "",
    `${"ratio".padEnd(LABEL_WIDTH)}    min  median     max  target`,
    ...rows,
    "",
    `${"medians".padEnd(30)}  per s   p50 ms   p99 ms`,
    ...figures,
    "",
    ...renderPurge(measured.purge),
  ];
}

function renderPurge(purge: Purge): readonly string[] {
  const { longestBesideMs, longestWithoutMs, rowsPerHourRun, secondsPerHourRun, hourRuns, exchanges } =
    purgeFigures(purge);
  return [
    `purge of ${purge.rows} tokens in ${hourRuns} hour-runs: ${rowsPerHourRun} rows each, ${secondsPerHourRun.toFixed(1)} s`,
    `none of ${exchanges} exchanges beside it failed; the longest took ${longestBesideMs.toFixed(0)} ms, without it ${longestWithoutMs.toFixed(0)} ms`,
  ];
}

function purgeFigures({ hourRuns, beside, without }: Purge) {
  const longest = (samples: readonly LoadSample[]) => Math.max(...samples.map(({ maxMs }) => maxMs));
  return {
    hourRuns: hourRuns.length,
    rowsPerHourRun: Math.max(...hourRuns.map(({ rows }) => rows)),
    secondsPerHourRun: Math.max(...hourRuns.map(({ seconds }) => seconds)),
    exchanges: beside.reduce((sum, sample) => sum + sample.exchanges, 0),
    longestBesideMs: longest(beside),
    longestWithoutMs: longest(without),
  };
}

function judge(value: number, target: Ratio["target"]): string {
  if (target === undefined) return "";
  const isReached = target.isLeast ? value >= target.bound : value <= target.bound;
  return ` ${target.isLeast ? ">=" : "<="} ${target.bound}: ${isReached ? "reached" : "NOT reached"}`;
}

/** The machine's form: ratios are medians of the paired runs, and so is everything else. */
export function jsonOf(measured: Measured): object {
  const groups = Object.groupBy(ratiosOf(measured), ({ group }) => group);
  const { exchange, ...others } = Object.fromEntries(
    Object.entries(groups).map(([group, ratios = []]) => [
      group,
      {
        ...Object.fromEntries(ratios.map(({ name, spread }) => [name, spread.median])),
        spread: Object.fromEntries(ratios.map(({ name, spread }) => [name, spread])),
      },
    ]),
  );
  return {
    exchange: { ...exchange, absolute: absolutesOf(measured), generatorCpu: generatorCpu(measured) },
    ...others,
    purge: { rows: measured.purge.rows, ...purgeFigures(measured.purge) },
  };
}

function absolutesOf(measured: Measured): Readonly<Record<string, Readonly<Record<Figure, number>>>> {
  return Object.fromEntries(
    Object.entries(samplesOf(measured)).map(([name, samples]) => [name, medianOf(samples)]),
  );
}

function medianOf(samples: readonly LoadSample[]): Readonly<Record<Figure, number>> {
  const of = (figure: Figure) => median(samples.map((sample) => sample[figure]));
  return { perSecond: of("perSecond"), p50Ms: of("p50Ms"), p99Ms: of("p99Ms") };
}

function generatorCpu(measured: Measured): number {
  const { oidcProvider } = measured;
  const samples = [...Object.values(samplesOf(measured)).flat(), ...oidcProvider.map(({ ours }) => ours)];
  return Math.max(...samples.map((sample) => sample.generatorCpu));
}

function fixed(value: number): string {
  return value.toFixed(3).padStart(7);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
