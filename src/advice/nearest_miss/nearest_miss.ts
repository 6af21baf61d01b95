import { isEnforced, matchClaims, type TokenClaims } from "../../trust/index.ts";
import { impliedAudienceMiss } from "./audience_misses.ts";
import { claimMiss } from "./claim_misses.ts";
import { identityMiss } from "./identity_misses.ts";
import { issuerMiss, kinshipOf } from "./issuer_misses.ts";
import { type CandidateTrust, clipped, type Miss, type MissKind } from "./miss.ts";
import { type At, passes, patchOf, type TrustPatch } from "./patch.ts";
import { timeMisses } from "./time_misses.ts";

export type { CandidateTrust, MissKind } from "./miss.ts";

const DETAIL_MAX_CHARACTERS = 600;

/** The trust that a token came nearest to, what keeps it out, and what would let it in. */
export interface NearestMiss {
  readonly trustId: string;
  readonly trustName: string;
  readonly kinds: readonly MissKind[];
  /** In words, for a person: what differs, and why that may be harmless. */
  readonly detail: string;
  /** On the trust, for a person to apply; null where no change of the trust is advisable. @see RFC 7396 */
  readonly patch: TrustPatch | null;
}

/**
 * Which trust a token that was refused was meant for: the one with the fewest differences, of those whose issuer is the
 * token's, or that but for a slash or its host's case. A patch is offered only where it lets this token in. Pure.
 * @param at `now` in integer seconds, `issuerUrl` ours
 */
export function nearestMiss(
  token: TokenClaims,
  trusts: readonly CandidateTrust[],
  at: At,
): NearestMiss | undefined {
  const nearest = trusts
    .filter(({ issuer }) => kinshipOf(token.issuer, issuer) !== undefined)
    .map((trust) => ({ trust, misses: missesOf(token, trust, at) }))
    .toSorted((one, other) => distanceOf(one.misses) - distanceOf(other.misses))[0];
  if (nearest === undefined) return undefined;
  const { trust, misses } = nearest;
  const told = { trustId: trust.id, trustName: trust.name };
  if (passes(token, trust, at)) {
    return {
      ...told,
      kinds: ["passes_now"],
      detail: "It would pass now: the trust or the clock has moved since.",
      patch: null,
    };
  }
  return {
    ...told,
    kinds: [...new Set(misses.map(({ kind }) => kind))],
    detail: detailOf(misses),
    patch: patchOf(token, trust, { misses, at }),
  };
}

/** Everything that keeps a token out of one trust, in the order in which it is judged. */
function missesOf(token: TokenClaims, trust: CandidateTrust, at: At): readonly Miss[] {
  const { issuerUrl } = at;
  const failed = matchClaims(trust.assertions, token.claims)
    .map((trace, index) => ({ ...trace, index, token, trust, issuerUrl }))
    .filter(({ assertion, holds }) => isEnforced(assertion) && !holds);
  return [
    issuerMiss(token.issuer, trust.issuer, issuerUrl),
    ...stateMisses(trust),
    ...timeMisses(token, trust, at.now),
    impliedAudienceMiss(token, trust, issuerUrl),
    ...failed.map(claimMiss),
    identityMiss(token, trust),
  ].filter((miss) => miss !== undefined);
}

function stateMisses({ disabled, mode, assertions }: CandidateTrust): readonly Miss[] {
  const isOff: Miss = {
    kind: "disabled",
    part: "its state",
    detail: "the trust is disabled; somebody may have meant that.",
    fix: { members: { disabled: false } },
  };
  const isWatching: Miss = {
    kind: "shadow",
    part: "its mode",
    detail: "the trust is in shadow: it is judged, and lets nobody in.",
    fix: { members: { mode: "enforce" } },
  };
  const isEmpty: Miss = {
    kind: "difference",
    part: "its assertions",
    detail: "none of them is enforced, so the trust names nobody.",
    fix: undefined,
  };
  return [
    ...(disabled ? [isOff] : []),
    ...(mode === "shadow" ? [isWatching] : []),
    ...(assertions.some(isEnforced) ? [] : [isEmpty]),
  ];
}

/** The number of misses; of equals the one with fewer plain differences is nearer. */
function distanceOf(misses: readonly Miss[]): number {
  return misses.length * 1000 + misses.filter(({ kind }) => kind === "difference").length;
}

/** What weighs most comes first: a detail may be cut at its end. */
const WEIGHTS: readonly MissKind[] = ["difference", "identity_changed"];

function detailOf(misses: readonly Miss[]): string {
  const weightOf = ({ kind }: Miss) => (WEIGHTS.indexOf(kind) + WEIGHTS.length + 1) % (WEIGHTS.length + 1);
  const ordered = misses.toSorted((one, other) => weightOf(one) - weightOf(other));
  const [only] = ordered;
  const detail =
    only !== undefined && ordered.length === 1
      ? `Only ${only.part} differs: ${only.detail}`
      : ordered.map(({ part, detail }) => `${part}: ${detail}`).join(" ");
  return clipped(detail, DETAIL_MAX_CHARACTERS);
}
