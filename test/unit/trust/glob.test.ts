import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GLOB_STARS_MAX, matchesGlob } from "../../../src/trust/glob.ts";

describe("a pattern", () => {
  it.each<readonly [pattern: string, matched: readonly string[], unmatched: readonly string[]]>([
    ["", [""], [" ", "a", "*"]],
    ["a", ["a"], ["", "A", "aa", "ba", "ab", "a\n", "\na"]],
    ["*", ["", "a", "abc", "a b", "a\nb", "*"], ["/", ":", "a/b", "a:b", "a/", ":a"]],
    ["**", ["", "a", "/", "a/b:c", "a\nb", "**"], []],
    ["a*", ["a", "ab", "a*"], ["", "ba", "a/b", "a:b"]],
    ["*a", ["a", "ba", "aa"], ["", "ab", "b/a", "/a"]],
    ["a**", ["a", "a/b", "a:b/c"], ["", "ba", "/a"]],
    ["**a", ["a", "b/a", ":a"], ["", "ab"]],
    ["a*b", ["ab", "axb", "abb", "a**b"], ["a/b", "a:b", "abx", "xab"]],
    ["a**b", ["ab", "a/b", "a:x/b"], ["abx", "xab"]],
    [
      "refs/heads/*",
      ["refs/heads/main", "refs/heads/"],
      ["refs/heads/a/b", "refs/heads", "refs/tags/heads/x"],
    ],
    ["refs/heads/**", ["refs/heads/main", "refs/heads/a/b"], ["refs/heads", "xrefs/heads/a"]],
    ["*/*", ["a/b", "/"], ["a", "a/b/c", "a:b", "a/b:c"]],
    ["*:*/*", ["repo:acme/shop"], ["repo:acme", "repo/acme:shop", "repo:acme/shop:ref"]],
    ["**/main", ["a/main", "a/b/main", "/main"], ["main", "a/mainx"]],
    ["a*a*a", ["aaa", "abaca", "aaaa"], ["aa", "aba", "a/a/a", "aabab"]],
    ["*a*/**b", ["a/b", "xay/z/b", "a/bb"], ["a/", "/b", "b/a/x"]],
    [
      "*@*.gserviceaccount.com",
      ["ci@acme.gserviceaccount.com"],
      ["ci@acme.gserviceaccount.com.evil.example"],
    ],
  ])("%s", (pattern, matched, unmatched) => {
    for (const text of matched) expect(matchesGlob(pattern, text), text).toBe(true);
    for (const text of unmatched) expect(matchesGlob(pattern, text), text).toBe(false);
  });

  it.each([
    ".",
    "+",
    "?",
    "^",
    "$",
    "|",
    "\\",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "[a-z]",
    "a{2}",
    "(?=a)",
    "\\w",
    "\\",
    "%",
    "_",
    "$&",
    "#",
  ])("has no other signs: %s stands for itself", (sign) => {
    expect(matchesGlob(sign, sign)).toBe(true);
    expect(matchesGlob(`a${sign}*`, `a${sign}b`)).toBe(true);
    for (const text of ["a", "aa", "b", "", "x"]) {
      if (text !== sign) expect(matchesGlob(sign, text), text).toBe(false);
    }
    expect(matchesGlob(`v1${sign}0`, "v1x0")).toBe(false);
  });

  it.each<[string, string, boolean]>([
    ["ä*", "äöü", true],
    ["\u00e4", "a\u0308", false],
    ["a*", "a\u0308", true],
    ["🦊*", "🦊/x", false],
    ["*🦊", "ab🦊", true],
    ["🦊", "🦋", false],
    ["*", "\u0000\u2028\u202e", true],
    ["*", "a\u2215b", true],
    ["*", "a\uff0fb", true],
    ["ſ", "s", false],
    ["İ", "i\u0307", false],
  ])("letters are letters: %s and %s", (pattern, text, isMatched) => {
    expect(matchesGlob(pattern, text)).toBe(isMatched);
  });
});

describe("bounds", () => {
  it.each([
    ["at the bound", "a".repeat(4096), true],
    ["one more", "a".repeat(4097), false],
    ["much more", "a".repeat(1_000_000), false],
  ])("a text %s", (_name, text, isMatched) => {
    for (const pattern of ["**", "*", "a*", "a**a"]) expect(matchesGlob(pattern, text)).toBe(isMatched);
    expect(matchesGlob(text, text)).toBe(isMatched);
  });

  it("more stars than eight match nothing, however they stand", () => {
    expect(GLOB_STARS_MAX).toBe(8);
    expect(matchesGlob("*a".repeat(8), "a".repeat(8))).toBe(true);
    expect(matchesGlob("*a".repeat(9), "a".repeat(9))).toBe(false);
    expect(matchesGlob("**a".repeat(9), "a".repeat(9))).toBe(false);
  });

  /** A text that counts who looks at it: characters read, and characters that a comparison may walk. */
  function counted(text: string) {
    const work = { reads: 0 };
    const watched = new Proxy(new String(text), {
      get(target, member) {
        if (member === "indexOf") {
          return (piece: string, from = 0) => {
            const at = text.indexOf(piece, from);
            work.reads += (at === -1 ? text.length : at) - from + piece.length;
            return at;
          };
        }
        if (typeof member === "string" && /^\d+$/.test(member)) work.reads += 1;
        return Reflect.get(target, member, target);
      },
    });
    return { work, text: watched as unknown as string };
  }

  it.each<[string, string, string]>([
    ["eight stars, all but the last letter", "*a".repeat(8), `${"a".repeat(4000)}b`],
    ["eight crossing stars", "**a".repeat(8), `${"a".repeat(4000)}b`],
    ["separators all over", "*/**".repeat(4), "/".repeat(4000)],
    ["separators, and none at the end", `${"**/*".repeat(4)}x`, "a/".repeat(2000)],
    ["nothing but stars between letters", "a*a*a*a*a*a*a*a*b", "a".repeat(4000)],
    ["long pieces that nearly fit", `**${`${"a".repeat(250)}b**`.repeat(7)}`, "a".repeat(4000)],
  ])("4,000 characters take work in bounds: %s", (_name, pattern, long) => {
    const { work, text } = counted(long);
    matchesGlob(pattern, text);
    const letters = pattern.replaceAll("*", "").length;
    // Once for each star, and each letter of the pattern at each place: no more, whatever both say.
    expect(work.reads).toBeGreaterThan(0);
    expect(work.reads).toBeLessThanOrEqual((letters + 2 * GLOB_STARS_MAX + 2) * (long.length + 1));
  });
});

/** The plain reading, by a regular expression, for texts that are short. */
function oracle(pattern: string, text: string): boolean {
  const source = pattern.replace(/\*+|[^*]/gu, (piece) => {
    if (piece.startsWith("*")) return piece.length > 1 ? "[\\s\\S]*" : "[^/:]*";
    return piece.replace(/[\\^$.|?+()[\]{}/-]/g, "\\$&");
  });
  return new RegExp(`^(?:${source})$`).test(text);
}

describe("whatever pattern and text", () => {
  const letter = fc.constantFrom("a", "b", "/", ":", ".", "ä");
  const text = fc.array(letter, { maxLength: 9 }).map((letters) => letters.join(""));
  const pattern = fc
    .array(fc.oneof({ weight: 3, arbitrary: letter }, fc.constantFrom("*", "**")), { maxLength: 9 })
    .map((pieces) => pieces.join("").replace(/\*{3,}/g, "**"))
    .filter((glob) => (glob.match(/\*+/g) ?? []).length <= GLOB_STARS_MAX);

  it("they match as the regular expression does that says the same", () => {
    const seen = { true: 0, false: 0 };
    fc.assert(
      fc.property(pattern, text, (glob, other) => {
        const expected = oracle(glob, other);
        seen[`${expected}`] += 1;
        expect(matchesGlob(glob, other)).toBe(expected);
      }),
      { numRuns: 20_000 },
    );
    expect(Math.min(seen.true, seen.false)).toBeGreaterThan(200);
  });

  it("a text is matched by itself, and by itself with any of its parts for a star", () => {
    fc.assert(
      fc.property(text, fc.nat(9), fc.nat(9), (whole, one, other) => {
        const [start, end] = [Math.min(one, other), Math.max(one, other)];
        expect(matchesGlob(whole, whole)).toBe(true);
        expect(matchesGlob(`${whole.slice(0, start)}**${whole.slice(end)}`, whole)).toBe(true);
        const isWithin = !/[/:]/.test(whole.slice(start, end));
        if (isWithin) expect(matchesGlob(`${whole.slice(0, start)}*${whole.slice(end)}`, whole)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it("a star that crosses lets in what one does that stays, and more stars never less", () => {
    fc.assert(
      fc.property(pattern, text, (glob, other) => {
        const wider = glob.replace(/(?<!\*)\*(?!\*)/g, "**");
        if (matchesGlob(glob, other)) expect(matchesGlob(wider, other)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});
