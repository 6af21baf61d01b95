import type { ClaimAssertion, ClaimScalar } from "../../protocol/index.ts";
import { isPositive, matchesGlob, namesAudience, TEMPLATES, type TokenClaims } from "../../trust/index.ts";
import { type CandidateTrust, differenceOf, type FailedAssertion, folded, type Miss, shown } from "./miss.ts";

/** Audiences that many services take for theirs, besides those that templates know. */
const SHARED_AUDIENCES = [
  "sts.amazonaws.com",
  "https://sts.windows.net",
  "sigstore",
  "pypi",
  "vault",
  "https://iam.googleapis.com/**",
  "//iam.googleapis.com/**",
  "npm:registry.npmjs.org",
  "https://kubernetes.default.svc**",
];

/** A trust that does not speak of the audience, and a token that is not for us. */
export function impliedAudienceMiss(
  token: TokenClaims,
  trust: CandidateTrust,
  issuerUrl: string,
): Miss | undefined {
  const asserts = trust.assertions.some(namesAudience);
  if (asserts || token.audience.includes(issuerUrl)) return undefined;
  const { why, received } = judged(token, issuerUrl);
  const adds: ClaimAssertion[] =
    received === undefined ? [] : [{ item: "aud", operator: "equals", value: received }];
  const detail = `received ${shown(token.audience)}, wanted ${shown(issuerUrl)}; ${why}.`;
  return { kind: "audience", part: "aud", detail, fix: received === undefined ? undefined : { adds } };
}

/** An assertion on the audience that fails. */
export function assertedAudienceMiss(failed: FailedAssertion): Miss {
  const { assertion, index, token, issuerUrl } = failed;
  if (!isPositive(assertion)) return differenceOf(failed);
  const { why, received } = judged(token, issuerUrl);
  const detail = `received ${shown(token.audience)}, asked for ${shown(assertion.value)}; ${why}.`;
  const fix =
    received === undefined ? undefined : { replaces: { index, by: withAudience(assertion, received) } };
  return { kind: "audience", part: "aud", detail, fix };
}

function withAudience(assertion: ClaimAssertion, received: string): ClaimAssertion {
  if (assertion.operator !== "in") return { ...assertion, operator: "equals", value: received };
  return { ...assertion, value: [...([assertion.value].flat() as readonly ClaimScalar[]), received] };
}

interface JudgedAudience {
  readonly why: string;
  /** What a trust may ask for; undefined where the pipeline has to change. */
  readonly received?: string;
}

function judged(token: TokenClaims, issuerUrl: string): JudgedAudience {
  const [received = "", ...others] = token.audience;
  const advice = `let the pipeline ask for ${shown(issuerUrl)}`;
  if (others.length > 0) return { why: `a token for several is good elsewhere too: ${advice}` };
  if (received === issuerUrl) return { why: "it is ours, the trust asks for another", received };
  if (plain(received) === plain(issuerUrl))
    return { why: `it is ours in another spelling; or ${advice}`, received };
  if (isShared(received, token)) return { why: `other services take that one for theirs too: ${advice}` };
  if (!isSpecific(received)) return { why: `that says too little: ${advice}` };
  return {
    why: `any other service that takes that audience could use such tokens here, so better ${advice}`,
    received,
  };
}

function plain(url: string): string {
  return folded(url.trim())
    .replace(/^https?:\/\//, "")
    .replace(/\/+$/, "");
}

/** Long enough, and made of more than one word. */
function isSpecific(audience: string): boolean {
  return audience.length >= 8 && /[A-Za-z0-9][.:/_-]+[A-Za-z0-9]/.test(audience) && !audience.includes("*");
}

function isShared(audience: string, token: TokenClaims): boolean {
  if (audience === token.issuer) return true;
  const ofTemplates = TEMPLATES.flatMap(({ sharedAudience }) => sharedAudience ?? []);
  return [...SHARED_AUDIENCES, ...ofTemplates].some((form) => isOfForm(audience, form, token));
}

/**
 * A form such as `https://github.com/OWNER`. Where it is hardly more than its open parts, one of the token's other claims
 * has to fill one: else every URL were shared.
 */
function isOfForm(audience: string, form: string, { claims }: TokenClaims): boolean {
  const pattern = form.replace(/<[^>]+>|(?<=\/)[A-Z]{3,}$/g, "*");
  if (!matchesGlob(pattern, audience)) return false;
  const said = pattern.replace(/^https?:\/\//, "").replace(/[*/:.]/g, "");
  if (said.length >= 4) return true;
  const parts = new Set([audience, ...audience.split(/[/:]/)]);
  return Object.entries(claims).some(
    ([name, value]) => name !== "aud" && name !== "iss" && typeof value === "string" && parts.has(value),
  );
}
