import { type LintFinding, lintTrust } from "../advice/index.ts";
import { accept, type Problem, type Result, refuse } from "../protocol/index.ts";
import { notStorable } from "./problems.ts";
import type { ProviderTerms } from "./provider_rules.ts";

/**
 * What lint finds in a trust that may be stored: what lets the world in is refused, what is doubtful waits for somebody to
 * say that he means it. Answers the codes that stand and were accepted.
 */
export function judgeFindings(
  { issuer, assertions, jwks }: ProviderTerms,
  acknowledged: readonly string[],
): Result<readonly string[], Problem> {
  const findings = lintTrust({ issuer, assertions, hasUploadedKeys: jwks !== null });
  const refusing = findings.filter(({ severity }) => severity === "refuse");
  if (refusing.length > 0) return refuse(notStorable("trust", refusing.map(memberOf)));
  const waiting = findings.filter(({ code }) => !acknowledged.includes(code));
  if (waiting.length === 0) return accept([...new Set(findings.map(({ code }) => code))]);
  const codes = JSON.stringify([...new Set(waiting.map(({ code }) => code))]);
  return refuse({
    code: "not_acknowledged",
    detail: `${waiting[0]?.detail} Change the trust, or send "acknowledge": ${codes} along to keep it so.`,
    errors: waiting.map(memberOf),
  });
}

function memberOf({ pointer, code, detail, better }: LintFinding) {
  return { pointer, code, detail, ...(better === undefined ? {} : { better }) };
}
