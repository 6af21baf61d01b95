import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ClaimAssertion } from "../../../src/protocol/index.ts";
import { isAudience, judgeTerms, type TokenClaims, type TrustTerms } from "../../../src/trust/terms.ts";

const ISSUER_URL = "https://sts.example.com";
const NOW = 1_800_000_000;
const TEAM: ClaimAssertion = { item: "team", operator: "equals", value: "shop" };
const AUD: ClaimAssertion = { item: "aud", operator: "equals", value: "elsewhere" };
const shadow = (assertion: ClaimAssertion): ClaimAssertion => ({ ...assertion, mode: "shadow" });

function judged(token: Partial<TokenClaims> = {}, trust: Partial<TrustTerms> = {}) {
  const audience = token.audience ?? [ISSUER_URL];
  const claims = { team: "shop", aud: audience, ...token.claims };
  const times = { expiresAt: NOW + 300, notBefore: undefined, issuedAt: NOW };
  const identity = { issuer: "https://ci.acme.example", subject: "job" };
  const all: TokenClaims = { ...identity, ...times, ...token, audience, claims };
  const rest = { mode: "enforce", leeway: null, maxTokenAge: null, learnedIds: null } as const;
  const terms: TrustTerms = { id: "t", name: "ci", assertions: [TEAM], ...rest, ...trust };
  return judgeTerms(all, terms, { now: NOW, issuerUrl: ISSUER_URL });
}

describe("the first that is wrong is the reason", () => {
  const wrong = {
    expiresAt: NOW - 100,
    issuedAt: NOW - 1000,
    audience: ["elsewhere"],
    claims: { team: "blog" },
  };
  it.each<[string, Partial<TokenClaims>, string | undefined]>([
    ["all of it: its end", wrong, "token_expired"],
    ["then its age", { ...wrong, expiresAt: NOW + 1 }, "token_too_old"],
    ["then for whom it is", { ...wrong, expiresAt: NOW + 1, issuedAt: NOW }, "audience_mismatch"],
    ["then what it says", { claims: { team: "blog" } }, "assertion_failed"],
    ["then nothing", {}, undefined],
  ])("%s", (_name, token, reason) => {
    expect(judged(token, { maxTokenAge: 100 }).failure?.reason).toBe(reason);
  });
});

describe("its audience", () => {
  it.each<[string, readonly string[], readonly ClaimAssertion[], string | undefined]>([
    ["ours, and none asked for", [ISSUER_URL], [TEAM], undefined],
    ["ours among others", ["a", ISSUER_URL], [TEAM], undefined],
    ["another, and none asked for", ["elsewhere"], [TEAM], "audience_mismatch"],
    ["ours with a slash", [`${ISSUER_URL}/`], [TEAM], "audience_mismatch"],
    ["ours in capitals", [ISSUER_URL.toUpperCase()], [TEAM], "audience_mismatch"],
    ["another that is asked for", ["elsewhere"], [TEAM, AUD], undefined],
    ["ours where another is asked for", [ISSUER_URL], [TEAM, AUD], "audience_mismatch"],
    ["another that is asked for by a pointer", ["elsewhere"], [TEAM, { ...AUD, item: "/aud" }], undefined],
    ["another that is only watched", ["elsewhere"], [TEAM, shadow(AUD)], "audience_mismatch"],
    [
      "a member of it asked for is none",
      ["elsewhere"],
      [TEAM, { ...AUD, item: "/aud/0" }],
      "audience_mismatch",
    ],
    ["another, by in", ["b"], [TEAM, { item: "aud", operator: "in", value: ["a", "b"] }], undefined],
    [
      "another, by what it must not be",
      ["b"],
      [TEAM, { item: "aud", operator: "notEquals", value: "a" }],
      "audience_mismatch",
    ],
    [
      "another, by that there is one",
      ["b"],
      [TEAM, { item: "/aud", operator: "exists", value: true }],
      "audience_mismatch",
    ],
    [
      "another, by how it looks",
      ["https://b.example"],
      [TEAM, { item: "aud", operator: "glob", value: "https://**" }],
      "audience_mismatch",
    ],
  ])("%s", (_name, audience, assertions, reason) => {
    expect(judged({ audience }, { assertions }).failure?.reason).toBe(reason);
  });

  it.each([
    ["aud", true],
    ["/aud", true],
    ["/aud/0", false],
    ["aud/0", false],
    ["AUD", false],
    ["//aud", false],
  ])("%s", (item, is) => {
    expect(isAudience(item)).toBe(is);
  });
});

describe("its assertions", () => {
  const two = [TEAM, { ...TEAM, item: "ref", value: "main" }];
  it("are told all, whatever failed before", () => {
    const trace = judged({ expiresAt: 1, claims: { team: "blog", ref: "main" } }, { assertions: two });
    expect(trace.failure?.reason).toBe("token_expired");
    expect(trace.assertions).toMatchObject([
      { assertion: two[0], holds: false, received: "blog" },
      { assertion: two[1], holds: true, received: "main" },
    ]);
  });

  it("that fail are named in the detail, in their order, and those that hold are not", () => {
    const three = [...two, { ...TEAM, item: "job", value: "1" }];
    const { detail } = judged({ claims: { team: "shop", ref: "dev" } }, { assertions: three }).failure ?? {};
    expect(detail).toBe('ci: ref must equal "main", received "dev"; job must equal "1", received absent');
  });

  it("show no credential", () => {
    const secret: ClaimAssertion = { item: "client_secret", operator: "equals", value: "x" };
    const { detail } =
      judged({ claims: { client_secret: "hunter2" } }, { assertions: [secret] }).failure ?? {};
    expect(detail).not.toContain("hunter2");
  });

  it.each<[string, readonly ClaimAssertion[]]>([
    ["none at all", []],
    ["only such in shadow", [shadow(TEAM)]],
  ])("%s let nobody in", (_name, assertions) => {
    expect(judged({}, { assertions }).failure?.reason).toBe("assertion_failed");
  });

  it.each<[string, readonly ClaimAssertion[], string]>([
    ["on the audience alone", [TEAM, AUD], "audience_mismatch"],
    ["on the audience and more", [{ ...TEAM, value: "blog" }, AUD], "assertion_failed"],
  ])("that fail %s", (_name, assertions, reason) => {
    expect(judged({}, { assertions }).failure?.reason).toBe(reason);
  });
});

describe("a trust in shadow", () => {
  it("is judged as if it decided", () => {
    expect(judged({}, { mode: "shadow" })).toMatchObject({ mode: "shadow", failure: undefined });
    expect(judged({ claims: { team: "x" } }, { mode: "shadow" }).failure?.reason).toBe("assertion_failed");
  });
});

describe("learned ids", () => {
  const NAME: ClaimAssertion = { item: "repository", operator: "equals", value: "acme/shop" };
  const issuer = "https://token.actions.githubusercontent.com";
  const learnedIds = [{ item: "repository", value: "acme/shop", ids: { repository_id: "1" } }];
  const claims = (id: string) => ({ repository: "acme/shop", repository_id: id });

  it("are asked behind everything else", () => {
    const trust = { assertions: [NAME], learnedIds };
    expect(judged({ issuer, claims: claims("1") }, trust).failure).toBeUndefined();
    expect(judged({ issuer, claims: claims("2") }, trust).failure?.reason).toBe("identity_changed");
    const elsewhere = judged({ issuer, claims: claims("2"), audience: ["x"] }, trust);
    expect(elsewhere.failure?.reason).toBe("audience_mismatch");
    expect(judged({ issuer, claims: claims("2"), expiresAt: 1 }, trust).failure?.reason).toBe(
      "token_expired",
    );
  });

  it("are to be learned only by what would be let in", () => {
    const trust = { assertions: [NAME] };
    expect(judged({ issuer, claims: claims("1") }, trust).learns).toEqual(learnedIds);
    expect(judged({ issuer, claims: claims("1"), expiresAt: 1 }, trust).learns).toEqual([]);
    expect(judged({ issuer, claims: claims("1") }, { ...trust, learnedIds }).learns).toEqual([]);
  });
});

describe("clocks", () => {
  it("a longer leeway never lets in less, nor an age that may be older", () => {
    const apart = fc.integer({ min: -700, max: 700 });
    const leeways = fc.integer({ min: 0, max: 300 });
    const ages = fc.integer({ min: 1, max: 600 });
    const seen = { true: 0, false: 0 };
    fc.assert(
      fc.property(apart, apart, leeways, ages, (exp, iat, leeway, maxTokenAge) => {
        const isLetIn = (trust: Partial<TrustTerms>) =>
          judged({ expiresAt: NOW + exp, issuedAt: NOW + iat }, trust).failure === undefined;
        const isTimely = exp + leeway > 0 && iat <= leeway && -iat <= maxTokenAge + leeway;
        seen[`${isTimely}`] += 1;
        expect(isLetIn({ leeway, maxTokenAge })).toBe(isTimely);
        if (!isTimely) return;
        for (const wider of [
          { leeway: 300, maxTokenAge },
          { leeway, maxTokenAge: maxTokenAge + 1 },
          { leeway },
        ])
          expect(isLetIn(wider)).toBe(true);
      }),
      { numRuns: 5000 },
    );
    expect(Math.min(seen.true, seen.false)).toBeGreaterThan(200);
  });
});
