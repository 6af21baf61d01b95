import { redactClaim } from "../../audit/index.ts";
import { type ClaimAssertion, type ClaimScalar, segmentsOf } from "../../protocol/index.ts";
import { faultOfValue, judgeTerms, type TokenClaims } from "../../trust/index.ts";
import type { CandidateTrust, Fix, Miss } from "./miss.ts";

/** A merge patch on a trust. @see RFC 7396 */
export type TrustPatch = Readonly<Record<string, unknown>>;

/** What the API lets be stored; a patch beyond it could not be applied. */
const ASSERTIONS_MAX = 50;
const ASSERTIONS_MAX_CHARACTERS = 16 * 1024;
const VALUES_MAX = 100;
const TEXT_MAX_CHARACTERS = 2048;
const ITEM_MAX_CHARACTERS = 256;
const ISSUER_MAX_CHARACTERS = 255;

/** When, and whose token service it is. */
export interface At {
  readonly now: number;
  readonly issuerUrl: string;
}

/** The one patch that mends every miss; null where one has no fix, or where the token would not pass all the same. */
export function patchOf(
  token: TokenClaims,
  trust: CandidateTrust,
  { misses, at }: { readonly misses: readonly Miss[]; readonly at: At },
): TrustPatch | null {
  const fixes = misses.flatMap(({ fix }) => fix ?? []);
  if (fixes.length === 0 || fixes.length < misses.length) return null;
  const members: TrustPatch = Object.assign({}, ...fixes.map((fix) => fix.members ?? {}));
  const assertions = mended(trust.assertions, fixes);
  const patch = assertions === trust.assertions ? members : { ...members, assertions };
  return isStorable(patch, trust) && passes(token, patched(trust, patch), at) ? patch : null;
}

/** Whether a trust lets a token in, its issuer, state and mode looked at too. */
export function passes(token: TokenClaims, trust: CandidateTrust, at: At): boolean {
  if (trust.issuer !== token.issuer || trust.disabled || trust.mode !== "enforce") return false;
  return judgeTerms(token, trust, at).failure === undefined;
}

/** The trust after a patch: a trust's members are merged one by one, lists and null replace. @see RFC 7396 s2 */
function patched(trust: CandidateTrust, patch: TrustPatch): CandidateTrust {
  return { ...trust, ...patch };
}

function mended(assertions: readonly ClaimAssertion[], fixes: readonly Fix[]): readonly ClaimAssertion[] {
  const replaced = new Map(
    fixes.flatMap(({ replaces }) => (replaces ? [[replaces.index, replaces.by]] : [])),
  );
  const added = new Map(
    fixes.flatMap(({ adds }) => adds ?? []).map((assertion) => [JSON.stringify(assertion), assertion]),
  );
  if (replaced.size === 0 && added.size === 0) return assertions;
  return [...assertions.map((assertion, index) => replaced.get(index) ?? assertion), ...added.values()];
}

function isStorable({ issuer, assertions }: TrustPatch, trust: CandidateTrust): boolean {
  if (typeof issuer === "string" && (issuer.length > ISSUER_MAX_CHARACTERS || !isShowable(["iss"], issuer))) {
    return false;
  }
  if (assertions === undefined) return true;
  const all = assertions as readonly ClaimAssertion[];
  if (all.length > ASSERTIONS_MAX || JSON.stringify(all).length > ASSERTIONS_MAX_CHARACTERS) return false;
  return all.filter((assertion) => !trust.assertions.includes(assertion)).every(isFit);
}

/** Whether what was written anew may be stored, and shown: no credential that a claim was given comes back in a patch. */
function isFit(assertion: ClaimAssertion): boolean {
  const values = [assertion.value].flat() as readonly ClaimScalar[];
  if (faultOfValue(assertion) !== undefined || values.length > VALUES_MAX) return false;
  const { item } = assertion;
  if (item === "" || item.length > ITEM_MAX_CHARACTERS || !isShowable([], item)) return false;
  return values.every((value) => isShowable(segmentsOf(item), value));
}

function isShowable(path: readonly string[], value: ClaimScalar): boolean {
  if (typeof value === "string" && (value === "" || value.length > TEXT_MAX_CHARACTERS)) return false;
  return redactClaim(path, value) === value;
}
