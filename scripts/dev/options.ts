/** What a person wrote after `npm run dev --`, read as wrangler would read it. Pure. */

export interface DevOptions {
  readonly isHelp: boolean;
  readonly ip: string;
  /** 0 asks for any free port. */
  readonly port: number;
  readonly protocol: string;
  /** As written, relative to where the command was given. */
  readonly persistTo: string | undefined;
  /** `--var NAME:value`, which wrangler puts above .dev.vars and [vars]. */
  readonly vars: ReadonlyMap<string, string>;
  /** With an --env-file, wrangler does not read .dev.vars. */
  readonly hasEnvFile: boolean;
  readonly hasInteractiveChoice: boolean;
  /** Everything else and `--var`, unchanged and in order. */
  readonly rest: readonly string[];
}

const DEFAULT_PORT = "8787";
const PORT_MAX = 65_535;

/** @throws Error when a port is not one */
export function readDevOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): DevOptions {
  const [port, afterPort] = takeOption(args, "port");
  const [ip, afterIp] = takeOption(afterPort, "ip");
  const [persistTo, rest] = takeOption(afterIp, "persist-to");
  return {
    isHelp: rest.some((arg) => ["--help", "-h", "--version", "-v"].includes(arg)),
    ip: ip ?? "127.0.0.1",
    port: readPort(port ?? (env.PORT || DEFAULT_PORT)),
    protocol: takeOption(rest, "local-protocol")[0] ?? "http",
    persistTo,
    vars: readVars(rest),
    hasEnvFile: hasOption(rest, "env-file"),
    hasInteractiveChoice:
      hasOption(rest, "show-interactive-dev-session") || hasOption(rest, "no-show-interactive-dev-session"),
    rest,
  };
}

/** Splits off `--name value` and `--name=value`; of several, the last counts. */
function takeOption(args: readonly string[], name: string): [value: string | undefined, rest: string[]] {
  const rest: string[] = [];
  let value: string | undefined;
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? "";
    if (isOption(arg, name) && arg.includes("=")) value = arg.slice(arg.indexOf("=") + 1);
    else if (isOption(arg, name)) value = args[++index];
    else rest.push(arg);
  }
  return [value, rest];
}

/** `--var` takes every word up to the next option, as often as it is written; of one name, the last counts. */
function readVars(args: readonly string[]): Map<string, string> {
  const vars = new Map<string, string>();
  let isInside = false;
  for (const arg of args) {
    const isStart = isOption(arg, "var");
    if (arg.startsWith("-")) isInside = isStart;
    const word = isStart ? arg.slice("--var=".length) : arg;
    if (!isInside || word === "") continue;
    const colon = word.indexOf(":");
    vars.set(colon < 0 ? word : word.slice(0, colon), colon < 0 ? "" : word.slice(colon + 1));
  }
  return vars;
}

function hasOption(args: readonly string[], name: string): boolean {
  return args.some((arg) => isOption(arg, name));
}

function isOption(arg: string, name: string): boolean {
  const camelCase = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return [name, camelCase].some((spelling) => arg === `--${spelling}` || arg.startsWith(`--${spelling}=`));
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= PORT_MAX)) throw new Error(`The port must be a number from 0 to ${PORT_MAX}, not "${text}".`);
  return port;
}
