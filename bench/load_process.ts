/** The load generator's own process: sends prepared requests over kept-alive connections and times each answer. */
import { Agent, request } from "node:http";
import type { LoadCommand, LoadSample, LoadTarget } from "./load.ts";
import { percentile } from "./statistics.ts";

const targets = new Map<string, LoadTarget>();
const agent = new Agent({ keepAlive: true, maxSockets: 256 });

process.once("disconnect", () => process.exit());
process.on("message", async (command: LoadCommand) => {
  if (command.kind === "target") {
    targets.set(command.target.url, command.target);
    return;
  }
  try {
    process.send?.({ ok: true, sample: await measure(command) });
  } catch (error) {
    process.send?.({ ok: false, message: String(error) });
  }
});

/** Closed loop: each of `concurrency` clients sends its next request when it has read the last answer. */
async function measure(command: Extract<LoadCommand, { kind: "run" }>): Promise<LoadSample> {
  const target = targets.get(command.url);
  if (target === undefined) throw new Error(`unknown target ${command.url}`);
  const latenciesMs: number[] = [];
  const takeBody = bodiesOf(target);
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const endsAt = startedAt + command.durationMs;
  const client = async () => {
    while (performance.now() < endsAt) {
      const body = takeBody();
      const sentAt = performance.now();
      await send(target, body);
      latenciesMs.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: command.concurrency }, client));
  const elapsedMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    exchanges: latenciesMs.length,
    perSecond: (latenciesMs.length / elapsedMs) * 1000,
    p50Ms: percentile(latenciesMs, 50),
    p99Ms: percentile(latenciesMs, 99),
    maxMs: percentile(latenciesMs, 100),
    generatorCpu: (user + system) / 1000 / elapsedMs,
  };
}

function bodiesOf({ bodies, isOnce = false, url }: LoadTarget): () => string {
  let next = isOnce ? 0 : Math.floor(Math.random() * bodies.length);
  return () => {
    const body = isOnce ? bodies[next] : bodies[next % bodies.length];
    if (body === undefined) throw new Error(`${url} was faster than its ${bodies.length} bodies`);
    next++;
    return body;
  };
}

const ACCESS_TOKEN = '"access_token":"ey';
const FORM = "application/x-www-form-urlencoded";

/** Anything but the good answer is the end of the measurement: refusals are fast, and prove nothing. */
function send(target: LoadTarget, body: string): Promise<void> {
  const { url, contentType = FORM, authorization, expected = ACCESS_TOKEN } = target;
  return new Promise((resolve, reject) => {
    const headers = {
      ...(authorization === undefined ? {} : { authorization }),
      "content-type": contentType,
      "content-length": Buffer.byteLength(body),
      "user-agent": "countersign-bench",
    };
    const sent = request(url, { agent, method: "POST", headers }, (response) => {
      let text = "";
      response.setEncoding("latin1");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => {
        if (response.statusCode === 200 && text.includes(expected)) resolve();
        else reject(new Error(`${url} answered ${response.statusCode}: ${text.slice(0, 300)}`));
      });
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
