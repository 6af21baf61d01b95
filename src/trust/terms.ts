import { redactClaim } from "../audit/index.ts";
import { type ClaimAssertion, type ExchangeReason, type LearnedIds, segmentsOf } from "../protocol/index.ts";
import type { TrustedProvider } from "./anchor.ts";
import { type AssertionTrace, isEnforced, matchClaims } from "./claims.ts";
import { type DecodedJwt, quote } from "./decode.ts";
import { changedIds, idsToLearn } from "./learned_ids.ts";
import { describeAssertion } from "./operators.ts";
import { judgeAge, judgeTimes } from "./verify.ts";

/** What a token says of itself, whoever signed it. */
export type TokenClaims = Pick<
  DecodedJwt,
  "issuer" | "subject" | "audience" | "expiresAt" | "notBefore" | "issuedAt" | "claims"
>;

/** What one trust asks of a token, whatever its key. */
export type TrustTerms = Pick<
  TrustedProvider,
  "id" | "name" | "assertions" | "mode" | "leeway" | "maxTokenAge" | "learnedIds"
>;

/** What became of one trust's terms. */
export interface TrustTrace {
  readonly id: string;
  readonly name: string;
  readonly mode: TrustTerms["mode"];
  /** Why it does not let the token in; undefined where it does. */
  readonly failure: { readonly reason: ExchangeReason; readonly detail: string } | undefined;
  /** All of them, whatever failed before. */
  readonly assertions: readonly AssertionTrace[];
  /** Ids to be remembered, should the token be believed. */
  readonly learns: readonly LearnedIds[];
}

/**
 * Judges one trust's terms: times, age, audience, every assertion, ids that were learned. Nothing is left out after the
 * first that fails. Pure. @param at `now` in integer seconds, `issuerUrl` ours
 */
export function judgeTerms(
  token: TokenClaims,
  trust: TrustTerms,
  at: { readonly now: number; readonly issuerUrl: string },
): TrustTrace {
  const assertions = matchClaims(trust.assertions, token.claims);
  const { id, name, mode } = trust;
  const failure = failureOf(token, trust, { ...at, assertions });
  const learns = failure === undefined ? idsToLearn(token, trust) : [];
  return { id, name, mode, failure, assertions, learns };
}

function failureOf(
  token: TokenClaims,
  trust: TrustTerms,
  {
    now,
    issuerUrl,
    assertions,
  }: {
    readonly now: number;
    readonly issuerUrl: string;
    readonly assertions: readonly AssertionTrace[];
  },
): TrustTrace["failure"] {
  const times = judgeTimes(token, now, trust.leeway ?? undefined);
  if (!times.ok) return times.refusal;
  const age = judgeAge(token, now, trust);
  if (!age.ok) return age.refusal;
  const enforced = assertions.filter(({ assertion }) => isEnforced(assertion));
  const hasAudience = enforced.some(({ assertion }) => namesAudience(assertion));
  if (!hasAudience && !token.audience.includes(issuerUrl)) {
    const detail = `aud is ${quote(token.audience)}; without an assertion on aud it must be ${issuerUrl}.`;
    return { reason: "audience_mismatch", detail };
  }
  const failed = enforced.filter(({ holds }) => !holds);
  if (enforced.length === 0 || failed.length > 0) {
    const isAudienceOnly = failed.length > 0 && failed.every(({ assertion }) => isAudience(assertion.item));
    const detail = `${trust.name}: ${failed.map(describe).join("; ")}`;
    return { reason: isAudienceOnly ? "audience_mismatch" : "assertion_failed", detail };
  }
  const changed = changedIds(token, trust);
  return changed === undefined ? undefined : { reason: "identity_changed", detail: changed };
}

/** Whether an assertion says which audience a token must have; one that only says which not, or how it looks, does not. */
export function namesAudience(assertion: ClaimAssertion): boolean {
  const { item, operator } = assertion;
  return isEnforced(assertion) && isAudience(item) && (operator === "equals" || operator === "in");
}

/** Whether an item is the token's audience. */
export function isAudience(item: string): boolean {
  const segments = segmentsOf(item);
  return segments.length === 1 && segments[0] === "aud";
}

function describe({ assertion, received }: AssertionTrace): string {
  const shown = quote(redactClaim(segmentsOf(assertion.item), received));
  return `${describeAssertion(assertion)}, received ${shown}`;
}
