/** From options and .dev.vars to wrangler's command lines. Pure. */
import { resolve } from "node:path";
import type { DevOptions } from "./options.ts";

export interface DevSurroundings {
  /** A free one where the person asked for any. */
  readonly port: number;
  /** Where the command was given: what a relative --persist-to is relative to. */
  readonly cwd: string;
  readonly isTerminal: boolean;
  /** What wrangler will read from .dev.vars. */
  readonly devVars: Readonly<Record<string, string | undefined>>;
}

export interface DevPlan {
  /** Undefined when accounts are stored in libSQL, not D1. */
  readonly migrateArgs: readonly string[] | undefined;
  readonly devArgs: readonly string[];
}

/** Ours come first: of two `--var` of one name the last counts, so the person's own always wins. */
export function planDev(options: DevOptions, { port, cwd, isTerminal, devVars }: DevSurroundings): DevPlan {
  const persist = options.persistTo === undefined ? [] : ["--persist-to", resolve(cwd, options.persistTo)];
  const isSet = (name: string) => options.vars.has(name) || devVars[name] !== undefined;
  const libsqlUrl = options.vars.get("LIBSQL_URL") ?? devVars.LIBSQL_URL ?? "";
  const isQuiet = isTerminal || options.hasInteractiveChoice;
  return {
    migrateArgs: libsqlUrl === "" ? ["d1", "migrations", "apply", "DB", "--local", ...persist] : undefined,
    devArgs: [
      "dev",
      ...(isSet("ENVIRONMENT") ? [] : ["--var", "ENVIRONMENT:development"]),
      ...(isSet("ISSUER_URL") ? [] : ["--var", `ISSUER_URL:${originOf(options, port)}`]),
      ...["--ip", options.ip, "--port", String(port), ...persist],
      ...(isQuiet ? [] : ["--show-interactive-dev-session=false"]),
      ...options.rest,
    ],
  };
}

/** Where a client on this machine finds the service; an address that means "all of them" is no place to go to. */
export function originOf({ ip, protocol }: Pick<DevOptions, "ip" | "protocol">, port: number): string {
  const address = ip.replace(/^\[|\]$/g, "");
  const host = ["0.0.0.0", "::", "*"].includes(address) ? "127.0.0.1" : address;
  return new URL(`${protocol}://${host.includes(":") ? `[${host}]` : host}:${port}`).origin;
}

/** A first call, to be pasted. @param devVarsPath as a shell in the person's folder finds it */
export function firstCurl(origin: string, devVarsPath: string): string {
  return [
    `curl -H "Authorization: Bearer $(sed -n 's/^BOOTSTRAP_TOKEN=//p' ${shellWord(devVarsPath)})"`,
    `-H 'content-type: application/json' -d '{"name":"shop"}' ${origin}/v1/projects`,
  ].join(" ");
}

function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
