/** Exchanges while the hourly work forgets a great many tokens: nobody may fail, and nobody should wait long. */
import { startCountersign, type WorkerContestant } from "./contestants.ts";
import { FEW_ACCOUNTS } from "./contests.ts";
import type { LoadSample } from "./load.ts";
import { CONCURRENCY, type Stage, type Tally, tallyOf, warmUp } from "./stage.ts";

export interface Purge {
  /** That were due. */
  readonly rows: number;
  /** Each as the clock would start it once an hour. */
  readonly hourRuns: readonly HourRun[];
  /** Rounds of exchanges beside it, and as many without. */
  readonly beside: readonly LoadSample[];
  readonly without: readonly LoadSample[];
}

export interface HourRun {
  readonly rows: number;
  readonly seconds: number;
}

const CRON = "17 * * * *";
/** As the service keeps them, and a day beyond. */
const DUE_SECONDS = 8 * 24 * 3600;
/** More than any number of rows here takes. */
const HOUR_RUNS_MAX = 50;

export async function purgeBesideExchanges(stage: Stage): Promise<Purge> {
  await using cleanup = new AsyncDisposableStack();
  const { issuer, plan, say } = stage;
  const due = Math.floor(Date.now() / 1000) - DUE_SECONDS;
  const oldTokens = { count: plan.oldTokens, from: due - 24 * 3600, to: due };
  say(`purging ${plan.oldTokens} tokens beside exchanges`);
  const contestant = await startCountersign({ issuer, accounts: FEW_ACCOUNTS, oldTokens });
  cleanup.defer(contestant.close);
  const tally = tallyOf(stage.load);
  await warmUp(stage, tally, contestant);
  let isOver = false;
  const round = () => tally.run(contestant.target.url, CONCURRENCY, plan.roundMs);
  const purging = purge(contestant, say).finally(() => {
    isOver = true;
  });
  purging.catch(() => undefined);
  const beside = await roundsUntil(() => isOver, round);
  const seconds = await purging;
  const without = await roundsUntil((done) => done >= beside.length, round);
  await tally.check();
  return { rows: plan.oldTokens, hourRuns: await hourRunsOf(contestant, seconds), beside, without };
}

/** One at least. */
async function roundsUntil(isOver: (done: number) => boolean, round: () => ReturnType<Tally["run"]>) {
  const samples: LoadSample[] = [];
  do samples.push(await round());
  while (!isOver(samples.length));
  return samples;
}

/** Runs the scheduled handler until nothing is due, and answers how long each run took. */
async function purge({ miniflare }: WorkerContestant, say: Stage["say"]): Promise<readonly number[]> {
  const worker = await miniflare.getWorker();
  const d1 = await miniflare.getD1Database("DB");
  const due = d1.prepare("SELECT 1 FROM access_token WHERE expires_at < unixepoch() - 7 * 86400 LIMIT 1");
  const seconds: number[] = [];
  while ((await due.first()) !== null) {
    if (seconds.length >= HOUR_RUNS_MAX) throw new Error(`${HOUR_RUNS_MAX} hours' work left tokens over.`);
    const startedAt = performance.now();
    const { outcome } = await worker.scheduled({ cron: CRON });
    if (outcome !== "ok") throw new Error(`The scheduled handler ended with ${outcome}.`);
    seconds.push((performance.now() - startedAt) / 1000);
    say(`  hour-run ${seconds.length}: ${seconds.at(-1)?.toFixed(1)} s`);
  }
  return seconds;
}

/** What each run deleted, as the record has it: an event for each step, under the request id of its run. */
async function hourRunsOf(
  { miniflare }: WorkerContestant,
  seconds: readonly number[],
): Promise<readonly HourRun[]> {
  const d1 = await miniflare.getD1Database("DB");
  const steps = `SELECT sum(rows_changed) AS rows FROM audit_event
    WHERE action = 'access_token.purge' GROUP BY request_id ORDER BY request_id`;
  const { results } = await d1.prepare(steps).all<{ rows: number }>();
  if (results.length !== seconds.length) throw new Error("An hour's work left no event.");
  return results.map(({ rows }, index) => ({ rows, seconds: seconds[index] as number }));
}
