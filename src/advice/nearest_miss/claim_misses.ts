import type { ClaimAssertion, ClaimScalar } from "../../protocol/index.ts";
import { isAudience, isPositive } from "../../trust/index.ts";
import { assertedAudienceMiss } from "./audience_misses.ts";
import { globCase, globInEquals, globSegment } from "./glob_misses.ts";
import { idsOfAnother } from "./identity_misses.ts";
import { differenceOf, type FailedAssertion, fits, type Miss, missOf, shownClaim } from "./miss.ts";
import { listMiss, memberMiss, placeMiss } from "./place_misses.ts";
import { subForm } from "./subject_misses.ts";
import {
  braces,
  issuerSlash,
  letterCase,
  refPrefix,
  type Speller,
  type Spelling,
  whiteSpace,
} from "./text_misses.ts";
import { typeMiss } from "./type_misses.ts";

/** Members of a claim that are compared, when it is an array. */
const MEMBERS_MAX = 32;
/** And with so many values in all: of a long list a person has to look for himself. */
const PAIRS_MAX = 400;

/** From what is surely harmless to what a person has to look at. */
const SPELLERS: readonly Speller[] = [subForm, braces, issuerSlash, refPrefix, whiteSpace, letterCase];

/** What is known of one assertion that fails; a plain difference where nothing is. */
export function claimMiss(failed: FailedAssertion): Miss {
  const { assertion, received } = failed;
  if (assertion.operator === "exists") {
    return assertion.value === true ? placeMiss(failed) : differenceOf(failed);
  }
  if (isAudience(assertion.item)) return assertedAudienceMiss(failed);
  if (received === undefined || received === null) return placeMiss(failed);
  const ofType = typeMiss(failed);
  if (ofType !== undefined || !isPositive(assertion)) return ofType ?? differenceOf(failed);
  return memberMiss(failed) ?? textMiss(failed) ?? differenceOf(failed);
}

/** The first of the values asked for that a text of the claim nearly meets. */
function textMiss(failed: FailedAssertion): Miss | undefined {
  const { assertion, received } = failed;
  const members: readonly unknown[] = Array.isArray(received) ? received.slice(0, MEMBERS_MAX) : [received];
  const gots = members.filter((member) => typeof member === "string");
  const wants = [assertion.value].flat().filter((value) => typeof value === "string");
  const pairs = gots.flatMap((got) => wants.map((want) => ({ want, got }))).slice(0, PAIRS_MAX);
  for (const { want, got } of pairs) {
    const miss = pairMiss(failed, want, got);
    if (miss === undefined) continue;
    const another = idsOfAnother(failed, want, got);
    return another === undefined ? miss : missOf(failed, "difference", another);
  }
  return undefined;
}

function pairMiss(failed: FailedAssertion, want: string, got: string): Miss | undefined {
  return (
    spellingMiss(failed, want, got) ??
    globCase(failed, want, got) ??
    globInEquals(failed, want, got) ??
    globSegment(failed, want, got) ??
    listMiss(failed, want, got)
  );
}

function spellingMiss(failed: FailedAssertion, want: string, got: string): Miss | undefined {
  const { item } = failed.assertion;
  for (const spell of SPELLERS) {
    const spelling = spell(want, got, failed).find(
      ({ value }) => value !== want && !isOnlyStars(value) && fits(failed, value, got),
    );
    if (spelling === undefined) continue;
    const detail = `${spelling.why}; received ${shownClaim(item, got)}, asked for ${shownClaim(item, want)}.`;
    if (spelling.isUnfit) return missOf(failed, spelling.kind, detail);
    const by = respelled(failed.assertion, want, spelling);
    return missOf(failed, spelling.kind, detail, { by, adds: spelling.adds });
  }
  return undefined;
}

/** A pattern of which nothing but stars would be left lets everybody in. */
function isOnlyStars(value: ClaimScalar): boolean {
  return typeof value === "string" && value.includes("*") && !/[A-Za-z0-9]/.test(value);
}

/** The assertion with a spelling in a value's place, or beside it. */
function respelled(assertion: ClaimAssertion, want: string, { value, isBeside }: Spelling): ClaimAssertion {
  if (!isBeside && !Array.isArray(assertion.value)) return { ...assertion, value };
  const values = [assertion.value].flat() as readonly ClaimScalar[];
  const all = values.flatMap((one) => (one !== want ? [one] : isBeside ? [one, value] : [value]));
  return { ...assertion, operator: "in", value: [...new Set(all)] };
}
