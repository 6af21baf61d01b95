/** The parent's side of the load generator: it runs in a process of its own, so that its pauses are its own. */
import { startChild } from "./child.ts";

/** Where requests go, and the bodies that are sent there in turn. */
export interface LoadTarget {
  readonly url: string;
  readonly bodies: readonly string[];
  /** Each body is good for one request, from the first on; otherwise they go round. */
  readonly isOnce?: boolean;
  /** Absent: a form. */
  readonly contentType?: string;
  readonly authorization?: string;
  /** What a good answer holds. Absent: an access token. */
  readonly expected?: string;
}

export type LoadCommand =
  | { readonly kind: "target"; readonly target: LoadTarget }
  | { readonly kind: "run"; readonly url: string; readonly concurrency: number; readonly durationMs: number };

/** What one round measured. */
export interface LoadSample {
  /** That were answered, which is all: a refusal ends the measurement. */
  readonly exchanges: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Of one core: far below 1, or the generator is what was measured. */
  readonly generatorCpu: number;
}

type Report =
  | { readonly ok: true; readonly sample: LoadSample }
  | { readonly ok: false; readonly message: string };

export interface LoadGenerator {
  aim(target: LoadTarget): void;
  /** One round at a time. @throws Error when any request was not answered as it should be */
  run(url: string, concurrency: number, durationMs: number): Promise<LoadSample>;
  close(): Promise<void>;
}

export function startLoadGenerator(): LoadGenerator {
  const child = startChild("./load_process.ts");
  const send = (command: LoadCommand) => child.send(command);
  return {
    aim: (target) => send({ kind: "target", target }),
    run: async (url, concurrency, durationMs) => {
      send({ kind: "run", url, concurrency, durationMs });
      return sampleOf((await child.answer()) as Report);
    },
    close: child.close,
  };
}

function sampleOf(report: Report): LoadSample {
  if (!report.ok) throw new Error(report.message);
  return report.sample;
}
