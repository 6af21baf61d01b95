import { describe, expect, it } from "vitest";
import { type Contest, checkRecords, runPairs } from "../../../bench/contest.ts";
import type { LoadSample } from "../../../bench/load.ts";

const contestant = (name: string, records = 0, isRecorded = true) => ({
  name,
  isRecorded,
  target: { url: `http://${name}.example/token`, bodies: [] },
  countRecords: async () => records,
  close: async () => undefined,
});

/** Answers 100/s at first, and one less each time it is asked: a machine that slows down. */
function slowingLoad(asked: string[]): Contest["load"] {
  return {
    async run(url, concurrency, durationMs) {
      asked.push(`${new URL(url).hostname[0]} ${concurrency} ${durationMs}`);
      const sample: LoadSample = {
        exchanges: 1,
        perSecond: 101 - asked.length,
        p50Ms: 1,
        p99Ms: 2,
        maxMs: 3,
        generatorCpu: 0,
      };
      return sample;
    },
  };
}

describe("paired rounds", () => {
  const asked: string[] = [];
  const said: string[] = [];
  const contest: Contest = {
    load: slowingLoad(asked),
    ours: contestant("a"),
    theirs: contestant("b"),
    say: (line) => said.push(line),
  };

  it("alternate who begins, with the same load for both", async () => {
    const pairs = await runPairs(contest, { pairs: 3, roundMs: 10, concurrency: 8 });
    expect(asked).toEqual(["a 8 10", "b 8 10", "b 8 10", "a 8 10", "a 8 10", "b 8 10"]);
    expect(pairs.map(({ ours, theirs }) => [ours.perSecond, theirs.perSecond])).toEqual([
      [100, 99],
      [97, 98],
      [96, 95],
    ]);
  });

  it("say how they go", () => {
    expect(said[0]).toBe("a and b, 8 at a time");
    expect(said.slice(1)).toHaveLength(3);
  });
});

describe("a contestant's records", () => {
  it("that match its answers are accepted", async () => {
    await expect(checkRecords(contestant("a", 5), 5)).resolves.toBeUndefined();
  });

  it.each([
    ["too few: it answered tokens that it did not record", 4],
    ["too many: somebody else exchanged too", 6],
  ])("that are %s", async (_, records) => {
    await expect(checkRecords(contestant("a", records), 5)).rejects.toThrow(`has ${records} on record`);
  });

  it("are none where answers leave none", async () => {
    await expect(checkRecords(contestant("a", 0, false), 5)).resolves.toBeUndefined();
    await expect(checkRecords(contestant("a", 1, false), 5)).rejects.toThrow("has 1 on record");
  });
});
