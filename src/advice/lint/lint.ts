import { sharedAudience } from "./audiences.ts";
import type { LintFinding } from "./finding.ts";
import { wideGlobs } from "./globs.ts";
import { chosenClaimsOnly, sharedInClusterIssuer, sharedIssuer } from "./issuers.ts";
import { mutableNames } from "./names.ts";
import { personClaims } from "./persons.ts";
import { pullRequests } from "./pull_requests.ts";
import { type LintedTerms, type Reading, readTrust } from "./reading.ts";

/** What refuses first. */
const RULES: readonly ((reading: Reading) => readonly LintFinding[])[] = [
  sharedInClusterIssuer,
  sharedIssuer,
  chosenClaimsOnly,
  personClaims,
  wideGlobs,
  mutableNames,
  sharedAudience,
  pullRequests,
];

/**
 * What is doubtful about a trust, before it is stored. Only enforced assertions count as protection. Of an issuer of no
 * known kind little is said: what it signs for whom, nobody knows here. Pure.
 */
export function lintTrust(terms: LintedTerms): readonly LintFinding[] {
  const reading = readTrust(terms);
  return RULES.flatMap((rule) => rule(reading));
}
