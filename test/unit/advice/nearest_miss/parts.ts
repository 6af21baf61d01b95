import type { CandidateTrust, MissKind } from "../../../../src/advice/nearest_miss/nearest_miss.ts";
import type { ClaimAssertion } from "../../../../src/protocol/index.ts";
import { judgeTerms, type TokenClaims } from "../../../../src/trust/terms.ts";

export const NOW = 1_795_300_100;
export const ISSUER_URL = "https://sts.example.dev";
export const AT = { now: NOW, issuerUrl: ISSUER_URL };
export const GITHUB = "https://token.actions.githubusercontent.com";

/** A token, the trust that it was meant for, and what is said of the two. */
export interface Row {
  readonly name: string;
  readonly token: TokenClaims;
  readonly trust: CandidateTrust;
  readonly kinds: readonly MissKind[];
  readonly patch: Readonly<Record<string, unknown>> | null;
}

/** A token of GitHub Actions for us, but for the claims given; undefined takes one away. */
export function tokenOf(changes: Readonly<Record<string, unknown>> = {}): TokenClaims {
  const entries = Object.entries({ ...CLAIMS, ...changes }).filter(([, value]) => value !== undefined);
  const claims: Readonly<Record<string, unknown>> = Object.fromEntries(entries);
  return {
    issuer: String(claims.iss),
    subject: String(claims.sub),
    audience: [claims.aud].flat() as readonly string[],
    expiresAt: Number(claims.exp),
    notBefore: claims.nbf as number | undefined,
    issuedAt: claims.iat as number | undefined,
    claims,
  };
}

const CLAIMS = {
  iss: GITHUB,
  aud: ISSUER_URL,
  sub: "repo:acme/shop:ref:refs/heads/main",
  repository: "acme/shop",
  repository_id: "777001",
  repository_owner: "acme",
  repository_owner_id: "4242",
  event_name: "push",
  ref: "refs/heads/main",
  ref_type: "branch",
  iat: NOW - 100,
  nbf: NOW - 700,
  exp: NOW + 200,
};

/** A trust in GitHub that asks for what is given. */
export function trustOf(
  assertions: readonly ClaimAssertion[],
  changes: Partial<CandidateTrust> = {},
): CandidateTrust {
  return {
    id: "0199c3d2-5b7a-7c1e-9f40-2a6d1c3e8b75",
    name: "github-main",
    issuer: GITHUB,
    disabled: false,
    mode: "enforce",
    leeway: null,
    maxTokenAge: null,
    learnedIds: null,
    assertions,
    ...changes,
  };
}

export function equals(item: string, value: string | number | boolean): ClaimAssertion {
  return { item, operator: "equals", value };
}

export function glob(item: string, value: string): ClaimAssertion {
  return { item, operator: "glob", value };
}

export function oneOf(item: string, ...value: readonly (string | number)[]): ClaimAssertion {
  return { item, operator: "in", value };
}

/** As the standard writes it down. @see RFC 7396 s2 */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = mergePatch(merged[name], value);
  }
  return merged;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The trust after a patch; what a patch takes away, a row has as null. */
export function applied(trust: CandidateTrust, patch: unknown): CandidateTrust {
  const bare = { leeway: null, maxTokenAge: null, learnedIds: null };
  return { ...bare, ...(mergePatch(trust, patch) as CandidateTrust) };
}

/** Why a trust does not let a token in, its issuer, state and mode looked at too; undefined where it does. */
export function whyNot(token: TokenClaims, trust: CandidateTrust): string | undefined {
  if (trust.issuer !== token.issuer) return "issuer";
  if (trust.disabled) return "disabled";
  if (trust.mode !== "enforce") return "shadow";
  return judgeTerms(token, trust, AT).failure?.detail;
}
