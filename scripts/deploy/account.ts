/** What we ask of a Cloudflare account, each as one call of wrangler. */
import { stripVTControlCharacters } from "node:util";
import type { RunWrangler, WranglerResult } from "../wrangler.ts";
import { DeployError, type Listed } from "./plan.ts";

/** Lines of wrangler's own words that a failure repeats. */
const ERROR_LINES_MAX = 12;

interface Login {
  readonly loggedIn?: boolean;
  readonly accounts?: readonly { readonly id: string; readonly name: string }[];
}

/** @throws DeployError when nobody is logged in, or it is not clear to which of several accounts */
export async function checkLogin(
  run: RunWrangler,
  { apiToken, accountId }: { apiToken: string | undefined; accountId: string | undefined },
): Promise<void> {
  if (apiToken) return;
  const result = await run(["whoami", "--json"]);
  const { loggedIn, accounts = [] } = result.code === 0 ? parseObject<Login>(result) : {};
  if (loggedIn !== true) {
    throw new DeployError(
      "You are not logged in to Cloudflare. Run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN, and run this again.",
    );
  }
  if (accounts.length > 1 && !accountId) {
    const list = accounts.map(({ id, name }) => `  ${id}  ${name}`).join("\n");
    throw new DeployError(`You have several accounts. Set CLOUDFLARE_ACCOUNT_ID to one of them:\n${list}`);
  }
}

export async function listDatabases(run: RunWrangler): Promise<Listed[]> {
  const result = await must(run, ["d1", "list", "--json"], "The D1 databases could not be listed");
  return parseArray<{ uuid: string; name: string }>(result).map(({ uuid, name }) => ({ id: uuid, name }));
}

export async function listNamespaces(run: RunWrangler): Promise<Listed[]> {
  const result = await must(run, ["kv", "namespace", "list"], "The KV namespaces could not be listed");
  return parseArray<{ id: string; title: string }>(result).map(({ id, title }) => ({ id, name: title }));
}

/** Names only. A Worker that does not exist has none; any other failure must not be mistaken for that. */
export async function listSecrets(run: RunWrangler, worker: string): Promise<string[]> {
  const args = ["secret", "list", "--format", "json"];
  const result = await run(args);
  if (result.code !== 0 && result.stderr.includes(`Worker "${worker}" not found`)) return [];
  return parseArray<{ name: string }>(succeeded(result, "The secrets could not be listed")).map(
    ({ name }) => name,
  );
}

export async function createDatabase(run: RunWrangler, name: string): Promise<void> {
  await must(
    run,
    ["d1", "create", name, "--update-config=false"],
    `The D1 database "${name}" could not be made`,
  );
}

export async function createNamespace(run: RunWrangler, title: string): Promise<void> {
  const args = ["kv", "namespace", "create", title, "--update-config=false"];
  await must(run, args, `The KV namespace "${title}" could not be made`);
}

/** All in one request, through standard input. A Worker that does not exist yet begins as an empty draft. */
export async function putSecrets(run: RunWrangler, secrets: Readonly<Record<string, string>>): Promise<void> {
  const { code, report, ...said } = await run(["secret", "bulk"], { input: JSON.stringify(secrets) });
  const masked = (text: string) =>
    Object.values(secrets).reduce((rest, secret) => rest.replaceAll(secret, "(secret)"), text);
  succeeded(
    { code, report, stdout: masked(said.stdout), stderr: masked(said.stderr) },
    "The secrets could not be set. Should the next run find BOOTSTRAP_TOKEN set, which you have not seen, " +
      "then set your own with `npx wrangler secret put BOOTSTRAP_TOKEN`",
  );
}

/** Wrangler takes input that it cannot read for none, and calls that a success. @throws DeployError then */
export async function checkSecrets(
  run: RunWrangler,
  worker: string,
  names: readonly string[],
): Promise<void> {
  const present = await listSecrets(run, worker);
  const missing = names.filter((name) => !present.includes(name));
  if (missing.length > 0)
    throw new DeployError(`Wrangler did not set ${missing.join(", ")}. Run this again.`);
}

export async function applyRemoteMigrations(run: RunWrangler): Promise<void> {
  await must(run, ["d1", "migrations", "apply", "DB", "--remote"], "The migrations could not be applied");
}

/** @returns where the Worker can be reached now, as wrangler puts it */
export async function deployWorker(run: RunWrangler): Promise<string[]> {
  const { report } = await must(run, ["deploy"], "The Worker could not be deployed");
  return parseReport(report).flatMap((entry) => (entry.type === "deploy" ? (entry.targets ?? []) : []));
}

function parseReport(report: string): { type?: string; targets?: string[] }[] {
  const lines = report.split("\n").filter((line) => line.trim() !== "");
  return lines.map((line) => JSON.parse(line));
}

async function must(run: RunWrangler, args: readonly string[], failure: string): Promise<WranglerResult> {
  return succeeded(await run(args), failure);
}

function succeeded(result: WranglerResult, failure: string): WranglerResult {
  if (result.code === 0) return result;
  const said = stripVTControlCharacters(result.stderr.trim() || result.stdout.trim());
  const lines = said.split("\n").filter((line) => line.trim() !== "");
  throw new DeployError([`${failure}. Wrangler says:`, ...lines.slice(0, ERROR_LINES_MAX)].join("\n  "));
}

function parseObject<Shape>({ stdout }: WranglerResult): Shape {
  return parseFrom(stdout, "{") as Shape;
}

function parseArray<Item>({ stdout }: WranglerResult): Item[] {
  return parseFrom(stdout, "[") as Item[];
}

/** Wrangler may print a notice before its JSON, which starts a line. */
function parseFrom(stdout: string, bracket: "{" | "["): unknown {
  const lines = stripVTControlCharacters(stdout).split("\n");
  const start = lines.findIndex((line) => line.startsWith(bracket));
  try {
    return JSON.parse(lines.slice(start).join("\n"));
  } catch {
    throw new DeployError(`Wrangler answered what this script cannot read:\n${stdout.slice(0, 500)}`);
  }
}
