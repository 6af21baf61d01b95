import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nearestMiss } from "../../../../src/advice/nearest_miss/nearest_miss.ts";
import type { ClaimAssertion } from "../../../../src/protocol/index.ts";
import {
  AT,
  applied,
  equals,
  GITHUB,
  glob,
  ISSUER_URL,
  NOW,
  oneOf,
  tokenOf,
  trustOf,
  whyNot,
} from "./parts.ts";

const UUID = "5e3f0c1a-8b2d-4c6e-9f70-1a2b3c4d5e6f";
const SUBS = [
  "repo:acme/shop:ref:refs/heads/main",
  "repo:acme@4242/shop@777001:ref:refs/heads/main",
  "repo:Acme/Shop:ref:refs/heads/main",
  "repo:acme/shop:ref:main",
  "repo:acme/shop:pull_request",
];
const REFS = ["main", "refs/heads/main", "refs/tags/main", "v1", "refs/tags/v1", "refs/heads/a/b"];
/** Few items and spellings that are near each other, so that they nearly meet. */
const TEXTS: Readonly<Record<string, readonly (string | number | boolean)[]>> = {
  sub: SUBS,
  ref: REFS,
  ref_type: ["branch", "tag"],
  repository: ["acme/shop", "Acme/shop", " acme/shop", "acme/blog"],
  repository_id: ["777001", 777001, "888"],
  repository_owner_id: ["4242", 4242],
  uuid: [UUID, `{${UUID}}`],
  flag: [true, "true", "True", false],
  "/nested/claim": ["x", "X"],
  "nested.claim": ["x", "X"],
  "/list/0": ["x", "y"],
  list: ["x", "X", "x,y"],
};
const GLOBS = [
  glob("sub", "repo:acme/shop:*"),
  glob("sub", "repo:acme/*:ref:refs/heads/*"),
  glob("ref", "refs/heads/*"),
  glob("repository", "acme/*"),
  glob("repository", "ACME/*"),
  glob("flag", "true"),
];
const AUDIENCES = [
  ISSUER_URL,
  `${ISSUER_URL}/`,
  "https://deploy.acme.example",
  "https://github.com/acme",
  "api",
];
const ISSUERS = [GITHUB, `${GITHUB}/`, "https://Token.actions.githubusercontent.com"];

const asserted = fc.oneof(
  { weight: 5, arbitrary: ofTexts(equals) },
  ofTexts((item, value) => oneOf(item, "other", String(value))),
  ofTexts((item, value) => ({ item, operator: "notEquals", value })),
  fc.constantFrom(...GLOBS),
  fc.constantFrom(...GLOBS.map((one): ClaimAssertion => ({ ...one, operator: "equals" }))),
  fc.constantFrom(...AUDIENCES.map((audience) => equals("aud", audience))),
  fc.constantFrom<ClaimAssertion>({ item: "flag", operator: "exists", value: true }),
);
const assertion = fc
  .tuple(asserted, fc.boolean(), fc.boolean())
  .map(([one, ...watched]) => (watched.every(Boolean) ? { ...one, mode: "shadow" as const } : one));

function ofTexts(build: (item: string, value: string | number | boolean) => ClaimAssertion) {
  return fc
    .constantFrom(...Object.entries(TEXTS))
    .chain(([item, values]) => fc.constantFrom(...values).map((value) => build(item, value)));
}

const trust = fc
  .record({
    assertions: fc.array(assertion, { maxLength: 4 }),
    issuer: often(GITHUB, ISSUERS),
    disabled: often(false, [true]),
    mode: often<"enforce" | "shadow">("enforce", ["shadow"]),
    leeway: often<number | null>(null, [0, 120, 300]),
    maxTokenAge: often<number | null>(null, [60, 600]),
    learnedIds: often<{ item: string; value: string; ids: Record<string, string> }[] | null>(null, [
      [{ item: "repository", value: "acme/shop", ids: { repository_id: "777001" } }],
      [{ item: "sub", value: SUBS[0]!, ids: { repository_id: "888" } }],
    ]),
  })
  .map(({ assertions, ...changes }) => trustOf(assertions, changes));

function often<Value>(usual: Value, others: readonly Value[]): fc.Arbitrary<Value> {
  return fc.oneof({ weight: 6, arbitrary: fc.constant(usual) }, fc.constantFrom(...others));
}

const token = fc
  .record({
    iss: often(GITHUB, ISSUERS),
    aud: often<string | string[]>(ISSUER_URL, [...AUDIENCES, [ISSUER_URL, "https://b.example"]]),
    sub: fc.constantFrom(...SUBS),
    ref: fc.constantFrom(...REFS),
    ref_type: fc.constantFrom("branch", "tag", undefined),
    repository: fc.constantFrom("acme/shop", "Acme/shop", "mallory/shop"),
    repository_id: often<unknown>("777001", [777001, "888", undefined]),
    uuid: fc.constantFrom(...TEXTS.uuid!, undefined),
    flag: fc.constantFrom(...TEXTS.flag!, undefined),
    nested: fc.constantFrom({ claim: "x" }, undefined),
    list: fc.constantFrom(["y", "x"], "x,y", undefined),
    event_name: often("push", ["pull_request"]),
    iat: often<number | undefined>(NOW - 100, [NOW + 70, NOW + 400, NOW - 900, undefined]),
    exp: often(NOW + 200, [NOW - 90, NOW - 290, NOW - 5000]),
  })
  .map(tokenOf);

describe("whatever the token and the trusts", () => {
  it("an offered patch lets the token in, and takes no assertion in shadow away", () => {
    const seen = { offered: 0, declined: 0 };
    fc.assert(
      fc.property(token, fc.array(trust, { minLength: 1, maxLength: 3 }), (shown, unnamed) => {
        const trusts = unnamed.map((one, index) => ({ ...one, id: `trust-${index}` }));
        const found = nearestMiss(shown, trusts, AT);
        const meant = trusts.find(({ id }) => id === found?.trustId);
        seen[found?.patch ? "offered" : "declined"] += 1;
        if (found === undefined || meant === undefined) return;
        expect(found.detail.length).toBeLessThanOrEqual(600);
        expect(found.kinds.includes("passes_now")).toBe(whyNot(shown, meant) === undefined);
        if (found.patch === null) return;
        expect(whyNot(shown, meant)).toBeDefined();
        const after = applied(meant, found.patch);
        expect(whyNot(shown, after)).toBeUndefined();
        expect(after.assertions.length).toBeGreaterThanOrEqual(meant.assertions.length);
        const isWatched = ({ mode }: ClaimAssertion) => mode === "shadow";
        expect(after.assertions.filter(isWatched)).toEqual(meant.assertions.filter(isWatched));
      }),
      { numRuns: 6000 },
    );
    expect(Math.min(seen.offered, seen.declined)).toBeGreaterThan(300);
  });

  it("a stranger, whose claims are all others, is offered nothing", () => {
    const fresh = fc.string({ minLength: 1, maxLength: 40, unit: "binary" });
    const positive = fc.oneof(ofTexts(equals), fc.constantFrom(...GLOBS));
    const strange = fc.tuple(positive, trust).map(([first, { assertions, ...rest }]) => ({
      ...rest,
      assertions: [first, ...assertions],
    }));
    fc.assert(
      fc.property(
        token,
        fc.array(strange, { maxLength: 3 }),
        fresh,
        fc.array(fresh),
        (shown, trusts, aud, texts) => {
          const claims = Object.keys(shown.claims).map((name, index) => [name, `~${texts[index] ?? aud}`]);
          const others = { ...shown, audience: [aud], claims: Object.fromEntries([...claims, ["aud", aud]]) };
          expect(nearestMiss(others, trusts, AT)?.patch ?? null).toBeNull();
        },
      ),
      { numRuns: 3000 },
    );
  });

  it("nothing is thrown", () => {
    const anyToken = fc.record({
      issuer: fc.oneof(fc.constant(GITHUB), fc.webUrl(), fc.string()),
      subject: fc.string(),
      audience: fc.array(fc.string()),
      expiresAt: fc.double({ noNaN: true, min: 0 }),
      notBefore: fc.option(fc.double({ noNaN: true, min: 0 }), { nil: undefined }),
      issuedAt: fc.option(fc.double({ noNaN: true, min: 0 }), { nil: undefined }),
      claims: fc.dictionary(
        fc.oneof(fc.constantFrom("sub", "ref", "list", "nested", "__proto__", "constructor"), fc.string()),
        fc.oneof(fc.jsonValue(), fc.constantFrom(...SUBS, ...REFS)),
      ),
    });
    const anyTrust = fc
      .record({ known: trust, issuer: fc.string(), isSame: fc.boolean() })
      .map(({ known, issuer, isSame }) => ({ known, issuer, isSame }));
    fc.assert(
      fc.property(anyToken, fc.array(anyTrust, { maxLength: 3 }), (shown, trusts) => {
        const all = trusts.map(({ known, issuer, isSame }) => ({
          ...known,
          issuer: isSame ? shown.issuer : issuer,
        }));
        expect(() => nearestMiss(shown, all, AT)).not.toThrow();
      }),
      { numRuns: 3000 },
    );
  });
});
