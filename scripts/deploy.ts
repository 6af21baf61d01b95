/** `npm run deploy`: from a Cloudflare account to a running service; safe to run again. See docs/deploy.md. */
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DeployError } from "./deploy/plan.ts";
import { type DeployWorld, deploy, rehearse } from "./deploy/run.ts";
import { PROJECT_ROOT, runWrangler } from "./wrangler.ts";

const CONFIG_PATH = join(PROJECT_ROOT, "wrangler.toml");

const world: DeployWorld = {
  runWrangler,
  readConfig: () => readFile(CONFIG_PATH, "utf8"),
  writeConfig: (text) => writeFile(CONFIG_PATH, text),
  randomSecret: () => randomBytes(32).toString("base64url"),
  say: (line) => console.log(line),
  env: process.env,
};

async function main(args: readonly string[]): Promise<void> {
  if (args.length === 0) return deploy(world);
  if (args.length === 1 && args[0] === "--dry-run") return rehearse(world);
  throw new DeployError("Usage: npm run deploy [-- --dry-run]");
}

if (import.meta.main) {
  await main(process.argv.slice(2)).catch((error: unknown) => {
    if (!(error instanceof DeployError)) throw error;
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  });
}
