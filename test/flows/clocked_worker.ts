import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type LocalWorker, startLocalWorker } from "../../scripts/local_worker.ts";
import { ROOT } from "../house/imports.ts";

/**
 * In front of the built Worker, which is as `npm run build` made it: the clock, which a test sets to an instant where
 * it stands, and the platform, which on Cloudflare says where a call comes from. Of `none` it says nothing.
 */
const frontOf = (worker: string) => `
let nowMs = Date.now();
Date.now = () => nowMs;
export default {
  ...${worker},
  async fetch(request, env, context) {
    if (new URL(request.url).pathname === "/__clock") {
      nowMs = Number(await request.text());
      return new Response(null, { status: 204 });
    }
    const call = new Request(request);
    if (call.headers.get("cf-connecting-ip") === "none") call.headers.delete("cf-connecting-ip");
    return ${worker}.fetch(call, env, context);
  },
};`;

/** One script of both, as the runtime takes no two here: what the bundle exports is the front's to hand on. */
async function writeFronted(path: string): Promise<void> {
  const bundle = await readFile(join(ROOT, "dist", "index.js"), "utf8");
  const [statement, worker] = /^export \{\s*(\w+) as default\s*\};$/m.exec(bundle) ?? [];
  if (statement === undefined || worker === undefined) throw new Error("the bundle exports something else");
  await writeFile(path, bundle.replace(statement, frontOf(worker)));
}

export interface ClockedWorker extends LocalWorker {
  /** What the Worker's clock says now. */
  readonly now: () => Date;
  /** @param instant as RFC 3339 writes it */
  setClock(instant: string): Promise<void>;
}

/** The built Worker at a time of the test's choosing. */
export async function startClockedWorker(instant: string): Promise<ClockedWorker> {
  // The runtime names modules by their path below the project.
  const directory = await mkdtemp(join(ROOT, "dist", "clocked-"));
  const scriptPath = join(directory, "index.js");
  await writeFronted(scriptPath);
  const worker = await startLocalWorker({ scriptPath });
  let now = new Date(instant);
  const setClock = async (next: string) => {
    now = new Date(next);
    const body = String(now.getTime());
    const { status } = await fetch(`${worker.url}/__clock`, { method: "POST", body });
    if (status !== 204) throw new Error(`the clock answered ${status}`);
  };
  const close = async () => {
    await worker.close();
    await rm(directory, { recursive: true, force: true });
  };
  await setClock(instant);
  return { ...worker, now: () => now, setClock, close };
}
