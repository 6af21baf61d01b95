/** The questions of the benchmark that two contestants answer side by side. */
import type { Pair } from "./contest.ts";
import { startCountersign, startFloor, startOidcProvider } from "./contestants.ts";
import type { OldTokens } from "./seed.ts";
import { CONCURRENCY, contest, type Stage } from "./stage.ts";
import { introspection, keyFlow, projectTokens, type Traffic } from "./traffic.ts";

export const FEW_ACCOUNTS = 100;
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

/** Everything but the exchange of foreign tokens, each beside its floor. */
export interface CredentialPairs {
  readonly keyFlow: readonly Pair[];
  readonly projectToken: readonly Pair[];
  readonly introspection: readonly Pair[];
  readonly introspectionByBootstrap: readonly Pair[];
}

export async function credentialsAgainstFloor(stage: Stage): Promise<CredentialPairs> {
  const against = (what: string, traffic: Traffic) => {
    stage.say(what);
    const setting = { issuer: stage.issuer, accounts: FEW_ACCOUNTS, traffic };
    const starters = [() => startCountersign(setting), () => startFloor(setting)] as const;
    return contest(stage, starters, (run) => run({ pairs: stage.plan.pairs, concurrency: CONCURRENCY }));
  };
  return {
    keyFlow: await against("the key flow", keyFlow),
    projectToken: await against("the exchange of project tokens", projectTokens),
    introspection: await against("introspection by an account", introspection("account")),
    introspectionByBootstrap: await against(
      "introspection by the bootstrap token",
      introspection("bootstrap"),
    ),
  };
}

/** With 100,000 accounts (ours) and with 100 (theirs). */
export function atScale(stage: Stage): Promise<readonly Pair[]> {
  const { issuer } = stage;
  const many = { issuer, accounts: MANY_ACCOUNTS, activeAccounts: ACTIVE_OF_MANY };
  const starters = [
    async () => ({ ...(await startCountersign(many)), name: "100,000 accounts" }),
    async () => ({ ...(await startCountersign({ issuer, accounts: FEW_ACCOUNTS })), name: "100 accounts" }),
  ] as const;
  return contest(stage, starters, (run) => run({ pairs: stage.plan.pairs, concurrency: CONCURRENCY }));
}

const DAY_SECONDS = 24 * 3600;

/** Beside expired tokens that are not due yet (ours), and beside none (theirs). */
export function besideExpired(stage: Stage): Promise<readonly Pair[]> {
  const { issuer, plan } = stage;
  const now = Math.floor(Date.now() / 1000);
  const oldTokens: OldTokens = { count: plan.oldTokens, from: now - 6 * DAY_SECONDS, to: now };
  const setting = { issuer, accounts: FEW_ACCOUNTS };
  const name = `${plan.oldTokens} expired tokens`;
  const starters = [
    async () => ({ ...(await startCountersign({ ...setting, oldTokens })), name }),
    async () => ({ ...(await startCountersign(setting)), name: "none" }),
  ] as const;
  stage.say(`with ${name} in the database`);
  return contest(stage, starters, (run) => run({ pairs: plan.pairs, concurrency: CONCURRENCY }));
}

export function againstOidcProvider(stage: Stage): Promise<readonly Pair[]> {
  const setting = { issuer: stage.issuer, accounts: FEW_ACCOUNTS };
  const starters = [() => startCountersign(setting), () => startOidcProvider(setting)] as const;
  return contest(stage, starters, (run) => run({ pairs: stage.plan.fewerPairs, concurrency: CONCURRENCY }));
}
