/** What trusts cost that let nobody in here: many of one issuer beside one. */
import type { Pair } from "./contest.ts";
import { startCountersign } from "./contestants.ts";
import { type D1, idOf, PROJECT } from "./seed.ts";
import { CONCURRENCY, contest, type Stage } from "./stage.ts";
import { federation, type Traffic } from "./traffic.ts";

export interface TrustPairs {
  /** 10,000 trusts of one issuer in the project (ours), and one on each of a hundred accounts (theirs). */
  readonly manyTrustsOfProject: readonly Pair[];
  /** 50 trusts of the issuer on each account (ours), and one (theirs). */
  readonly manyTrustsOfAccount: readonly Pair[];
}

const ACTIVE = 100;
/** Of the first project, which has a thousand accounts at most: those behind the active ones hold the rest. */
const ACCOUNTS_OF_MANY = 1000;

export async function trustsAgainstOne(stage: Stage): Promise<TrustPairs> {
  const { issuer } = stage;
  const few = { issuer, accounts: ACTIVE };
  const spread = { issuer, accounts: ACCOUNTS_OF_MANY, activeAccounts: ACTIVE };
  return {
    manyTrustsOfProject: await against(stage, "10,000 trusts in the project", [
      { ...spread, traffic: withTrusts({ accounts: ACCOUNTS_OF_MANY, perAccount: 9, isActiveSpared: true }) },
      few,
    ]),
    manyTrustsOfAccount: await against(stage, "50 trusts on each account", [
      { ...few, traffic: withTrusts({ accounts: ACTIVE, perAccount: 49, isActiveSpared: false }) },
      few,
    ]),
  };
}

type Setting = Parameters<typeof startCountersign>[0];

function against(
  stage: Stage,
  what: string,
  [many, one]: readonly [Setting, Setting],
): Promise<readonly Pair[]> {
  const start = async (setting: Setting, name: string) => ({ ...(await startCountersign(setting)), name });
  const starters = [() => start(many, what), () => start(one, "one each")] as const;
  stage.say(what);
  return contest(stage, starters, (run) => run({ pairs: stage.plan.pairs, concurrency: CONCURRENCY }));
}

interface More {
  readonly accounts: number;
  readonly perAccount: number;
  /** Whether accounts that get exchanges keep their one trust. */
  readonly isActiveSpared: boolean;
}

const INSERT_MORE = `WITH RECURSIVE a(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM a WHERE i + 1 < ?1),
  t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < ?2)
  INSERT INTO federated_identity_provider
  (id, project_id, service_account_id, name, issuer, assertions, pin, created_at, updated_at)
  SELECT printf('018f0000-0000-7000-9%03x-%012x', n, i), ?3, printf('%s%012x', ?4, i), printf('other-%02d', n), ?5,
    json_array(json_object('item', 'repository_id', 'operator', 'equals', 'value', printf('8%05d', n)),
      json_object('item', 'ref', 'operator', 'equals', 'value', 'refs/heads/main')),
    printf('repository_id=8%05d', n), ?6, ?6
  FROM a, t WHERE ?7 = 0 OR i % ?7 <> 0`;

/** Exchanges of accounts that trust more repositories than the one whose tokens come. */
function withTrusts({ accounts, perAccount, isActiveSpared }: More): Traffic {
  return async (worker, d1, setting) => {
    await seedMore(d1, setting.issuer.issuer, [
      accounts,
      perAccount,
      isActiveSpared ? Math.floor(accounts / ACTIVE) : 0,
    ]);
    return federation(worker, d1, setting);
  };
}

async function seedMore(
  d1: D1,
  issuer: string,
  [accounts, perAccount, spared]: readonly [number, number, number],
): Promise<void> {
  const ids = idOf("account", 0).slice(0, -12);
  const now = Math.floor(Date.now() / 1000);
  await d1.prepare(INSERT_MORE).bind(accounts, perAccount, PROJECT, ids, issuer, now, spared).run();
}
