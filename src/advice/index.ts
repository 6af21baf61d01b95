/** What a person should know of a trust: findings, whom it lets in in words, the nearest miss; decides nothing. */
export { breadthOf } from "./lint/breadth.ts";
export { LINT_CODES, type LintFinding } from "./lint/finding.ts";
export { lintTrust } from "./lint/lint.ts";
export { type NearestMiss, nearestMiss } from "./nearest_miss/nearest_miss.ts";
