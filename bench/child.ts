/** A script of this folder in a process of its own, that is asked and answers. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface Child {
  send(message: string | object): void;
  /** The next message. @throws Error when the process ends in its place */
  answer(): Promise<unknown>;
  close(): Promise<void>;
}

export function startChild(file: `./${string}.ts`): Child {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const process = fork(path, { execArgv: ["--no-warnings"], stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const exited = new Promise<void>((resolve) => process.once("exit", () => resolve()));
  return {
    // To a process that has ended nothing can be sent; the answer that is missing says so.
    send: (message) => void process.send(message, () => undefined),
    answer: () => answerOf(process, file),
    close: () => {
      process.kill();
      return exited;
    },
  };
}

async function answerOf(process: ChildProcess, file: string): Promise<unknown> {
  if (process.exitCode !== null || process.signalCode !== null) throw new Error(`${file} has ended`);
  const waiting = new AbortController();
  const ended = once(process, "exit", { signal: waiting.signal }).then(() => {
    throw new Error(`${file} ended without an answer`);
  });
  const answered = once(process, "message", { signal: waiting.signal });
  try {
    const [answer] = await Promise.race([answered, ended]);
    return answer;
  } finally {
    for (const loser of [answered, ended]) loser.catch(() => undefined);
    waiting.abort();
  }
}
