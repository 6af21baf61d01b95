/** The parent's side of the load generator: it runs in a process of its own, so that its pauses are its own. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** Where exchanges go, and the forms that are sent there in turn. */
export interface LoadTarget {
  readonly url: string;
  readonly bodies: readonly string[];
}

export type LoadCommand =
  | { readonly kind: "target"; readonly target: LoadTarget }
  | { readonly kind: "run"; readonly url: string; readonly concurrency: number; readonly durationMs: number };

/** What one round measured. */
export interface LoadSample {
  readonly exchanges: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of one core: far below 1, or the generator is what was measured. */
  readonly generatorCpu: number;
}

type Report =
  | { readonly ok: true; readonly sample: LoadSample }
  | { readonly ok: false; readonly message: string };

export interface LoadGenerator {
  aim(target: LoadTarget): void;
  /** One round at a time. @throws Error when any exchange got no token */
  run(url: string, concurrency: number, durationMs: number): Promise<LoadSample>;
  close(): void;
}

export function startLoadGenerator(): LoadGenerator {
  const child = fork(fileURLToPath(new URL("./load_process.ts", import.meta.url)), {
    execArgv: ["--no-warnings"],
  });
  const send = (command: LoadCommand) => child.send(command);
  return {
    aim: (target) => void send({ kind: "target", target }),
    run: async (url, concurrency, durationMs) => {
      send({ kind: "run", url, concurrency, durationMs });
      return sampleOf(await reportOf(child));
    },
    close: () => void child.kill(),
  };
}

async function reportOf(child: ChildProcess): Promise<Report> {
  const ended = new AbortController();
  const gone = once(child, "exit", { signal: ended.signal }).then(() => {
    throw new Error("the load generator died");
  });
  try {
    const [report] = (await Promise.race([once(child, "message", { signal: ended.signal }), gone])) as [
      Report,
    ];
    return report;
  } finally {
    gone.catch(() => undefined);
    ended.abort();
  }
}

function sampleOf(report: Report): LoadSample {
  if (!report.ok) throw new Error(report.message);
  return report.sample;
}
