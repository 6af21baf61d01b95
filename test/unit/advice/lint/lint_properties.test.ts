import fc from "fast-check";
import { expect, it } from "vitest";
import { lintTrust } from "../../../../src/advice/lint/lint.ts";
import { type ClaimAssertion, segmentsOf } from "../../../../src/protocol/index.ts";
import { isEnforced, matchClaims } from "../../../../src/trust/claims.ts";
import { expandTemplate } from "../../../../src/trust/templates/expand.ts";
import { TEMPLATES } from "../../../../src/trust/templates/index.ts";
import type { Claims, TrustTemplate } from "../../../../src/trust/templates/template.ts";

const SHARED = TEMPLATES.filter(({ isShared }) => isShared);

/** Texts that patterns are cut from, so that they meet the samples' claims often. */
function valuesOf(kind: TrustTemplate, item: string): readonly string[] {
  const claim = claimOf(kind.sample, segmentsOf(item));
  const text = typeof claim === "string" ? claim : "x";
  const cuts = [...text.matchAll(/[:/@.-]/g)].flatMap(({ index }) => [
    `${text.slice(0, index + 1)}*`,
    `${text.slice(0, index + 1)}**`,
    `${text.slice(0, index)}*`,
    `*${text.slice(index)}`,
    `**${text.slice(index)}`,
  ]);
  return [text, "*", "**", "*:*", `${text}*`, `${text.slice(0, 2)}**`, ...cuts];
}

function assertionOf(kind: TrustTemplate): fc.Arbitrary<ClaimAssertion> {
  const items = [...Object.keys(kind.sample).filter((name) => name !== "iss"), ...kind.tenantItems];
  return fc.constantFrom(...new Set(items)).chain((item) => {
    const text = fc.constantFrom(...valuesOf(kind, item));
    const mode = fc.constantFrom<ClaimAssertion["mode"]>(undefined, undefined, "enforce", "shadow");
    const plain = fc.record({
      operator: fc.constantFrom("equals" as const, "notEquals" as const),
      value: text,
    });
    const list = fc.record({
      operator: fc.constantFrom("in" as const, "notIn" as const),
      value: fc.array(text),
    });
    const pattern = fc.record({ operator: fc.constant("glob" as const), value: text });
    const exists = fc.record({ operator: fc.constant("exists" as const), value: fc.boolean() });
    return fc
      .tuple(fc.oneof(plain, list, { weight: 3, arbitrary: pattern }, exists), mode)
      .map(([condition, mode]): ClaimAssertion => ({ item, ...condition, mode }));
  });
}

const scene = fc.constantFrom(...SHARED).chain((kind) =>
  fc.record({
    kind: fc.constant(kind),
    assertions: fc.array(assertionOf(kind), { minLength: 1, maxLength: 4 }),
    more: assertionOf(kind),
  }),
);

it("one more enforced assertion never makes an issuer shared", () => {
  fc.assert(
    fc.property(scene, fc.nat(4), ({ kind, assertions, more }, place) => {
      const after = assertions.toSpliced(place, 0, { ...more, mode: "enforce" });
      expect(!isShared(kind, assertions) && isShared(kind, after)).toBe(false);
    }),
    { numRuns: 2000 },
  );
});

it("what is not refused lets no other tenant in", () => {
  const seen = { kept: 0, refused: 0, matched: 0 };
  fc.assert(
    fc.property(scene, ({ kind, assertions }) => {
      const findings = lintTrust({ issuer: issuerOf(kind), assertions, hasUploadedKeys: false });
      const isRefused = findings.some(({ severity }) => severity === "refuse");
      seen[isRefused ? "refused" : "kept"] += 1;
      if (isRefused) return;
      if (letsIn(assertions, kind.sample)) seen.matched += 1;
      for (const token of strangersOf(kind)) expect(letsIn(assertions, token)).toBe(false);
    }),
    { numRuns: 5000 },
  );
  expect(Math.min(seen.kept, seen.refused, seen.matched)).toBeGreaterThan(100);
});

function isShared(kind: TrustTemplate, assertions: readonly ClaimAssertion[]): boolean {
  const findings = lintTrust({ issuer: issuerOf(kind), assertions, hasUploadedKeys: false });
  return findings.some(({ code }) => code === "shared_issuer");
}

function letsIn(assertions: readonly ClaimAssertion[], claims: Claims): boolean {
  return matchClaims(assertions, claims).every(({ assertion, holds }) => holds || !isEnforced(assertion));
}

/**
 * Tokens of others at the same issuer: all that says whose they are is another. In composed texts the tenant's part is,
 * wherever it stands: after the same labels, longer than it was, and alone.
 */
function strangersOf(kind: TrustTemplate): readonly Claims[] {
  const texts = kind.tenantItems.map((item) => claimOf(kind.sample, segmentsOf(item)));
  const parts = texts.filter((text) => typeof text === "string" && !/[:/]/.test(text)) as string[];
  const longestFirst = [...new Set(parts)].sort((a, b) => b.length - a.length);
  return [(part: string) => `${part}-evil`, () => "mallory", (part: string) => `evil-${part}`].map(
    (changed) => {
      const claims = structuredClone(kind.sample) as Record<string, unknown>;
      for (const item of kind.tenantItems) replace(claims, segmentsOf(item), longestFirst, changed);
      return claims;
    },
  );
}

function replace(
  claims: Record<string, unknown>,
  [segment = "", ...rest]: readonly string[],
  parts: readonly string[],
  changed: (part: string) => string,
): void {
  const value = claims[segment];
  if (rest.length > 0) replace(value as Record<string, unknown>, rest, parts, changed);
  if (typeof value !== "string") return;
  const pieces = value.split(/([:/@])/).map((piece) => (parts.includes(piece) ? changed(piece) : piece));
  claims[segment] = pieces.join("") === value ? changed(value) : pieces.join("");
}

function claimOf(claims: unknown, segments: readonly string[]): unknown {
  return segments.reduce<unknown>(
    (at, segment) => (at as Record<string, unknown> | undefined)?.[segment],
    claims,
  );
}

function issuerOf(template: TrustTemplate): string {
  const examples = Object.entries(template.parameters).map(([name, { example }]) => [name, example]);
  const expanded = expandTemplate(template, Object.fromEntries(examples));
  return expanded.ok ? expanded.value.issuer : "";
}
