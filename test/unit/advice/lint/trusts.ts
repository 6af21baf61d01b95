import type { LintFinding } from "../../../../src/advice/lint/finding.ts";
import { lintTrust } from "../../../../src/advice/lint/lint.ts";
import type { ClaimAssertion, ClaimScalar } from "../../../../src/protocol/index.ts";

export const GITHUB = "https://token.actions.githubusercontent.com";
export const GITLAB = "https://gitlab.com";
export const GHES = "https://github.acme.example/_services/token";
export const EKS = "https://oidc.eks.eu-central-1.amazonaws.com/id/0A1B2C3D4E5F60718293A4B5C6D7E8F9";
export const UNKNOWN = "https://issuer.acme.example";

export const ID = equals("repository_id", "777001");
export const MAIN = equals("ref", "refs/heads/main");
export const NO_PULL_REQUESTS: ClaimAssertion = {
  item: "event_name",
  operator: "notIn",
  value: ["pull_request", "pull_request_target", "workflow_run", "issue_comment"],
};

export function equals(item: string, value: ClaimScalar): ClaimAssertion {
  return { item, operator: "equals", value };
}

export function oneOf(item: string, ...value: readonly ClaimScalar[]): ClaimAssertion {
  return { item, operator: "in", value };
}

export function glob(item: string, value: string): ClaimAssertion {
  return { item, operator: "glob", value };
}

export function shadow(assertion: ClaimAssertion): ClaimAssertion {
  return { ...assertion, mode: "shadow" };
}

export function lint(issuer: string, ...assertions: readonly ClaimAssertion[]): readonly LintFinding[] {
  return lintTrust({ issuer, assertions, hasUploadedKeys: false });
}

/** As `refuse shared_issuer /assertions`, in their order. */
export function shown(findings: readonly LintFinding[]): readonly string[] {
  return findings.map(({ severity, code, pointer }) => `${severity} ${code} ${pointer}`);
}
