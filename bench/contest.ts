/** Two contestants, measured in turn. */
import type { Contestant } from "./contestants.ts";
import type { LoadGenerator, LoadSample } from "./load.ts";

/** Two rounds side by side in time. */
export interface Pair {
  readonly ours: LoadSample;
  readonly theirs: LoadSample;
}

export interface Rounds {
  readonly pairs: number;
  readonly roundMs: number;
  /** Clients at a time. */
  readonly concurrency: number;
}

/** Everybody who takes part, and the means to measure. */
export interface Contest {
  readonly load: Pick<LoadGenerator, "run">;
  readonly ours: Contestant;
  readonly theirs: Contestant;
  readonly say: (line: string) => void;
}

/** Alternates A B, B A, A B …, so that a drift of the machine favours nobody. */
export async function runPairs(contest: Contest, rounds: Rounds): Promise<readonly Pair[]> {
  const { ours, theirs, say } = contest;
  say(`${ours.name} and ${theirs.name}, ${rounds.concurrency} at a time`);
  const pairs: Pair[] = [];
  for (let index = 0; index < rounds.pairs; index++) {
    const isOursFirst = index % 2 === 0;
    const first = await measure(contest, isOursFirst ? ours : theirs, rounds);
    const second = await measure(contest, isOursFirst ? theirs : ours, rounds);
    const pair = isOursFirst ? { ours: first, theirs: second } : { ours: second, theirs: first };
    pairs.push(pair);
    say(`  ${index + 1}/${rounds.pairs}: ${rate(pair.ours)} and ${rate(pair.theirs)} per s`);
  }
  return pairs;
}

function measure({ load }: Contest, { target }: Contestant, rounds: Rounds): Promise<LoadSample> {
  return load.run(target.url, rounds.concurrency, rounds.roundMs);
}

function rate({ perSecond }: LoadSample): string {
  return perSecond.toFixed(0).padStart(5);
}

/** No token without its record, of anybody: an exchange that skips its write would win, and mean nothing. */
export async function checkRecords(contestant: Contestant, answers: number): Promise<void> {
  const expected = contestant.isRecorded ? answers : 0;
  const records = await contestant.countRecords();
  if (records === expected) return;
  throw new Error(`${contestant.name} answered ${answers} times and has ${records} on record.`);
}
