import { isAudience, isPositive, type TrustTemplate } from "../../trust/index.ts";
import type { LintFinding } from "./finding.ts";
import { type Reading, writtenValues } from "./reading.ts";

/** The audience of a kind's tokens unless the job asks for another. Where it cannot, the template asks for it itself. */
export function sharedAudience({ kind, issuer, enforced }: Reading): readonly LintFinding[] {
  if (kind?.sharedAudience === undefined) return [];
  if (kind.assertions.some(({ item }) => isAudience(item))) return [];
  return enforced
    .filter(({ assertion }) => isAudience(assertion.item) && isPositive(assertion))
    .filter(({ assertion }) =>
      writtenValues(assertion).some((value) => isShared(kind, issuer, String(value))),
    )
    .map(({ pointer }) => ({
      code: "shared_audience",
      severity: "warn",
      pointer,
      detail:
        "Other services accept this audience too: whoever receives such a token there may show it here. Leave the assertion out, and have the job ask for a token that is made for this service.",
    }));
}

/** Whether an audience is the shared one of this issuer; a word in capitals stands there for any name. */
function isShared(
  { issuer, sharedAudience = "", parameters }: TrustTemplate,
  given: string,
  audience: string,
): boolean {
  const known = readBy(issuer, given) ?? {};
  const read = readBy(sharedAudience.replace(/\b[A-Z]{3,}\b/g, "<any>"), audience);
  if (read === undefined) return false;
  return Object.entries(read).every(([name, value = ""]) =>
    known[name] === undefined ? (parameters[name]?.pattern?.test(value) ?? true) : known[name] === value,
  );
}

/** The parameters of a template's text, read from what was made of it; undefined where it was made of another. */
function readBy(template: string, text: string): Readonly<Record<string, string | undefined>> | undefined {
  const pattern = template
    .replaceAll(".", "\\.")
    .replaceAll("[", "(?:")
    .replaceAll("]", ")?")
    .replace(/<([A-Za-z]+)>/g, "(?<$1>[^/]+)");
  const matched = new RegExp(`^${pattern}$`).exec(text);
  return matched === null ? undefined : { ...matched.groups };
}
