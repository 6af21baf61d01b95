/** The three questions of the benchmark, each with contestants started for it alone. */
import { type Contest, checkRecords, type Pair, type Rounds, runPairs } from "./contest.ts";
import { type Contestant, startCountersign, startFloor, startOidcProvider } from "./contestants.ts";
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
const CONCURRENCY = 8;
const FEW_ACCOUNTS = 100;
const MANY_ACCOUNTS = 100_000;
/** Accounts of the many that get exchanges, spread evenly over them. */
const ACTIVE_OF_MANY = 200;

export interface FloorPairs {
  readonly busy: readonly Pair[];
  /** One client: nobody queues, so this is the time that one exchange takes. */
  readonly alone: readonly Pair[];
}

export function againstFloor(stage: Stage): Promise<FloorPairs> {
  const setting = { issuer: stage.issuer, accounts: FEW_ACCOUNTS };
  const starters = [() => startCountersign(setting), () => startFloor(setting)] as const;
  return contest(stage, starters, async (run) => ({
    busy: await run({ pairs: stage.plan.pairs, concurrency: CONCURRENCY }),
    alone: await run({ pairs: stage.plan.fewerPairs, concurrency: 1 }),
  }));
}

/** With 100,000 accounts (ours) and with 100 (theirs). */
export function atScale(stage: Stage): Promise<readonly Pair[]> {
  const { issuer } = stage;
  const many = { issuer, accounts: MANY_ACCOUNTS, activeAccounts: ACTIVE_OF_MANY };
  const starters = [
    async () => named(await startCountersign(many), "100,000 accounts"),
    async () => named(await startCountersign({ issuer, accounts: FEW_ACCOUNTS }), "100 accounts"),
  ] as const;
  return contest(stage, starters, (run) => run({ pairs: stage.plan.pairs, concurrency: CONCURRENCY }));
}

export function againstOidcProvider(stage: Stage): Promise<readonly Pair[]> {
  const setting = { issuer: stage.issuer, accounts: FEW_ACCOUNTS };
  const starters = [() => startCountersign(setting), () => startOidcProvider(setting)] as const;
  return contest(stage, starters, (run) => run({ pairs: stage.plan.fewerPairs, concurrency: CONCURRENCY }));
}

type Start = () => Promise<Contestant>;
type Run = (rounds: Omit<Rounds, "roundMs">) => Promise<readonly Pair[]>;

/** Starts both, warms them up, lets `work` measure, checks their records, stops them. */
async function contest<Result>(
  stage: Stage,
  [startOurs, startTheirs]: readonly [Start, Start],
  work: (run: Run) => Promise<Result>,
): Promise<Result> {
  await using cleanup = new AsyncDisposableStack();
  const exchanges = new Map<string, number>();
  const load = { run: countInto(exchanges, stage.load) };
  const enter = async (start: Start) => {
    const contestant = await start();
    cleanup.defer(contestant.close);
    stage.load.aim(contestant.target);
    await load.run(contestant.target.url, CONCURRENCY, stage.plan.warmUpMs);
    return contestant;
  };
  const ours = await enter(startOurs);
  const theirs = await enter(startTheirs);
  const contest: Contest = { load, ours, theirs, say: stage.say };
  const result = await work((rounds) => runPairs(contest, { ...rounds, roundMs: stage.plan.roundMs }));
  for (const each of [ours, theirs]) await checkRecords(each, exchanges.get(each.target.url) ?? 0);
  return result;
}

function countInto(exchanges: Map<string, number>, load: LoadGenerator): LoadGenerator["run"] {
  return async (url, concurrency, durationMs) => {
    const sample = await load.run(url, concurrency, durationMs);
    exchanges.set(url, (exchanges.get(url) ?? 0) + sample.exchanges);
    return sample;
  };
}

function named(contestant: Contestant, name: string): Contestant {
  return { ...contestant, name };
}
