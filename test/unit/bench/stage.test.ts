import { describe, expect, it } from "vitest";
import type { LoadSample, LoadTarget } from "../../../bench/load.ts";
import { tallyOf } from "../../../bench/stage.ts";
import { supplyOf } from "../../../bench/supply.ts";

const SAMPLE: LoadSample = { exchanges: 3, perSecond: 3, p50Ms: 1, p99Ms: 2, maxMs: 2, generatorCpu: 0 };

/** Answers three requests a round, and remembers where it was aimed. */
function aimedLoad() {
  const aimed: LoadTarget[] = [];
  const load = {
    aim: (target: LoadTarget) => void aimed.push(target),
    run: async () => SAMPLE,
    close: async () => undefined,
  };
  return { aimed, load };
}

const contestant = (records: number) => ({
  name: "a",
  target: { url: "http://a.example/token", bodies: [] as string[], isOnce: true },
  isRecorded: true,
  countRecords: async () => records,
  close: async () => undefined,
});

describe("the tally", () => {
  it("gives a contestant fresh bodies before each round, and none twice", async () => {
    const { aimed, load } = aimedLoad();
    let made = 0;
    const tally = tallyOf(load);
    tally.enter({ ...contestant(6), supply: supplyOf(async () => String(made++)) });
    for (let round = 0; round < 2; round++) await tally.run("http://a.example/token", 8, 10);
    expect(aimed.slice(1).map(({ bodies }) => bodies[0])).toEqual(["0", "3"]);
    expect(aimed.every(({ isOnce }) => isOnce)).toBe(true);
  });

  it("holds the records against everything that was answered, warm-up and all", async () => {
    const { load } = aimedLoad();
    const tally = tallyOf(load);
    tally.enter(contestant(6));
    await tally.run("http://a.example/token", 8, 10);
    await expect(tally.check()).rejects.toThrow("answered 3 times and has 6 on record");
    await tally.run("http://a.example/token", 8, 10);
    await expect(tally.check()).resolves.toBeUndefined();
  });

  it("knows its contestants", async () => {
    await expect(tallyOf(aimedLoad().load).run("http://b.example/token", 8, 10)).rejects.toThrow(
      "no contestant",
    );
  });
});
