import { segmentsOf } from "../../protocol/index.ts";
import { changedIds, claimAt, type TokenClaims } from "../../trust/index.ts";
import { type CandidateTrust, clipped, type FailedAssertion, type Miss, shown, shownClaim } from "./miss.ts";
import { repositoryOf } from "./subject_misses.ts";

/** A name whose ids are others than were learned. */
export function identityMiss(token: TokenClaims, trust: CandidateTrust): Miss | undefined {
  const changed = changedIds(token, trust);
  if (changed === undefined) return undefined;
  return {
    kind: "identity_changed",
    part: "the identity",
    detail: `WARNING: somebody else may have taken the name; forget the learned ids only if you know that it was made anew by yourselves. ${clipped(changed, 240)}`,
    fix: { members: { learnedIds: null } },
  };
}

/**
 * Whether ids were learned of a name that is now spelled otherwise, and are not the token's: in words.
 * @param got how it is spelled now
 */
export function idsOfAnother(
  { token, trust, assertion }: FailedAssertion,
  name: string,
  got: string,
): string | undefined {
  const repository = repositoryOf(got);
  const isSame = (value: string) =>
    value === name || (repository !== undefined && repositoryOf(value) === repository);
  const learned = (trust.learnedIds ?? []).filter(
    ({ item, value }) => item === assertion.item && isSame(value),
  );
  for (const [item, id] of learned.flatMap(({ ids }) => Object.entries(ids))) {
    const sent = claimAt(token.claims, segmentsOf(item));
    if (sent === id) continue;
    return `it is nearly ${shown(name)}, but ${item} was ${shown(id)} for that and is ${shownClaim(item, sent)} now: somebody else may have the name.`;
  }
  return undefined;
}
