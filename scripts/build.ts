/** `npm run build`: the Worker as `wrangler deploy` would upload it, in dist/. */
import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { PROJECT_ROOT, runWrangler } from "./wrangler.ts";

/** Bundles the Worker and answers the path of its entry. @throws Error with what wrangler said when it cannot */
export async function buildWorker(): Promise<string> {
  const { code, stdout, stderr } = await runWrangler(["deploy", "--dry-run", "--outdir", "dist"]);
  if (code !== 0) throw new Error(`The Worker does not build.\n${stdout}\n${stderr}`.trim());
  return join(PROJECT_ROOT, "dist", "index.js");
}

async function main(): Promise<void> {
  const entry = await buildWorker();
  const bundle = await readFile(entry);
  const path = relative(PROJECT_ROOT, entry);
  console.log(`${path}: ${kibibytes(bundle.length)}, ${kibibytes(gzipSync(bundle).length)} gzipped`);
}

function kibibytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}

if (import.meta.main) {
  await main().catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
