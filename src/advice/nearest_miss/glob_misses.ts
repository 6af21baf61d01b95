import { isPositive, kindOf, matchClaims, matchesGlob, partsOf } from "../../trust/index.ts";
import { differenceOf, type FailedAssertion, folded, type Miss, missOf, shownClaim } from "./miss.ts";
import { CASE_ALONE, isOfRef } from "./text_misses.ts";

/** A name of that length is one by itself. */
const UUID_CHARACTERS = 32;

/**
 * Whether a pattern still says whose the workload is: it begins with a whole name, not with a star nor with what every
 * token of the issuer begins with.
 */
export function isSpecific(pattern: string, item: string): boolean {
  if (!pattern.includes("*")) return true;
  const before = pattern.slice(0, pattern.indexOf("*"));
  const names = before.split(/[:/@]/).filter((name) => name !== "");
  const isNamed = names.some((name) => name.length >= UUID_CHARACTERS);
  return /[:/@]$/.test(before) && (isNamed || names.length >= (item === "sub" || item === "/sub" ? 2 : 1));
}

/** A star under `equals` or `in`, which compare literally. */
export function globInEquals(failed: FailedAssertion, want: string, got: string): Miss | undefined {
  const { assertion } = failed;
  if (assertion.operator === "glob" || !want.includes("*") || !matchesGlob(want, got)) return undefined;
  const isAlone = !Array.isArray(assertion.value) || assertion.value.length === 1;
  const detail = `${assertion.operator} compares literally, so the star of ${shownClaim(assertion.item, want)} is none; as a glob it lets in ${shownClaim(assertion.item, got)}`;
  if (!isSpecific(want, assertion.item) || isOfStrangers(failed)) {
    return missOf(failed, "glob_in_equals", `${detail}, and strangers too.`);
  }
  if (!isAlone) return missOf(failed, "glob_in_equals", `${detail}: give it a trust of its own.`);
  const by = { ...assertion, operator: "glob" as const, value: want };
  return missOf(failed, "glob_in_equals", `${detail} and all that are like it.`, { by });
}

/** One star would match if it crossed `/` or `:`. Only the last of a pattern, or one within a ref, is let cross. */
export function globSegment(failed: FailedAssertion, want: string, got: string): Miss | undefined {
  const { assertion } = failed;
  if (assertion.operator !== "glob" || !matchesGlob(want.replace(/\*+/g, "**"), got)) return undefined;
  const wider = widened(want).find((pattern) => matchesGlob(pattern, got));
  if (wider === undefined) return differenceOf(failed);
  const detail = `* stays between / and :, ** crosses them; ${shownClaim(assertion.item, wider)} would match ${shownClaim(assertion.item, got)}`;
  if (!isSpecific(want, assertion.item) || isOfStrangers(failed)) {
    return missOf(failed, "glob_segment", `${detail}, and strangers too.`);
  }
  return missOf(failed, "glob_segment", `${detail} and all below it.`, {
    by: { ...assertion, value: wider },
  });
}

function widened(pattern: string): readonly string[] {
  const stars = [...pattern.matchAll(/(?<!\*)\*(?!\*)/g)].map(({ index }) => index);
  const mayCross = stars.filter(
    (at) => at === pattern.length - 1 || /refs\/(?:heads|tags)\//.test(pattern.slice(0, at)),
  );
  return mayCross.reverse().map((at) => `${pattern.slice(0, at)}*${pattern.slice(at)}`);
}

/** A pattern that would match in another case: spelled as the claim is. */
export function globCase(failed: FailedAssertion, want: string, got: string): Miss | undefined {
  const { assertion } = failed;
  if (assertion.operator !== "glob" || !want.includes("*")) return undefined;
  const value = respelled(want, got);
  if (value === undefined || isOfRef(assertion.item, want, value)) return undefined;
  return missOf(
    failed,
    "case",
    `${CASE_ALONE}; received ${shownClaim(assertion.item, got)}, asked for ${shownClaim(assertion.item, want)}.`,
    {
      by: { ...assertion, value },
    },
  );
}

/** The pattern with its letters in the case of the text that it then matches; undefined where none does. */
function respelled(pattern: string, text: string): string | undefined {
  const [plain, plainText] = [folded(pattern), folded(text)];
  if (!matchesGlob(plain, plainText)) return undefined;
  let reached: ReadonlyMap<number, string> = new Map([[0, ""]]);
  for (const part of partsOf(plain)) {
    const after = new Map<number, string>();
    for (const [at, spelled] of reached) {
      const size = part.kind === "text" ? part.text.length : 0;
      if (part.kind === "text") {
        if (plainText.startsWith(part.text, at)) after.set(at + size, spelled + text.slice(at, at + size));
        continue;
      }
      for (let to = at; to <= text.length && !after.has(to); to++) {
        after.set(to, `${spelled}${part.crosses ? "**" : "*"}`);
        if (!part.crosses && /[/:]/.test(text[to] ?? "")) break;
      }
    }
    reached = after;
  }
  return reached.get(text.length);
}

/** Whether the token is one that this kind of issuer signs for code of strangers: no pattern is made wider for it. */
function isOfStrangers({ token }: FailedAssertion): boolean {
  const refusals = (kindOf(token.issuer, token.claims)?.assertions ?? []).filter(
    (assertion) => !isPositive(assertion),
  );
  return matchClaims(refusals, token.claims).some(({ holds }) => !holds);
}
