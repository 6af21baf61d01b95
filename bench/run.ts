/** `npm run bench`: how fast the built Worker makes and judges tokens, beside its floor and beside another. */
import { writeFile } from "node:fs/promises";
import { buildWorker } from "../scripts/build.ts";
import {
  againstFloor,
  againstOidcProvider,
  atScale,
  besideExpired,
  credentialsAgainstFloor,
} from "./contests.ts";
import { startTokenIssuer } from "./foreign_tokens.ts";
import { startLoadGenerator } from "./load.ts";
import { parseOptions } from "./options.ts";
import { purgeBesideExchanges } from "./purge.ts";
import type { Measured } from "./ratios.ts";
import { jsonOf, renderReport } from "./report.ts";
import { evaluationsAgainstFloor, rolesAgainstFew } from "./role_contests.ts";
import type { Stage } from "./stage.ts";
import { trustsAgainstOne } from "./trust_contests.ts";

/** Nothing here takes so long; what hangs is stopped. */
const TIME_LIMIT_MS = 14 * 60_000;

async function main(): Promise<void> {
  const { plan, jsonPath } = parseOptions(process.argv.slice(2));
  const startedAt = performance.now();
  const say = (line: string) =>
    console.log(`${((performance.now() - startedAt) / 1000).toFixed(0).padStart(4)} s  ${line}`);
  say("building the Worker");
  await buildWorker();
  const measured = await measure(plan, say);
  console.log(["", ...renderReport(measured)].join("\n"));
  if (jsonPath !== undefined)
    await writeFile(jsonPath, `${JSON.stringify(jsonOf(measured), undefined, 2)}\n`);
}

async function measure(plan: Stage["plan"], say: Stage["say"]): Promise<Measured> {
  await using cleanup = new AsyncDisposableStack();
  const issuer = await startTokenIssuer();
  cleanup.defer(issuer.close);
  const load = startLoadGenerator();
  cleanup.defer(load.close);
  // Without its generator a contest fails at once, and what it started is stopped on the way out.
  const stop = () => void load.close();
  const timer = setTimeout(stop, TIME_LIMIT_MS).unref();
  cleanup.defer(() => clearTimeout(timer));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
  const stage: Stage = { load, issuer, plan, say };
  return {
    floor: await againstFloor(stage),
    credentials: await credentialsAgainstFloor(stage),
    roles: await rolesAgainstFew(stage),
    evaluations: await evaluationsAgainstFloor(stage),
    trusts: await trustsAgainstOne(stage),
    scale: await atScale(stage),
    expired: { rows: plan.oldTokens, pairs: await besideExpired(stage) },
    purge: await purgeBesideExchanges(stage),
    oidcProvider: await againstOidcProvider(stage),
  };
}

await main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
