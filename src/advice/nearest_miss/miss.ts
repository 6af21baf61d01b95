import { redactClaim } from "../../audit/index.ts";
import { type ClaimAssertion, segmentsOf } from "../../protocol/index.ts";
import { describeAssertion, doesHold, quote, type TokenClaims, type TrustTerms } from "../../trust/index.ts";

/** A trust of the account as it is now, with its issuer. */
export type CandidateTrust = TrustTerms & { readonly issuer: string; readonly disabled: boolean };

/** What may be known of a miss. `difference`: nothing is; a stranger may be asking. */
export const MISS_KINDS = [
  "passes_now",
  "disabled",
  "shadow",
  "issuer_slash",
  "issuer_case",
  "clock_ahead",
  "expired",
  "too_old",
  "audience",
  "sub_form",
  "case",
  "braces",
  "ref_prefix",
  "white_space",
  "number_as_string",
  "string_as_number",
  "boolean_as_string",
  "string_as_boolean",
  "array_member",
  "glob_in_equals",
  "glob_segment",
  "pointer",
  "absent",
  "identity_changed",
  "difference",
] as const;

/** One of them. `number_as_string`: the token has the number as a text; the others likewise. */
export type MissKind = (typeof MISS_KINDS)[number];

/** What would mend one miss: members of the trust, an assertion in another's place, and further ones. */
export interface Fix {
  readonly members?: Readonly<Record<string, unknown>>;
  readonly replaces?: { readonly index: number; readonly by: ClaimAssertion };
  readonly adds?: readonly ClaimAssertion[];
}

/** One part of a trust that a token does not meet. */
export interface Miss {
  readonly kind: MissKind;
  /** What differs, in a word or two. */
  readonly part: string;
  /** How, and why that may be harmless: a sentence. */
  readonly detail: string;
  /** Undefined where no change of the trust is advisable. */
  readonly fix: Fix | undefined;
}

/** One enforced assertion that does not hold, and all around it. */
export interface FailedAssertion {
  readonly token: TokenClaims;
  readonly trust: CandidateTrust;
  readonly index: number;
  readonly assertion: ClaimAssertion;
  readonly received: unknown;
  readonly issuerUrl: string;
}

/** A miss on an assertion; without `by` no change is advised. */
export function missOf(
  { assertion, index }: FailedAssertion,
  kind: MissKind,
  detail: string,
  fix?: { readonly by: ClaimAssertion; readonly adds?: readonly ClaimAssertion[] | undefined },
): Miss {
  const mended = fix && { replaces: { index, by: fix.by }, adds: fix.adds ?? [] };
  return { kind, part: clipped(assertion.item, 64), detail, fix: mended };
}

/** A plain difference. */
export function differenceOf(failed: FailedAssertion): Miss {
  const { assertion, received } = failed;
  // The part says the item already.
  const asked = clipped(describeAssertion(assertion).slice(assertion.item.length).trim(), 140);
  return missOf(failed, "difference", `it ${asked}, received ${shownClaim(assertion.item, received)}.`);
}

/** Whether a claim would hold if the assertion asked for this one value, or pattern, in place of its own. */
export function fits({ assertion }: FailedAssertion, value: ClaimAssertion["value"], got: unknown): boolean {
  const operator = assertion.operator === "in" ? "equals" : assertion.operator;
  return doesHold({ ...assertion, operator, value }, got);
}

/** Foreign text for a detail: escaped, short, and without credentials. */
export function shown(value: unknown): string {
  return clipped(quote(redactClaim([], value)), 80);
}

/** A claim for a detail, as the record may show it. */
export function shownClaim(item: string, value: unknown): string {
  return shown(redactClaim(segmentsOf(item), value));
}

/** At most so many characters, none of them half. */
export function clipped(text: string, maxCharacters: number): string {
  return text.length <= maxCharacters ? text : `${text.slice(0, maxCharacters - 1).toWellFormed()}…`;
}

/** In lower case where it is ASCII: beyond that letters that are not the same fold into one. */
export function folded(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
