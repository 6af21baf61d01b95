import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

export interface Import {
  readonly from: string;
  readonly to: string;
  /** `import type`: erased, so it carries no arrow at run time. */
  readonly isType: boolean;
}

export const ROOT = resolve(import.meta.dirname, "../..");
const SRC = join(ROOT, "src");

/** Every source file, as a path below src/. */
export function sourceFiles(): readonly string[] {
  return readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .sort();
}

export function sourceOf(file: string): string {
  return readFileSync(join(SRC, file), "utf8");
}

const IMPORT = /^(?:import|export)\s+(type\s)?[^;"]*?from\s+"(\.[^"]+)";|\bimport\s*\(?\s*"(\.[^"]+)"/gm;

/** The imports of one file among our own, as paths below src/. */
export function importsOf(file: string, source = sourceOf(file)): readonly Import[] {
  return [...source.matchAll(IMPORT)].map(([, type, named, bare]) => ({
    from: file,
    to: relative(SRC, join(SRC, dirname(file), named ?? bare ?? "")),
    isType: type !== undefined,
  }));
}

/** The room of a file: its first folder, or its own name for the loose ones. */
export function roomOf(file: string): string {
  return file.includes("/") ? file.slice(0, file.indexOf("/")) : file;
}

/** Code alone: what a comment says is no act. */
export function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
}
