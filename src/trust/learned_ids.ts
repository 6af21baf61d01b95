import { recordedText } from "../audit/index.ts";
import {
  type ClaimAssertion,
  type ClaimScalar,
  type LearnedIds,
  pathOf,
  segmentsOf,
} from "../protocol/index.ts";
import { claimAt, isEnforced } from "./claims.ts";
import { quote } from "./decode.ts";
import { isPositive, membersOf } from "./operators.ts";
import { kindOf } from "./templates/index.ts";
import type { Claims } from "./templates/template.ts";
import type { TokenClaims, TrustTerms } from "./terms.ts";

/** Names that one trust remembers; a pattern that lets more in is wide, which lint says. */
const LEARNED_MAX = 100;
/** Longer values are no names. */
const NAME_MAX_CHARACTERS = 512;
/** Longer texts, and what looks like a token, are no ids. */
const ID_MAX_CHARACTERS = 256;

/** What a trust is to remember of this token, should it be believed: the ids of names that it asks for without their ids. */
export function idsToLearn(token: TokenClaims, trust: TrustTerms): readonly LearnedIds[] {
  const known = trust.learnedIds ?? [];
  const room = Math.max(0, LEARNED_MAX - known.length);
  return namesIn(token, trust)
    .filter((name) => !known.some((learned) => isOf(learned, name)))
    .slice(0, room);
}

/** Which name has other ids than were remembered, in words; undefined where none has. */
export function changedIds(token: TokenClaims, trust: TrustTerms): string | undefined {
  const known = trust.learnedIds ?? [];
  if (known.length === 0) return undefined;
  for (const learned of known) {
    if (!membersOf(claimOf(token.claims, learned.item)).includes(learned.value)) continue;
    for (const [item, id] of Object.entries(learned.ids)) {
      const received = claimOf(token.claims, item);
      if (received === id) continue;
      return `${learned.item} is ${quote(learned.value)} as before, but ${item} was ${quote(id)} and is ${quote(received)} now: somebody else may have the name.`;
    }
  }
  return undefined;
}

/** The names that the trust asks for, as this token has them, with their ids. */
function namesIn(token: TokenClaims, { assertions }: TrustTerms): readonly LearnedIds[] {
  const asked = assertions.filter((assertion) => isEnforced(assertion) && isPositive(assertion));
  const names = kindOf(token.issuer, token.claims)?.names ?? [];
  return names.flatMap(({ item, ids }) => {
    if (!asksFor(asked, item) && (item === "sub" || !isUnderPattern(asked, names, ids))) return [];
    const unasked = ids.filter((id) => !asksFor(asked, id));
    const found = unasked.flatMap((id) => idIn(token.claims, id));
    if (found.length === 0) return [];
    const values = membersOf(claimOf(token.claims, item)).filter(isName);
    return values.map((value) => ({ item, value, ids: Object.fromEntries(found) }));
  });
}

type Names = readonly { readonly item: string; readonly ids: readonly string[] }[];

/**
 * A pattern lets a name in under ever new values, as `sub` with its branches: then the names that it is made of are what
 * somebody else may come to have.
 */
function isUnderPattern(asked: readonly ClaimAssertion[], names: Names, ids: readonly string[]): boolean {
  const patterns = asked.filter(({ operator }) => operator === "glob");
  return names.some((name) => asksFor(patterns, name.item) && ids.every((id) => name.ids.includes(id)));
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length <= NAME_MAX_CHARACTERS && recordedText(value) === value;
}

/** `/repository` and `repository` are one place. */
function asksFor(asked: readonly ClaimAssertion[], item: string): boolean {
  return asked.some((assertion) => pathOf(assertion.item) === pathOf(item));
}

function idIn(claims: Claims, item: string): readonly (readonly [string, ClaimScalar])[] {
  const id = claimOf(claims, item);
  if (typeof id === "number") return [[item, id]];
  const isId = typeof id === "string" && id.length <= ID_MAX_CHARACTERS && recordedText(id) === id;
  return isId ? [[item, id]] : [];
}

function claimOf(claims: Claims, item: string): unknown {
  return claimAt(claims, segmentsOf(item));
}

function isOf(learned: LearnedIds, { item, value }: LearnedIds): boolean {
  return learned.item === item && learned.value === value;
}
