import type { Config } from "../config.ts";
import {
  ASSERTIONS_MAX,
  accept,
  type ClaimAssertion,
  GLOBS_PER_TRUST_MAX,
  type MemberProblem,
  type Problem,
  pathOf,
  type Result,
  refuse,
  segmentsOf,
  type UploadedKeySet,
} from "../protocol/index.ts";
import { faultOfValue, isEnforced, isPositive, judgeIssuerUrl, judgeUploadedKeys } from "../trust/index.ts";
import { notStorable } from "./problems.ts";

/** Whose tokens are believed: an issuer, and his keys where they cannot be fetched. */
export interface TrustedIssuer {
  readonly issuer: string;
  readonly jwks: { readonly keys: readonly unknown[] } | null;
}

/** What a trust says, before it is stored. */
export interface ProviderTerms extends TrustedIssuer {
  readonly assertions: readonly ClaimAssertion[];
}

/** Claims that hold for every token of an issuer, or for none twice: alone they let the world in, or nobody. */
const NO_IDENTITY = ["aud", "iss", "exp", "nbf", "iat", "jti"];

/** Every exchange of the account reads them. */
const JWKS_MAX_CHARACTERS = 32 * 1024;
const ASSERTIONS_MAX_CHARACTERS = 16 * 1024;

/**
 * Whether a trust may be stored: the issuer may be one, its uploaded keys are fit, and the assertions say whom it
 * lets in. All problems at once, each with its place. Returns the key set cut down to public keys.
 */
export async function judgeStorable(
  config: Config,
  terms: ProviderTerms,
): Promise<Result<UploadedKeySet | null, Problem>> {
  const judged = await judgeTrustedIssuer(config, terms);
  const errors = [...(judged.ok ? [] : judged.refusal), ...judgeAssertions(terms.assertions)];
  if (errors.length === 0 && judged.ok) return judged;
  return refuse(notStorable("trust", errors));
}

/** Whether an issuer may be one and his uploaded keys are fit: these cut down to public keys, or all that is wrong. */
export async function judgeTrustedIssuer(
  config: Config,
  trusted: TrustedIssuer,
): Promise<Result<UploadedKeySet | null, readonly MemberProblem[]>> {
  const keys = trusted.jwks === null ? accept(null) : await judgeUploadedKeys(trusted.jwks.keys);
  const errors = [
    ...judgeIssuer(config, trusted),
    ...(keys.ok
      ? []
      : keys.refusal.map(({ index, detail }) => problem(`/jwks/keys/${index}`, "unusable_key", detail))),
  ];
  if (keys.ok && JSON.stringify(keys.value).length > JWKS_MAX_CHARACTERS) {
    const detail = `Uploaded keys take at most ${JWKS_MAX_CHARACTERS / 1024} KiB; keep those that sign now.`;
    errors.push(problem("/jwks", "too_big", detail));
  }
  if (errors.length > 0 || !keys.ok) return refuse(errors);
  return accept(keys.value === null ? null : { keys: keys.value });
}

/** Whether an issuer may be named; one whose keys are uploaded need not be reached from here. */
export function judgeIssuer(config: Config, { issuer, jwks }: TrustedIssuer): readonly MemberProblem[] {
  const judged = judgeIssuerUrl(issuer, {
    isDevelopment: config.isDevelopment,
    ownOrigin: config.issuerUrl,
    isFetched: jwks === null,
  });
  return judged.ok ? [] : [problem("/issuer", "issuer_not_allowed", `The issuer ${judged.refusal}.`)];
}

/** Whether assertions say whom they let in. */
export function judgeAssertions(assertions: readonly ClaimAssertion[]): readonly MemberProblem[] {
  const errors = [...assertions.flatMap((assertion, index) => judgeAssertion(assertion, index, assertions))];
  if (assertions.length > ASSERTIONS_MAX) {
    const detail = `A trust has at most ${ASSERTIONS_MAX} assertions, its template's with them.`;
    errors.push(problem("/assertions", "too_big", detail));
  }
  if (assertions.filter(({ operator }) => operator === "glob").length > GLOBS_PER_TRUST_MAX) {
    const detail = `A trust has at most ${GLOBS_PER_TRUST_MAX} assertions with glob; write a list with in.`;
    errors.push(problem("/assertions", "too_many_globs", detail));
  }
  const size = JSON.stringify(assertions).length;
  if (size > ASSERTIONS_MAX_CHARACTERS) {
    const detail = `Assertions take at most ${ASSERTIONS_MAX_CHARACTERS / 1024} KiB: every exchange of the account reads them.`;
    errors.push(problem("/assertions", "too_big", detail));
  }
  const hasIdentity = assertions.some(
    (assertion) =>
      isEnforced(assertion) &&
      isPositive(assertion) &&
      !NO_IDENTITY.includes(segmentsOf(assertion.item)[0] ?? ""),
  );
  if (hasIdentity) return errors;
  const detail = `Name the workload: assert at least one claim besides ${NO_IDENTITY.join(", ")}, such as sub, by equals, in or glob.`;
  return [...errors, problem("/assertions", "no_identity_assertion", detail)];
}

function judgeAssertion(
  assertion: ClaimAssertion,
  index: number,
  all: readonly ClaimAssertion[],
): readonly MemberProblem[] {
  const { item, operator, value } = assertion;
  const place = `/assertions/${index}`;
  const errors = [...judgeItem(item, `${place}/item`)];
  const wrong = faultOfValue(assertion);
  if (wrong !== undefined) errors.push(problem(`${place}/value`, wrong.code, wrong.detail));
  const isEqual = (other: ClaimAssertion) => other.operator === "equals" && isEnforced(other);
  const earlier = all.slice(0, index).find((other) => isEqual(other) && pathOf(other.item) === pathOf(item));
  if (operator === "equals" && isEnforced(assertion) && earlier !== undefined && earlier.value !== value) {
    const detail = `An assertion above wants another value of ${item}: both can never hold.`;
    errors.push(problem(place, "contradiction", detail));
  }
  return errors;
}

/** Whether an item names a claim, or is a JSON Pointer. @param pointer where it stands @see RFC 6901 s3 */
export function judgeItem(item: string, pointer: string): readonly MemberProblem[] {
  if (!/~(?![01])/.test(item) || !item.startsWith("/")) return [];
  return [problem(pointer, "invalid_pointer", "In a JSON Pointer ~ is followed by 0 or 1.")];
}

function problem(pointer: string, code: string, detail: string): MemberProblem {
  return { pointer, code, detail };
}
