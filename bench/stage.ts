/** Where a contest takes place: contestants started for it alone, warmed up, measured, checked, stopped. */
import { checkRecords, type Pair, type Rounds, runPairs } from "./contest.ts";
import type { Contestant } from "./contestants.ts";
import type { TokenIssuer } from "./foreign_tokens.ts";
import type { LoadGenerator } from "./load.ts";
import type { Plan } from "./options.ts";

export interface Stage {
  readonly load: LoadGenerator;
  readonly issuer: TokenIssuer;
  readonly plan: Plan;
  readonly say: (line: string) => void;
}

/** Clients at a time: enough that the server never waits for one. */
export const CONCURRENCY = 8;

type Start = () => Promise<Contestant>;
type Run = (rounds: Omit<Rounds, "roundMs">) => Promise<readonly Pair[]>;

/** Starts both, warms them up, lets `work` measure, checks their records, stops them. */
export async function contest<Result>(
  stage: Stage,
  [startOurs, startTheirs]: readonly [Start, Start],
  work: (run: Run) => Promise<Result>,
): Promise<Result> {
  await using cleanup = new AsyncDisposableStack();
  const tally = tallyOf(stage.load);
  const enter = async (start: Start) => {
    const contestant = await start();
    cleanup.defer(contestant.close);
    await warmUp(stage, tally, contestant);
    return contestant;
  };
  const ours = await enter(startOurs);
  const theirs = await enter(startTheirs);
  const result = await work((rounds) =>
    runPairs({ load: tally, ours, theirs, say: stage.say }, { ...rounds, roundMs: stage.plan.roundMs }),
  );
  await tally.check();
  return result;
}

export async function warmUp({ plan }: Stage, tally: Tally, contestant: Contestant): Promise<void> {
  tally.enter(contestant);
  await tally.run(contestant.target.url, CONCURRENCY, plan.warmUpMs);
}

/** The load generator for contestants that it knows: gives them fresh bodies, and counts what they answered. */
export interface Tally extends Pick<LoadGenerator, "run"> {
  enter(contestant: Contestant): void;
  /** @throws Error of whoever answered without a record */
  check(): Promise<void>;
}

export function tallyOf(load: LoadGenerator): Tally {
  const entered = new Map<string, { readonly contestant: Contestant; exchanges: number }>();
  return {
    enter: (contestant) => {
      entered.set(contestant.target.url, { contestant, exchanges: 0 });
      load.aim(contestant.target);
    },
    run: async (url, concurrency, durationMs) => {
      const entry = entered.get(url);
      if (entry === undefined) throw new Error(`${url} is no contestant's`);
      const { target, supply } = entry.contestant;
      if (supply !== undefined) load.aim({ ...target, bodies: await supply.fill(durationMs) });
      const sample = await load.run(url, concurrency, durationMs);
      supply?.used(sample.exchanges);
      entry.exchanges += sample.exchanges;
      return sample;
    },
    check: async () => {
      for (const { contestant, exchanges } of entered.values()) await checkRecords(contestant, exchanges);
    },
  };
}
