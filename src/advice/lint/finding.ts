import type { ClaimAssertion } from "../../protocol/index.ts";

/** What lint may find, and what each means. Documents are made from it. */
export const LINT_CODES = {
  shared_issuer: "The issuer signs for everybody, and no assertion says whose workload it is.",
  shared_in_cluster_issuer:
    "Every cluster that was set up with defaults has this issuer, and no keys are uploaded.",
  chosen_claims_only: "Whoever runs the job chooses every claim that is asked for.",
  person_only: "Only a person's claim says who may come in.",
  glob_too_wide: "A pattern is open where it should say whose the workload is.",
  glob_wide: "A pattern lets in more than it may seem to.",
  person_claim: "A person's claim is asked for beside others.",
  mutable_name: "A name is asked for that may come to belong to somebody else, and no id.",
  shared_audience: "The audience that is asked for is one that other services accept too.",
  pull_requests: "Jobs of pull requests come in too, and those that run for them with more rights.",
} as const;

/** One of them. */
export type LintCode = keyof typeof LINT_CODES;

/** What is wrong with a trust, where, and what to write instead. */
export interface LintFinding {
  readonly code: LintCode;
  /** `refuse` is not stored; `warn` is, once somebody said that he means it. */
  readonly severity: "refuse" | "warn";
  /** Into the trust. @see RFC 6901 */
  readonly pointer: string;
  readonly detail: string;
  /** What to assert in its place, or besides; what stands between `<` and `>` is to be filled in. */
  readonly better?: readonly ClaimAssertion[];
}
