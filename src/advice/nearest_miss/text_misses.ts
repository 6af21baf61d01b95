import { type ClaimAssertion, type ClaimScalar, segmentsOf } from "../../protocol/index.ts";
import { type FailedAssertion, folded, type MissKind } from "./miss.ts";

/** Another spelling of a wanted value, which may fit what was received. */
export interface Spelling {
  readonly kind: MissKind;
  readonly value: ClaimScalar;
  readonly why: string;
  /** To stand beside the wanted value, not in its place. */
  readonly isBeside?: true;
  /** To be asked for besides. */
  readonly adds?: readonly ClaimAssertion[];
  /** It is one, but nobody should put it into a trust. */
  readonly isUnfit?: true;
}

/** Finds spellings of `want` that may fit `got`; whoever asks tries whether they do. */
export type Speller = (want: string, got: string, failed: FailedAssertion) => readonly Spelling[];

const UUID = "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}";
const BARE = new RegExp(`(?<![{0-9A-Fa-f-])(${UUID})(?![}0-9A-Fa-f-])`, "g");
const BRACED = new RegExp(`\\{(${UUID})\\}`, "g");

/** UUIDs with braces or without. */
export const braces: Speller = (want) =>
  [want.replace(BARE, "{$1}"), want.replace(BRACED, "$1")].map((value) => ({
    kind: "braces",
    value,
    why: "in the braces around the UUID alone; both are the same id",
  }));

/** Other case of letters; what names a branch or a tag has none: `Main` is another branch than `main`. */
export const letterCase: Speller = (want, got, { assertion }) => {
  if (folded(want) !== folded(got) || isOfRef(assertion.item, want, got)) return [];
  return [{ kind: "case", value: got, why: CASE_ALONE }];
};

/** Why another case may be harmless, and why it is not the same. */
export const CASE_ALONE =
  "in the case of letters alone; most providers take both for one name, but send the one that they show";

const REF_NAME = /(?:^|_)(?:ref|branch|tag)$|^(?:branch|tag)Name$/;

/** Whether two texts that are alike but for case differ in what names a branch or a tag. */
export function isOfRef(item: string, want: string, got: string): boolean {
  if (REF_NAME.test(segmentsOf(item).at(-1) ?? "") && !want.includes("refs/")) return want !== got;
  const start = want.search(/refs\/(?:heads|tags)\//i);
  return start !== -1 && want.slice(start) !== got.slice(start);
}

/** White space around and within; only a trust's own is put right, for a token's may be meant to deceive. */
export const whiteSpace: Speller = (want, got) => {
  const [ours, theirs] = [tidy(want), tidy(got)];
  if (ours !== want)
    return [{ kind: "white_space", value: ours, why: "in white space alone, which the trust has" }];
  if (ours !== theirs) return [];
  const why = "in white space alone, which the token has: look who wrote it";
  return [{ kind: "white_space", value: got, why, isUnfit: true }];
};

function tidy(text: string): string {
  return text
    .replace(/[\u200b-\u200d\u2060\ufeff]+/g, "")
    .replace(/\s+/g, " ")
    .trim();
}

const REF_PREFIXES = { branch: "refs/heads/", tag: "refs/tags/" } as const;
/** A ref begins where the text does, or after one of these. */
const REF_STARTS = /(?<=^|[:@])/g;

/** `main` against `refs/heads/main`, and the other way; tags too. */
export const refPrefix: Speller = (want, _got, failed) => [...longerRefs(want), ...shorterRefs(want, failed)];

function longerRefs(want: string): readonly Spelling[] {
  const starts = [...want.matchAll(REF_STARTS)].map(({ index }) => index).slice(0, 16);
  return starts.flatMap((start) => {
    const [before, name] = [want.slice(0, start), want.slice(start)];
    if (name.startsWith("refs/") || /^\**$/.test(name)) return [];
    return (["branch", "tag"] as const).map((type) => ({
      kind: "ref_prefix" as const,
      value: `${before}${REF_PREFIXES[type]}${name}`,
      ...judgedRef(name, type),
    }));
  });
}

/** A bare name does not say of which type it is: a version is taken for a tag's, all else for a branch's. */
function judgedRef(name: string, type: "branch" | "tag"): Pick<Spelling, "why" | "isUnfit"> {
  const why = `the token names the ${type} in full (${REF_PREFIXES[type]}), the trust does not`;
  if (/^v?\d/.test(name) === (type === "tag")) return { why };
  const other = type === "tag" ? "branch" : "tag";
  return { why: `${why}; a ${other} may have been meant: write the full ref that is`, isUnfit: true };
}

function shorterRefs(want: string, { assertion, token, trust }: FailedAssertion): readonly Spelling[] {
  const isRef = assertion.item === "ref" || assertion.item === "/ref";
  return (["branch", "tag"] as const).flatMap((type): readonly Spelling[] => {
    const prefix = REF_PREFIXES[type];
    const start = [...want.matchAll(REF_STARTS)].find(({ index }) => want.startsWith(prefix, index))?.index;
    if (start === undefined || want.startsWith("refs/", start + prefix.length)) return [];
    const value = `${want.slice(0, start)}${want.slice(start + prefix.length)}`;
    const why = `the trust names the ${type} in full (${prefix}), the token does not`;
    const told = token.claims.ref_type;
    if (told !== undefined && told !== type) {
      const detail = `${why}, and its ref_type is no ${type}`;
      return [{ kind: "ref_prefix", value, why: detail, isUnfit: true }];
    }
    const isAsked = trust.assertions.some(({ item, mode }) => item === "ref_type" && mode !== "shadow");
    const adds: ClaimAssertion[] =
      isRef && told === type && !isAsked ? [{ item: "ref_type", operator: "equals", value: type }] : [];
    return [{ kind: "ref_prefix", value, why, adds }];
  });
}

/** The issuer, asserted once more among the claims. */
export const issuerSlash: Speller = (want, got, { assertion }) => {
  if (assertion.item !== "iss" && assertion.item !== "/iss") return [];
  if (got !== `${want}/` && want !== `${got}/`) return [];
  return [{ kind: "issuer_slash", value: got, why: "in the slash at the end alone" }];
};
