import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { ROOT } from "../house/imports.ts";
import { githubClaims, startForeignIssuer } from "../support/foreign_issuer.ts";
import { call, exchange, freePort, givenTrust } from "./clients.ts";

const cleanups: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function run(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, args, { cwd: ROOT, env: { ...process.env, ...env } });
  let output = "";
  const collect = (chunk: Buffer) => {
    output += String(chunk);
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  return {
    child,
    output: () => output,
    ended: new Promise<number | null>((resolve) => child.once("exit", resolve)),
  };
}

async function until(condition: () => boolean, child: ChildProcess): Promise<void> {
  while (!condition()) {
    if (child.exitCode !== null) throw new Error("it ended too early");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

it("npm run demo tells the whole story and stops by itself", async () => {
  const demo = run(["examples/demo.ts"]);
  expect(await demo.ended, demo.output()).toBe(0);
  for (const word of [
    "accepted: sub",
    "400 invalid_request",
    'assertion_failed: github-main: ref must equal "refs/heads/main"',
    'FAILS  ref: expected "refs/heads/main", received "refs/heads/experiment"',
    "the same claims come to: granted",
  ]) {
    expect(demo.output()).toContain(word);
  }
  expect(demo.output()).not.toMatch(/eyJ[\w-]+\./);
});

it("npm run dev serves a person: migrated, with a token in .dev.vars, on PORT, with further arguments passed on", async () => {
  const devVars = join(ROOT, ".dev.vars");
  if (!existsSync(devVars)) cleanups.push(() => rm(devVars, { force: true }));
  const directory = await mkdtemp(join(tmpdir(), "countersign-dev-"));
  cleanups.push(() => rm(directory, { recursive: true, force: true }));
  const issuer = await startForeignIssuer();
  cleanups.push(() => issuer.close());
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = [
    "scripts/dev.ts",
    "--persist-to",
    directory,
    "--var",
    `ISSUER_URL:${url}`,
    "--var",
    "EMAIL_DOMAIN:sa.dev.example",
  ];
  const dev = run(args, { PORT: String(port) });
  cleanups.push(async () => {
    dev.child.kill("SIGTERM");
    await dev.ended;
  });
  await until(() => dev.output().includes("Make a first project"), dev.child);
  expect(dev.output()).toContain(`countersign listens on ${url}`);
  const text = await readFile(devVars, "utf8");
  const bootstrapToken = /^BOOTSTRAP_TOKEN=(.+)$/m.exec(text)?.[1] ?? "";
  expect(dev.output()).not.toContain(bootstrapToken);
  const target = { url, bootstrapToken };
  const account = await givenTrust(target, issuer.issuer);
  expect(account).toMatch(/@sa\.dev\.example$/);
  const token = await issuer.token(githubClaims(), { audience: url });
  expect((await exchange(target, account, token)).status).toBe(200);
  expect((await call(target, "GET", "/readyz")).status).toBe(200);
});
