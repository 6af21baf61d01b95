import type { ExchangeRefusal } from "../../protocol/index.ts";
import { judgeAge, judgeTimes, LEEWAY_SECONDS, type TokenClaims } from "../../trust/index.ts";
import { type CandidateTrust, type Miss, shown } from "./miss.ts";

/** What a trust may allow for clocks, at most. */
const LEEWAY_MAX_SECONDS = 300;
/** How long after the leeway a token is still one that a slow pipeline shows, rather than one that was found. */
const LATE_MAX_SECONDS = 240;
/** Beyond this a bound on the age says nothing any more. */
const TOKEN_AGE_MAX_SECONDS = 3600;

/** What is wrong with a token's times and age, for this trust. */
export function timeMisses(token: TokenClaims, trust: CandidateTrust, now: number): readonly Miss[] {
  const times = judgeTimes(token, now, trust.leeway ?? undefined);
  const age = judgeAge(token, now, trust);
  return [
    ...(times.ok ? [] : [timeMiss(token, trust, { now, refusal: times.refusal })]),
    ...(age.ok ? [] : [ageMiss(token, now, age.refusal.detail)]),
  ];
}

function timeMiss(
  token: TokenClaims,
  trust: CandidateTrust,
  { now, refusal }: { readonly now: number; readonly refusal: ExchangeRefusal },
): Miss {
  const leeway = trust.leeway ?? LEEWAY_SECONDS;
  if (refusal.reason === "token_not_yet_valid") return aheadMiss(token, now, leeway);
  if (refusal.reason === "token_expired") return expiredMiss(token, now, leeway);
  return { kind: "difference", part: "exp", detail: refusal.detail, fix: undefined };
}

function aheadMiss({ notBefore, issuedAt }: TokenClaims, now: number, leeway: number): Miss {
  const ahead = Math.ceil(Math.max(notBefore ?? 0, issuedAt ?? 0) - now);
  const isNear = ahead <= LEEWAY_MAX_SECONDS;
  const advice = isNear
    ? "set the issuer's clock right, or allow for it"
    : `no trust allows more than ${LEEWAY_MAX_SECONDS} s: set the issuer's clock right`;
  return {
    kind: "clock_ahead",
    part: "the clock",
    detail: `the issuer's is ${shown(ahead)} s ahead of ours, ${leeway} s are allowed; ${advice}.`,
    fix: isNear ? { members: { leeway: tens(ahead) } } : undefined,
  };
}

function expiredMiss({ expiresAt }: TokenClaims, now: number, leeway: number): Miss {
  const late = Math.floor(now - expiresAt);
  const isNear = late - leeway <= LATE_MAX_SECONDS && late < LEEWAY_MAX_SECONDS;
  const advice = isNear ? "; a leeway lets it in, but every token then lives longer" : "";
  return {
    kind: "expired",
    part: "exp",
    detail: `it was ${shown(late)} s ago, ${leeway} s are allowed. A slow pipeline should ask for its token later${advice}.`,
    fix: isNear ? { members: { leeway: tens(late + 1) } } : undefined,
  };
}

function ageMiss({ issuedAt }: TokenClaims, now: number, detail: string): Miss {
  const age = issuedAt === undefined ? undefined : Math.floor(now - issuedAt);
  const isNear = age !== undefined && age < TOKEN_AGE_MAX_SECONDS;
  return {
    kind: "too_old",
    part: "the age",
    detail: `${detail} Better let the pipeline ask for its token just before it is used.`,
    fix: isNear ? { members: { maxTokenAge: Math.ceil(age / 60) * 60 } } : undefined,
  };
}

function tens(seconds: number): number {
  return Math.min(LEEWAY_MAX_SECONDS, Math.ceil(seconds / 10) * 10);
}
