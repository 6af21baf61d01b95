/** `npm run dev`: the service on this machine, for a person. Further arguments go to `wrangler dev`. */
import { randomBytes } from "node:crypto";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { missingDevVars, newDevVars, parseDevVars } from "./dev/dev_vars.ts";
import { type DevOptions, readDevOptions } from "./dev/options.ts";
import { firstCurl, originOf, planDev } from "./dev/plan.ts";
import { exitCode, PROJECT_ROOT, runWrangler, startWrangler } from "./wrangler.ts";

const DEV_VARS_PATH = join(PROJECT_ROOT, ".dev.vars");
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** Wrangler goes on printing for a moment after it is ready; what a person should read comes last. */
const LAST_WORD_DELAY_MS = 300;
const PARENT_CHECK_INTERVAL_MS = 500;

const randomSecret = () => randomBytes(32).toString("base64url");

/** Makes sure of .dev.vars and answers what it holds. Existing lines are neither changed nor printed. */
async function prepareDevVars(): Promise<Readonly<Record<string, string | undefined>>> {
  const existing = await readFile(DEV_VARS_PATH, "utf8").catch(ignoreMissing);
  if (existing === undefined) {
    const text = newDevVars(randomSecret);
    await writeFile(DEV_VARS_PATH, text, { mode: 0o600, flag: "wx" });
    console.log("Made .dev.vars with new random secrets.");
    return parseDevVars(text);
  }
  const { added, addition } = missingDevVars(existing, randomSecret);
  if (added.length > 0) {
    await appendFile(DEV_VARS_PATH, addition);
    console.log(`Added to .dev.vars: ${added.join(", ")}.`);
  }
  return parseDevVars(existing + addition);
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

async function migrate(args: readonly string[] | undefined, signal: AbortSignal): Promise<void> {
  if (args === undefined) {
    console.log(
      "LIBSQL_URL is set: accounts are stored there, not in D1. Its migrations: npm run migrate:libsql",
    );
    return;
  }
  console.log("Applying migrations to the local database ...");
  const { code, stdout, stderr } = await runWrangler(args, { signal });
  if (code !== 0) throw new Error(`The migrations could not be applied.\n${stdout}\n${stderr}`.trim());
}

async function freePort(ip: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, ip, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function serve(options: DevOptions, devArgs: readonly string[], signal: AbortSignal): Promise<number> {
  const wrangler = startWrangler(devArgs, ({ ip, port }) => {
    const origin = originOf({ ...options, ip }, port);
    const isAtRoot = (process.env.INIT_CWD ?? process.cwd()) === PROJECT_ROOT;
    const curl = firstCurl(origin, isAtRoot ? ".dev.vars" : DEV_VARS_PATH);
    setTimeout(() => {
      console.log(`\ncountersign listens on ${origin}\nMake a first project:\n\n  ${curl}\n`);
    }, LAST_WORD_DELAY_MS).unref();
  });
  const stop = () => wrangler.kill(signal.reason === "SIGINT" ? "SIGINT" : "SIGTERM");
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop);
  return exitCode(wrangler);
}

async function main(signal: AbortSignal): Promise<number> {
  const options = readDevOptions(process.argv.slice(2), process.env);
  if (options.isHelp) return serve(options, ["dev", ...options.rest], signal);
  const port = options.port === 0 ? await freePort(options.ip) : options.port;
  if (options.hasEnvFile)
    console.log("With --env-file, wrangler does not read .dev.vars: the secrets must be in yours.");
  const devVars = options.hasEnvFile ? {} : await prepareDevVars();
  const isTerminal = Boolean(process.stdin.isTTY && process.stdout.isTTY);
  const plan = planDev(options, { port, cwd: process.cwd(), isTerminal, devVars });
  await migrate(plan.migrateArgs, signal);
  return serve(options, plan.devArgs, signal);
}

/** The shell between npm and us dies of a signal without handing it on; then nobody else would stop us. */
function stopWithNpm(controller: AbortController): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const watch = () => process.ppid !== parent && controller.abort("SIGTERM");
  setInterval(watch, PARENT_CHECK_INTERVAL_MS).unref();
}

const stopping = new AbortController();
stopWithNpm(stopping);
for (const name of SIGNALS) process.on(name, () => stopping.abort(name));
try {
  process.exitCode = await main(stopping.signal);
} catch (error) {
  if (stopping.signal.aborted) process.exitCode = stopping.signal.reason === "SIGINT" ? 130 : 143;
  else {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
