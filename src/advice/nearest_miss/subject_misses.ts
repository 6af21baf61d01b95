import type { ClaimAssertion } from "../../protocol/index.ts";
import { isEnforced, valuesOf } from "../../trust/index.ts";
import { clipped, type FailedAssertion } from "./miss.ts";
import type { Speller, Spelling } from "./text_misses.ts";

/** GitHub's `sub` by names, also as a pattern whose repository is open. */
const BY_NAMES = /^repo:([\w.-]+)\/([\w.*-]+)(:.*)?$/s;
/** And with the ids that no custom template can take out. */
const BY_IDS = /^repo:([\w.-]+)@(\d+)\/([\w.-]+)@(\d+)(:.*)?$/s;

interface Ids {
  readonly repository_owner_id: string;
  readonly repository_id: string;
}

/**
 * GitHub's `sub` in its other spelling. Ids that the trust or the token's other claims gainsay make it somebody else's.
 * Whoever asked for ids goes on asking for them.
 */
export const subForm: Speller = (want, got, failed) => {
  const { operator } = failed.assertion;
  const newer = withIds(want, got, failed);
  const older = newer === undefined ? withoutIds(want, got, failed) : undefined;
  const spelling = newer ?? older;
  if (spelling === undefined) return [];
  // A pattern is one: there is no list of them.
  return [operator === "glob" ? spelling : { ...spelling, isBeside: true }];
};

/** Whose job a `sub` of GitHub names, in either spelling: owner and repository; undefined for any other text. */
export function repositoryOf(sub: string): string | undefined {
  const [, owner, , repository] = BY_IDS.exec(sub) ?? [];
  const [, plainOwner, plainRepository] = BY_NAMES.exec(sub) ?? [];
  if (owner !== undefined) return `${owner}/${repository}`;
  return plainOwner === undefined ? undefined : `${plainOwner}/${plainRepository}`;
}

/** The repository sends the `@id` form now. */
function withIds(want: string, got: string, failed: FailedAssertion): Spelling | undefined {
  const [, owner, repository, rest] = BY_NAMES.exec(want) ?? [];
  const [, sentOwner, ownerId, sentRepository, repositoryId] = BY_IDS.exec(got) ?? [];
  if (ownerId === undefined || repositoryId === undefined) return undefined;
  const isOpen = repository?.includes("*") ?? false;
  if (owner !== sentOwner || (!isOpen && repository !== sentRepository)) return undefined;
  if (areOthers({ repository_owner_id: ownerId, repository_id: repositoryId }, failed)) return undefined;
  const named = isOpen ? repository : `${repository}@${repositoryId}`;
  return {
    kind: "sub_form",
    value: `repo:${owner}@${ownerId}/${named}${rest ?? ""}`,
    why: `the repository now sends the \`@id\` form, names and the rest are the same; make sure that owner ${clipped(ownerId, 24)} and repository ${clipped(repositoryId, 24)} are yours`,
  };
}

/** The trust names ids, the repository sends none yet: they are asked for as claims of their own. */
function withoutIds(want: string, got: string, failed: FailedAssertion): Spelling | undefined {
  const [, owner, ownerId, repository, repositoryId, rest] = BY_IDS.exec(want) ?? [];
  const [, sentOwner, sentRepository] = BY_NAMES.exec(got) ?? [];
  if (ownerId === undefined || repositoryId === undefined) return undefined;
  if (owner !== sentOwner || repository !== sentRepository) return undefined;
  const ids: Ids = { repository_owner_id: ownerId, repository_id: repositoryId };
  const { claims } = failed.token;
  const areSent = claims.repository_owner_id === ownerId && claims.repository_id === repositoryId;
  if (!areSent || areOthers(ids, failed)) return undefined;
  return {
    kind: "sub_form",
    value: `repo:${owner}/${repository}${rest ?? ""}`,
    why: "the trust has the `@id` form, the repository sends names alone; the ids are asked for besides",
    adds: pinsOf(ids).filter(
      ({ item }) => !enforcedOf(failed, item).some(({ operator }) => operator === "equals"),
    ),
  };
}

/** Whether the token or the trust says other ids. */
function areOthers(ids: Ids, failed: FailedAssertion): boolean {
  return pinsOf(ids).some(({ item, value }) => {
    const sent = failed.token.claims[item];
    if (sent !== undefined && sent !== value) return true;
    const asked = enforcedOf(failed, item).flatMap(valuesOf);
    return asked.length > 0 && !asked.includes(value);
  });
}

function pinsOf(
  ids: Ids,
): readonly (ClaimAssertion & { readonly item: keyof Ids; readonly value: string })[] {
  const items = ["repository_owner_id", "repository_id"] as const;
  return items.map((item) => ({ item, operator: "equals", value: ids[item] }));
}

function enforcedOf({ trust }: FailedAssertion, item: string): readonly ClaimAssertion[] {
  return trust.assertions.filter((assertion) => assertion.item === item && isEnforced(assertion));
}
