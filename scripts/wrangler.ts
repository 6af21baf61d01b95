/** The process boundary to wrangler: no other file of these scripts starts it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of wrangler.toml, wherever a script was started from. */
export const PROJECT_ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

export interface WranglerResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What wrangler wrote to WRANGLER_OUTPUT_FILE_PATH: one JSON object a line. */
  readonly report: string;
}

export interface WranglerOptions {
  /** Becomes its standard input: the only way a secret may go in. */
  readonly input?: string;
  /** Stops it. */
  readonly signal?: AbortSignal;
}

export type RunWrangler = (args: readonly string[], options?: WranglerOptions) => Promise<WranglerResult>;

/** Runs wrangler to its end, asking nothing, and keeps what it says. A failure is a code, not an exception. */
export const runWrangler: RunWrangler = async (args, { input = "", signal } = {}) => {
  const folder = await mkdtemp(join(tmpdir(), "countersign-"));
  const reportPath = join(folder, "report.ndjson");
  try {
    const child = spawn(process.execPath, commandLine(args), {
      cwd: PROJECT_ROOT,
      env: { ...environment(), NO_COLOR: "1", FORCE_COLOR: "0", WRANGLER_OUTPUT_FILE_PATH: reportPath },
      stdio: ["pipe", "pipe", "pipe"],
      ...(signal && { signal }),
    });
    // Wrangler may end without having read its input; its exit code tells more than EPIPE.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    const [stdout, stderr, code] = await Promise.all([
      collect(child.stdout),
      collect(child.stderr),
      exitCode(child),
    ]);
    return { code, stdout, stderr, report: await readFile(reportPath, "utf8").catch(() => "") };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Starts wrangler on the caller's own terminal, and calls `onReady` once `wrangler dev` listens. */
export function startWrangler(
  args: readonly string[],
  onReady: (address: { ip: string; port: number }) => void,
): ChildProcess {
  const child = spawn(process.execPath, commandLine(args), {
    cwd: PROJECT_ROOT,
    env: environment(),
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  child.on("message", (message) => {
    const event = JSON.parse(String(message)) as { event?: string; ip?: string; port?: number };
    if (event.event === "DEV_SERVER_READY" && event.port !== undefined) {
      onReady({ ip: event.ip ?? "127.0.0.1", port: event.port });
    }
  });
  return child;
}

/** Its exit code as a shell counts it: 128 and the signal's number where a signal ended it. */
export function exitCode(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 143)));
  });
}

/** Straight to the program: its launcher would die of a SIGHUP and leave the program behind. */
function commandLine(args: readonly string[]): string[] {
  return ["--no-warnings", createRequire(import.meta.url).resolve("wrangler"), ...args];
}

function environment(): NodeJS.ProcessEnv {
  return {
    // Local requests get a placeholder for `request.cf`; nothing is fetched for it.
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    ...process.env,
    WRANGLER_SEND_METRICS: "false",
    // With the banner goes the question to the registry whether there is a newer version.
    WRANGLER_HIDE_BANNER: "true",
    // Its log files must not hold the bodies of requests, which carry secrets.
    WRANGLER_LOG_SANITIZE: "true",
  };
}

async function collect(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
