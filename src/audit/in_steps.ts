import type { Context } from "../deps.ts";

/** Between two steps: a chain of writes without a pause keeps exchanges waiting to its end. */
const PAUSE_MS = 5;

/**
 * Purges in bounded steps: each purge is repeated until it says that there was nothing left. What the steps of one hour
 * do not reach is for the next. @param bounds `stepsMax` for all purges together, `rowsAtOnce` in one step
 */
export async function inSteps(
  { deps: { log, sleep } }: Context,
  purges: readonly (() => Promise<boolean>)[],
  { stepsMax, rowsAtOnce }: { readonly stepsMax: number; readonly rowsAtOnce: number },
): Promise<void> {
  let steps = 0;
  for (const purge of purges) {
    while (steps < stepsMax && (await purge())) {
      steps += 1;
      await sleep(PAUSE_MS);
    }
  }
  if (steps === stepsMax) log({ level: "warn", event: "purge_behind", rows: steps * rowsAtOnce });
}
