import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeJwt } from "jose";
import { afterEach, expect, it } from "vitest";
import { startLocalWorker } from "../../scripts/local_worker.ts";
import { githubClaims, startForeignIssuer } from "../support/foreign_issuer.ts";
import { exchange, freePort, givenTrust, type Target } from "./clients.ts";

const cleanups: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Serves from a process group of its own, so that the runtime dies with its parent. */
async function serve(directory: string, port: number, vars: object): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    ["test/flows/serve.ts", directory, String(port), JSON.stringify(vars)],
    {
      detached: true,
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  cleanups.push(() => killGroup(child));
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on("data", (chunk: Buffer) => String(chunk).includes("ready") && resolve());
    child.once("exit", () => reject(new Error("the service ended before it was ready")));
  });
  return child;
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    // It is dead already.
  }
}

it("kill -9 in the midst of exchanges: every token that was answered has its row and its event", async () => {
  const directory = await mkdtemp(join(tmpdir(), "countersign-"));
  cleanups.push(() => rm(directory, { recursive: true, force: true }));
  const issuer = await startForeignIssuer();
  cleanups.push(() => issuer.close());
  const port = await freePort();
  const vars = {
    BOOTSTRAP_TOKEN: randomBytes(32).toString("hex"),
    SEALING_KEY: randomBytes(32).toString("hex"),
  };
  const target: Target = { url: `http://127.0.0.1:${port}`, bootstrapToken: vars.BOOTSTRAP_TOKEN };
  const child = await serve(directory, port, vars);
  const account = await givenTrust(target, issuer.issuer);
  const token = await issuer.token(githubClaims(), { audience: target.url });

  const answered: string[] = [];
  let running = true;
  const workers = Array.from({ length: 16 }, async () => {
    while (running) {
      try {
        const { status, body } = await exchange(target, account, token);
        if (status === 200) answered.push(String(body.access_token));
      } catch {
        return;
      }
    }
  });
  while (answered.length < 200) await new Promise((resolve) => setTimeout(resolve, 5));
  killGroup(child);
  running = false;
  await Promise.all(workers);

  const revived = await startLocalWorker({ directory, port, vars });
  cleanups.push(() => revived.close());
  const database = await revived.miniflare.getD1Database("DB");
  const rows = await database
    .prepare(
      "SELECT t.jti FROM access_token t JOIN audit_event e ON e.jti = t.jti AND e.token_sha256 = t.token_sha256 WHERE e.outcome = 'granted'",
    )
    .all<{ jti: string }>();
  const recorded = new Set(rows.results.map(({ jti }) => jti));
  const lost = answered.map((token) => String(decodeJwt(token).jti)).filter((jti) => !recorded.has(jti));
  expect(answered.length).toBeGreaterThanOrEqual(200);
  expect(lost).toEqual([]);
  expect((await exchange(target, account, token)).status).toBe(200);
});
