/** The text of .dev.vars: what a local Worker needs and a repository must not hold. Pure. */
import { parseEnv } from "node:util";

/** Secrets without which the service does not run, in the order of the file. */
export const LOCAL_SECRETS = ["BOOTSTRAP_TOKEN", "SEALING_KEY", "PROJECT_TOKEN_KEY"] as const;

/** Answers 32 random bytes as base64url. */
export type RandomSecret = () => string;

const HEADER = "# Made by `npm run dev`: secrets of this machine's local service. Never commit.\n";

export function parseDevVars(text: string): Readonly<Record<string, string | undefined>> {
  return parseEnv(text);
}

/** A complete file for a development service. */
export function newDevVars(random: RandomSecret): string {
  return `${HEADER}ENVIRONMENT=development\n${secretLines(LOCAL_SECRETS, random)}`;
}

/** What to append so that no secret is missing; empty when none is. An empty value counts as a decision. */
export function missingDevVars(
  text: string,
  random: RandomSecret,
): { added: readonly string[]; addition: string } {
  const present = parseDevVars(text);
  const added = LOCAL_SECRETS.filter((name) => present[name] === undefined);
  const separator = added.length === 0 || text === "" || text.endsWith("\n") ? "" : "\n";
  return { added, addition: separator + secretLines(added, random) };
}

/** Bootstrap tokens begin so that a secret scanner knows one. */
export function secretValue(name: string, random: RandomSecret): string {
  return name === "BOOTSTRAP_TOKEN" ? `csb_${random()}` : random();
}

function secretLines(names: readonly string[], random: RandomSecret): string {
  return names.map((name) => `${name}=${secretValue(name, random)}\n`).join("");
}
