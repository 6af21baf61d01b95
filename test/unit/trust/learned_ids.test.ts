import { describe, expect, it } from "vitest";
import type { ClaimAssertion, LearnedIds } from "../../../src/protocol/index.ts";
import { changedIds, idsToLearn } from "../../../src/trust/learned_ids.ts";
import { TEMPLATES } from "../../../src/trust/templates/index.ts";
import type { TokenClaims, TrustTerms } from "../../../src/trust/terms.ts";

const GITHUB = "https://token.actions.githubusercontent.com";
const NAME: ClaimAssertion = { item: "repository", operator: "equals", value: "acme/shop" };
const CLAIMS = { repository: "acme/shop", repository_id: "1", repository_owner_id: "2" };
const LEARNED: LearnedIds = {
  item: "repository",
  value: "acme/shop",
  ids: { repository_id: "1", repository_owner_id: "2" },
};

function tokenOf(claims: Readonly<Record<string, unknown>>, issuer = GITHUB): TokenClaims {
  const times = { expiresAt: 2, notBefore: undefined, issuedAt: 1 };
  return { issuer, subject: "job", audience: ["a"], ...times, claims };
}

function trustOf(
  assertions: readonly ClaimAssertion[],
  learnedIds: readonly LearnedIds[] | null = null,
): TrustTerms {
  const rest = { mode: "enforce", leeway: null, maxTokenAge: null } as const;
  return { id: "t", name: "ci", assertions, learnedIds: learnedIds as TrustTerms["learnedIds"], ...rest };
}

describe("what is to be learned", () => {
  const id: ClaimAssertion = { item: "repository_id", operator: "equals", value: "1" };
  const ids = (learned: LearnedIds["ids"]): readonly LearnedIds[] => [{ ...LEARNED, ids: learned }];
  it.each<[string, readonly ClaimAssertion[], Record<string, unknown>, readonly LearnedIds[]]>([
    ["a name's ids", [NAME], CLAIMS, [LEARNED]],
    ["by in", [{ ...NAME, operator: "in", value: ["acme/shop"] }], CLAIMS, [LEARNED]],
    ["by glob", [{ ...NAME, operator: "glob", value: "acme/*" }], CLAIMS, [LEARNED]],
    ["by a pointer to the name", [{ ...NAME, item: "/repository" }], CLAIMS, [LEARNED]],
    ["not by what it must not be", [{ ...NAME, operator: "notEquals", value: "x" }], CLAIMS, []],
    ["not by that it is there", [{ ...NAME, operator: "exists", value: true }], CLAIMS, []],
    ["not in shadow", [{ ...NAME, mode: "shadow" }], CLAIMS, []],
    ["not an id that is asked for", [NAME, id], CLAIMS, ids({ repository_owner_id: "2" })],
    [
      "not an id by a pointer",
      [NAME, { ...id, item: "/repository_id" }],
      CLAIMS,
      ids({ repository_owner_id: "2" }),
    ],
    ["an id that is only denied", [NAME, { ...id, operator: "notEquals", value: "9" }], CLAIMS, [LEARNED]],
    ["an id that is only watched", [NAME, { ...id, mode: "shadow" }], CLAIMS, [LEARNED]],
    [
      "numbers as they are",
      [NAME],
      { ...CLAIMS, repository_id: 1 },
      ids({ repository_id: 1, repository_owner_id: "2" }),
    ],
    ["no id of another type", [NAME], { ...CLAIMS, repository_id: ["1"], repository_owner_id: true }, []],
    ["a name in a list", [NAME], { ...CLAIMS, repository: ["acme/shop"] }, [LEARNED]],
    ["no name of another type", [NAME], { ...CLAIMS, repository: 7 }, []],
    [
      "no name without end",
      [{ ...NAME, operator: "glob", value: "**" }],
      { ...CLAIMS, repository: "x".repeat(513) },
      [],
    ],
    [
      "two names at once",
      [NAME, { item: "sub", operator: "glob", value: "repo:**" }],
      { ...CLAIMS, sub: "repo:acme/shop:ref:main" },
      [LEARNED, { ...LEARNED, item: "sub", value: "repo:acme/shop:ref:main" }],
    ],
  ])("%s", (_name, assertions, claims, learns) => {
    expect(idsToLearn(tokenOf(claims), trustOf(assertions))).toEqual(learns);
  });

  it("nothing that is known, and of another name its own", () => {
    const trust = trustOf([{ ...NAME, operator: "glob", value: "acme/*" }], [LEARNED]);
    expect(idsToLearn(tokenOf(CLAIMS), trust)).toEqual([]);
    expect(idsToLearn(tokenOf({ ...CLAIMS, repository: "acme/blog" }), trust)).toEqual([
      { ...LEARNED, value: "acme/blog" },
    ]);
  });

  it("a hundred names, and no more", () => {
    const known = Array.from({ length: 99 }, (_, at) => ({ ...LEARNED, value: `acme/r${at}` }));
    const assertions: readonly ClaimAssertion[] = [
      { ...NAME, operator: "glob", value: "acme/*" },
      { item: "sub", operator: "glob", value: "repo:**" },
    ];
    const token = tokenOf({ ...CLAIMS, sub: "repo:x" });
    expect(idsToLearn(token, trustOf(assertions, known))).toEqual([LEARNED]);
    expect(idsToLearn(token, trustOf(assertions, [...known, LEARNED]))).toEqual([]);
  });

  it.each(TEMPLATES.filter(({ names }) => names.length > 0).map((one) => [one.name, one] as const))(
    "%s: each of its names has ids, and is not its own",
    (_name, { names }) => {
      for (const { item, ids: known } of names) {
        expect(known.length, item).toBeGreaterThan(0);
        expect(known).not.toContain(item);
      }
    },
  );
});

describe("what has changed", () => {
  const trust = trustOf([NAME], [LEARNED]);
  it.each<[string, Record<string, unknown>, string | undefined]>([
    ["nothing", CLAIMS, undefined],
    ["an id", { ...CLAIMS, repository_id: "9" }, "repository_id"],
    ["the second id", { ...CLAIMS, repository_owner_id: "9" }, "repository_owner_id"],
    ["an id's type", { ...CLAIMS, repository_id: 1 }, "repository_id"],
    ["an id that is not there", { repository: "acme/shop", repository_owner_id: "2" }, "repository_id"],
    ["an id among others", { ...CLAIMS, repository_id: ["1"] }, "repository_id"],
    ["another name has its own ids", { ...CLAIMS, repository: "acme/blog", repository_id: "9" }, undefined],
    [
      "the name in a list, with another id",
      { ...CLAIMS, repository: ["acme/shop"], repository_id: "9" },
      "repository_id",
    ],
    [
      "the name among others",
      { ...CLAIMS, repository: ["x", "acme/shop"], repository_id: "9" },
      "repository_id",
    ],
    [
      "the name in other letters is another name",
      { ...CLAIMS, repository: "ACME/shop", repository_id: "9" },
      undefined,
    ],
  ])("%s", (_name, claims, told) => {
    const changed = changedIds(tokenOf(claims), trust);
    if (told === undefined) expect(changed).toBeUndefined();
    else expect(changed ?? "no change").toContain(`but ${told} was`);
  });

  it("is asked whatever kind the issuer is of", () => {
    expect(changedIds(tokenOf({ ...CLAIMS, repository_id: "9" }, "https://x.example"), trust)).toBeDefined();
  });

  it("foreign text is quoted, and has an end", () => {
    const long = { ...CLAIMS, repository_id: `"\n${"9".repeat(5000)}` };
    const changed = changedIds(tokenOf(long), trust) ?? "";
    expect(changed).toContain('\\"\\n');
    expect(changed.length).toBeLessThan(700);
  });
});

describe("a pattern on sub", () => {
  const SUB: ClaimAssertion = { item: "sub", operator: "glob", value: "repo:acme/shop:**" };
  const at = (branch: string, id: string) => ({
    ...CLAIMS,
    sub: `repo:acme/shop:ref:refs/heads/${branch}`,
    repository_id: id,
  });

  it("remembers the repository too, so that a new branch of a new owner of the name is found out", () => {
    const learned = idsToLearn(tokenOf(at("main", "1")), trustOf([SUB]));
    expect(learned.map(({ item }) => item)).toContain("repository");
    expect(changedIds(tokenOf(at("other", "1")), trustOf([SUB], learned))).toBeUndefined();
    expect(changedIds(tokenOf(at("other", "9")), trustOf([SUB], learned))).toContain("repository_id was");
  });
});
