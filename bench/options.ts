/** What `npm run bench -- …` takes, and how long each part of it measures. */
import { parseArgs } from "node:util";

export interface Options {
  readonly plan: Plan;
  /** Where the figures go as JSON besides. */
  readonly jsonPath: string | undefined;
}

/** Rounds come in pairs, one of each contestant, side by side in time: what disturbs one disturbs the other. */
export interface Plan {
  /** Pairs for the figures that have a target. */
  readonly pairs: number;
  /** Pairs for the others. */
  readonly fewerPairs: number;
  readonly roundMs: number;
  /** Before the first round of a contestant: its code is compiled, its keys are cached. */
  readonly warmUpMs: number;
  /** Rows of old tokens beside which exchanges are measured, and that are purged beside them. */
  readonly oldTokens: number;
}

const FULL: Plan = { pairs: 24, fewerPairs: 10, roundMs: 750, warmUpMs: 3000, oldTokens: 1_000_000 };
const QUICK: Plan = { pairs: 8, fewerPairs: 4, roundMs: 500, warmUpMs: 1500, oldTokens: 100_000 };

/** @throws TypeError on an argument that is not known */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: { json: { type: "string" }, quick: { type: "boolean", default: false } },
  });
  return { plan: values.quick ? QUICK : FULL, jsonPath: values.json };
}
