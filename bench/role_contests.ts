/** What role bindings cost: many beside one, one beside the floor, and questions about them beside theirs. */
import type { Pair } from "./contest.ts";
import { startCountersign, startFloor } from "./contestants.ts";
import { FEW_ACCOUNTS } from "./contests.ts";
import { evaluation, exchangeWithRoles } from "./role_traffic.ts";
import { CONCURRENCY, contest, type Stage } from "./stage.ts";
import type { Traffic } from "./traffic.ts";

export interface RolePairs {
  /** For an API: 10,000 bindings in the project and 200 on each account (ours), and one on each (theirs). */
  readonly manyRoles: readonly Pair[];
  /** The same for us, without scope: all 200 concern it. */
  readonly manyRolesOwn: readonly Pair[];
  /** One role, beside the floor of an exchange, which knows no roles. */
  readonly oneRole: readonly Pair[];
}

/** Beside a floor that reads who asks and decides nothing. */
export interface EvaluationPairs {
  readonly evaluationOfToken: readonly Pair[];
  readonly evaluationOfAccount: readonly Pair[];
}

/** Accounts with 200 bindings each: 4000 of the 10,000. */
const ACTIVE = 20;

export async function rolesAgainstFew(stage: Stage): Promise<RolePairs> {
  return {
    manyRoles: await manyAgainstOne(stage, "api"),
    manyRolesOwn: await manyAgainstOne(stage, "project"),
    oneRole: await againstFloor(
      stage,
      "an exchange with a role",
      exchangeWithRoles({ on: "api", bindings: "one" }),
    ),
  };
}

export async function evaluationsAgainstFloor(stage: Stage): Promise<EvaluationPairs> {
  return {
    evaluationOfToken: await againstFloor(stage, "evaluation of a token", evaluation("access_token")),
    evaluationOfAccount: await againstFloor(stage, "evaluation of an account", evaluation("service_account")),
  };
}

function manyAgainstOne(stage: Stage, on: "api" | "project"): Promise<readonly Pair[]> {
  const { issuer, plan } = stage;
  const many = { issuer, accounts: FEW_ACCOUNTS, activeAccounts: ACTIVE };
  const few = { issuer, accounts: ACTIVE };
  const start = async (bindings: "many" | "one", name: string) => {
    const traffic = exchangeWithRoles({ on, bindings });
    return { ...(await startCountersign({ ...(bindings === "many" ? many : few), traffic })), name };
  };
  const starters = [() => start("many", "10,000 bindings"), () => start("one", "one each")] as const;
  stage.say(`with role bindings on the ${on}`);
  return contest(stage, starters, (run) => run({ pairs: plan.pairs, concurrency: CONCURRENCY }));
}

function againstFloor(stage: Stage, what: string, traffic: Traffic): Promise<readonly Pair[]> {
  const setting = { issuer: stage.issuer, accounts: FEW_ACCOUNTS, traffic };
  const starters = [() => startCountersign(setting), () => startFloor(setting)] as const;
  stage.say(what);
  return contest(stage, starters, (run) => run({ pairs: stage.plan.pairs, concurrency: CONCURRENCY }));
}
