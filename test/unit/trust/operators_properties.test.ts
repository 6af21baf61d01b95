import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ClaimAssertion, OPERATORS, type Operator } from "../../../src/protocol/index.ts";
import { doesHold, faultOfValue } from "../../../src/trust/operators.ts";
import { judgeTerms, type TokenClaims, type TrustTerms } from "../../../src/trust/terms.ts";

/** Few values, so that they meet often. */
const text = fc.constantFrom(
  "",
  "a",
  "b",
  "1",
  "true",
  "a/b",
  "a:b",
  "2027-01-31T12:00:00Z",
  "2028-01-31T12:00:00Z",
);
const number = fc.constantFrom(0, 1, -1, 2.5, 1_801_396_800, 1_801_396_801);
const scalar = fc.oneof(text, number, fc.boolean());
const glob = fc.constantFrom("*", "**", "a*", "*/b", "a:*", "1", "t**e");
const NAMES = ["sub", "x", "y", "z"] as const;
const item = fc.constantFrom(...NAMES);
const mode = fc.constantFrom(undefined, "enforce", "shadow") as fc.Arbitrary<ClaimAssertion["mode"]>;

const received = fc.oneof(
  { weight: 4, arbitrary: scalar },
  { weight: 2, arbitrary: fc.array(scalar, { maxLength: 3 }) },
  fc.constantFrom<unknown>(null, {}, { a: "a" }, [[]], [null], [["a"]]),
);

function valuesFor(operator: Operator): fc.Arbitrary<ClaimAssertion["value"]> {
  switch (operator) {
    case "in":
    case "notIn":
      return fc.array(scalar, { minLength: 1, maxLength: 3 });
    case "exists":
      return fc.boolean();
    case "glob":
      return glob;
    case "lessThan":
    case "greaterThan":
      return fc.oneof(number, fc.constantFrom("2027-01-31T12:00:00Z", "2027-06-01T00:00:00+02:00"));
    case "equals":
    case "notEquals":
      return scalar;
  }
}

const assertion: fc.Arbitrary<ClaimAssertion> = fc
  .constantFrom(...OPERATORS)
  .chain((operator) =>
    fc.record({ item, operator: fc.constant(operator), value: valuesFor(operator), mode }),
  );

const claims = fc.dictionary(item, received, { noNullPrototype: true });
const assertions = fc.array(assertion, { minLength: 1, maxLength: 5 });

/** The plain reading of one assertion, written without the room's own words. */
function oracle({ operator, value }: ClaimAssertion, claim: unknown): boolean {
  const isThere = claim !== undefined && claim !== null;
  if (operator === "exists") return isThere === value;
  if (!isThere) return false;
  const members: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  switch (operator) {
    case "equals":
    case "in":
      return members.some((member) => values.some((one) => Object.is(one, member)));
    case "notEquals":
    case "notIn": {
      for (const member of members) {
        if (values.some((one) => Object.is(one, member))) return false;
        if (!values.some((one) => typeof one === typeof member)) return false;
      }
      return true;
    }
    case "glob":
      return members.some((member) => typeof member === "string" && regexOf(String(value)).test(member));
    case "lessThan":
    case "greaterThan": {
      const limit = typeof value === "string" ? Date.parse(value) / 1000 : Number(value);
      const isInstant = typeof value === "string" && typeof claim === "string" && /^\d{4}-/.test(claim);
      const found = isInstant ? Date.parse(claim) / 1000 : claim;
      if (typeof found !== "number") return false;
      return operator === "lessThan" ? found < limit : found > limit;
    }
  }
}

function regexOf(pattern: string): RegExp {
  return new RegExp(`^${pattern.replace(/\*+/g, (stars) => (stars.length > 1 ? "[^]*" : "[^/:]*"))}$`);
}

const ISSUER_URL = "https://sts.example.com";
const NOW = 1_800_000_000;

function tokenOf(all: Readonly<Record<string, unknown>>, times: Partial<TokenClaims> = {}): TokenClaims {
  return {
    issuer: "https://ci.acme.example",
    subject: "job",
    audience: [ISSUER_URL],
    expiresAt: NOW + 300,
    notBefore: undefined,
    issuedAt: NOW,
    claims: all,
    ...times,
  };
}

function trustOf(list: readonly ClaimAssertion[], more: Partial<TrustTerms> = {}): TrustTerms {
  const rest = { mode: "enforce", leeway: null, maxTokenAge: null, learnedIds: null } as const;
  return { id: "t", name: "ci", assertions: list, ...rest, ...more };
}

const isLetIn = (token: TokenClaims, trust: TrustTerms): boolean =>
  judgeTerms(token, trust, { now: NOW, issuerUrl: ISSUER_URL }).failure === undefined;

describe("whatever the value and the claim", () => {
  it("an operator holds as the plain reading says", () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(assertion, fc.option(received, { nil: undefined }), (one, claim) => {
        const expected = oracle(one, claim);
        const name = `${one.operator} ${expected}`;
        seen.set(name, (seen.get(name) ?? 0) + 1);
        expect(faultOfValue(one)).toBeUndefined();
        expect(doesHold(one, claim)).toBe(expected);
      }),
      { numRuns: 20_000 },
    );
    expect(seen.size).toBe(2 * OPERATORS.length);
    for (const [name, count] of seen) expect(count, name).toBeGreaterThan(50);
  });

  it("a negation never holds for a value of another type, nor for one that is not there", () => {
    fc.assert(
      fc.property(
        scalar,
        fc.array(scalar, { minLength: 1, maxLength: 3 }),
        received,
        (value, values, claim) => {
          const members: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
          const isOther = (types: readonly unknown[]) =>
            members.some((member) => !types.some((one) => typeof one === typeof member));
          if (isOther([value]))
            expect(doesHold({ item: "x", operator: "notEquals", value }, claim)).toBe(false);
          if (isOther(values))
            expect(doesHold({ item: "x", operator: "notIn", value: values }, claim)).toBe(false);
          for (const absent of [undefined, null]) {
            expect(doesHold({ item: "x", operator: "notEquals", value }, absent)).toBe(false);
            expect(doesHold({ item: "x", operator: "notIn", value: values }, absent)).toBe(false);
          }
        },
      ),
      { numRuns: 5000 },
    );
  });

  it("an operator and its negation never hold both", () => {
    fc.assert(
      fc.property(fc.array(scalar, { minLength: 1, maxLength: 3 }), received, (value, claim) => {
        const [first] = value;
        const pairs = [
          [{ operator: "in", value } as const, { operator: "notIn", value } as const],
          [
            { operator: "equals", value: first ?? "" } as const,
            { operator: "notEquals", value: first ?? "" } as const,
          ],
          [{ operator: "exists", value: true } as const, { operator: "exists", value: false } as const],
        ];
        for (const pair of pairs) {
          const held = pair.filter((one) => doesHold({ item: "x", ...one }, claim));
          expect(held.length).toBeLessThan(2);
        }
      }),
      { numRuns: 5000 },
    );
  });
});

describe("whatever the trust and the token", () => {
  it("the verdict is that of a judge who stops at the first that fails", () => {
    const seen = { true: 0, false: 0 };
    const stopping = (list: readonly ClaimAssertion[], all: Readonly<Record<string, unknown>>): boolean => {
      let isAnyEnforced = false;
      for (const one of list) {
        if (one.mode === "shadow") continue;
        isAnyEnforced = true;
        if (!oracle(one, Object.hasOwn(all, one.item) ? all[one.item] : undefined)) return false;
      }
      return isAnyEnforced;
    };
    fc.assert(
      fc.property(assertions, claims, (list, all) => {
        const expected = stopping(list, all);
        seen[`${expected}`] += 1;
        expect(isLetIn(tokenOf(all), trustOf(list))).toBe(expected);
      }),
      { numRuns: 20_000 },
    );
    expect(Math.min(seen.true, seen.false)).toBeGreaterThan(500);
  });

  it("one more assertion that is enforced never lets in more", () => {
    fc.assert(
      fc.property(assertions, assertion, claims, fc.nat(5), (list, more, all, place) => {
        const enforced = { ...more, mode: "enforce" as const };
        const base = [...list, { ...list[0], mode: "enforce" } as ClaimAssertion];
        const after = isLetIn(tokenOf(all), trustOf(base.toSpliced(place, 0, enforced)));
        if (after) expect(isLetIn(tokenOf(all), trustOf(base))).toBe(true);
      }),
      { numRuns: 10_000 },
    );
  });

  it("assertions in shadow never change the verdict, and are told all the same", () => {
    fc.assert(
      fc.property(assertions, assertions, claims, (list, watched, all) => {
        const shadows = watched.map((one) => ({ ...one, mode: "shadow" as const }));
        const at = { now: NOW, issuerUrl: ISSUER_URL };
        const [without, beside] = [list, [...shadows, ...list]].map((one) =>
          judgeTerms(tokenOf(all), trustOf(one), at),
        );
        expect(beside?.failure).toEqual(without?.failure);
        expect(beside?.assertions).toHaveLength(watched.length + list.length);
        expect(beside?.assertions.slice(watched.length)).toEqual(without?.assertions);
      }),
      { numRuns: 5000 },
    );
  });
});
