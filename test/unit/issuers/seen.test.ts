import { describe, expect, it } from "vitest";
import { type MetKey, mergeClaims, mergeKeys } from "../../../src/directory/issuers/seen.ts";
import type { SeenClaim, SeenKey } from "../../../src/protocol/index.ts";

const key = (kid: string, algorithm: string | null = "ES256", at = 1): SeenKey => ({
  kid,
  algorithm,
  firstSeenAt: at,
  lastSeenAt: at,
});
const claim = (name: string, types: readonly string[] = ["string"], at = 1): SeenClaim => ({
  name,
  types,
  firstSeenAt: at,
  lastSeenAt: at,
});
const NOW = 100;

describe("keys", () => {
  const met = (kid: string, algorithm: string | null = "ES256"): MetKey => ({ kid, algorithm });
  it.each<[string, readonly SeenKey[], readonly MetKey[], readonly SeenKey[], readonly string[]]>([
    ["nothing of nothing", [], [], [], []],
    [
      "the first look is no news",
      [],
      [met("a"), met("b")],
      [key("a", "ES256", NOW), key("b", "ES256", NOW)],
      [],
    ],
    ["one that is known is seen again", [key("a")], [met("a")], [{ ...key("a"), lastSeenAt: NOW }], []],
    [
      "one that is not met stays",
      [key("a"), key("b")],
      [met("b")],
      [key("a"), { ...key("b"), lastSeenAt: NOW }],
      [],
    ],
    ["a new one is news", [key("a")], [met("b")], [key("a"), key("b", "ES256", NOW)], ['new key "b"']],
    [
      "of another algorithm is more news",
      [key("a")],
      [met("b", "RS256")],
      [key("a"), key("b", "RS256", NOW)],
      ['new key "b", of another algorithm: RS256'],
    ],
    [
      "without an algorithm is a key",
      [key("a")],
      [met("b", null)],
      [key("a"), key("b", null, NOW)],
      ['new key "b"'],
    ],
    [
      "an algorithm that is learned later is kept",
      [key("a", null)],
      [met("a", "ES256")],
      [{ ...key("a"), lastSeenAt: NOW }],
      [],
    ],
    [
      "and not lost where a set leaves it out",
      [key("a")],
      [met("a", null)],
      [{ ...key("a"), lastSeenAt: NOW }],
      [],
    ],
    [
      "several at once are told each",
      [key("a")],
      [met("b"), met("c")],
      [key("a"), key("b", "ES256", NOW), key("c", "ES256", NOW)],
      ['new key "b"', 'new key "c"'],
    ],
  ])("%s", (_name, known, keys, seen, news) => {
    expect(mergeKeys(known, keys, NOW)).toEqual({ seen, news });
  });

  it("50 are kept, those that were seen last", () => {
    const known = Array.from({ length: 50 }, (_, at) => key(`k${at}`, "ES256", at + 1));
    const { seen } = mergeKeys(known, [met("fresh"), met("k0")], NOW);
    expect(seen).toHaveLength(50);
    const kids = seen.map(({ kid }) => kid);
    expect(kids).toEqual(expect.arrayContaining(["fresh", "k0", "k49", "k2"]));
    expect(kids).not.toContain("k1");
  });

  it("foreign text is quoted, and has an end", () => {
    const { news } = mergeKeys([key("a")], [met(`"\n${"x".repeat(500)}`)], NOW);
    expect(news[0]).toContain('\\"\\n');
    expect(news[0]?.length).toBeLessThan(200);
  });
});

describe("claims", () => {
  const met = (name: string, type = "string") => ({ name, type });
  it.each<
    [string, readonly SeenClaim[], readonly ReturnType<typeof met>[], readonly SeenClaim[], readonly string[]]
  >([
    [
      "the first look is no news",
      [],
      [met("a"), met("b")],
      [claim("a", ["string"], NOW), claim("b", ["string"], NOW)],
      [],
    ],
    ["one that is known is seen again", [claim("a")], [met("a")], [{ ...claim("a"), lastSeenAt: NOW }], []],
    [
      "a new one is news",
      [claim("a")],
      [met("b", "array")],
      [claim("a"), claim("b", ["array"], NOW)],
      ['new claim "b" (array)'],
    ],
    [
      "another type is news",
      [claim("a")],
      [met("a", "number")],
      [{ ...claim("a", ["string", "number"]), lastSeenAt: NOW }],
      ['claim "a" is of another type: number, was string'],
    ],
    [
      "a type that it had before is none",
      [claim("a", ["string", "number"])],
      [met("a", "number")],
      [{ ...claim("a", ["string", "number"]), lastSeenAt: NOW }],
      [],
    ],
    [
      "one that is not there stays, and is no news here",
      [claim("a"), claim("b")],
      [met("a")],
      [{ ...claim("a"), lastSeenAt: NOW }, claim("b")],
      [],
    ],
  ])("%s", (_name, known, claims, seen, news) => {
    expect(mergeClaims(known, claims, NOW)).toEqual({ seen, news });
  });

  it("200 are kept, those that were seen last", () => {
    const known = Array.from({ length: 200 }, (_, at) => claim(`c${at}`, ["string"], at + 1));
    const { seen } = mergeClaims(known, [met("fresh")], 1000);
    expect(seen).toHaveLength(200);
    const names = seen.map(({ name }) => name);
    expect(names).toContain("fresh");
    expect(names).not.toContain("c0");
  });

  it("what it was given stays as it was", () => {
    const known = Object.freeze([Object.freeze(claim("a"))]);
    mergeClaims(known, [met("a", "number"), met("b")], NOW);
    expect(known).toEqual([claim("a")]);
  });
});
