import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchClaims } from "../../../src/trust/claims.ts";

/** Few names and few values, so that they meet often; some are members that every object inherits. */
const NAMES = ["sub", "team", "a/b", "a~b", "~1", "", "0", "1", "length", "constructor", "__proto__"];
const VALUES = ["me", "", "0", "1", "true", "null", "undefined", "Object"];

const name = fc.constantFrom(...NAMES);
const text = fc.constantFrom(...VALUES);
const leaf = fc.oneof(
  { weight: 4, arbitrary: text },
  fc.array(text, { maxLength: 3 }),
  fc.constantFrom<unknown>(0, 1, true, false, null, [1], [["me"]], [null]),
);

type Tree = { readonly [member: string]: unknown };

function treeOf(depth: number): fc.Arbitrary<Tree> {
  const value = depth === 0 ? leaf : fc.oneof({ weight: 2, arbitrary: leaf }, treeOf(depth - 1));
  return fc.dictionary(name, value, { maxKeys: 5, noNullPrototype: true });
}

/** An assertion beside the path that its item was written from, for a judge that never reads items. */
interface Judged {
  readonly path: readonly string[];
  readonly assertion: { readonly item: string; readonly operator: "equals"; readonly value: string };
}

function judgedOf(path: readonly string[], value: string): Judged {
  return { path, assertion: { item: itemOf(path), operator: "equals", value } };
}

const anyJudged = fc
  .tuple(fc.array(name, { minLength: 1, maxLength: 3 }), text)
  .map(([path, value]) => judgedOf(path, value));

/** Claims, and assertions of which many hold: they were read off the claims. */
const scene = treeOf(2).chain((claims) => {
  const held = placesOf(claims).flatMap(([path, value]) =>
    (Array.isArray(value) ? value : [value])
      .filter((member) => typeof member === "string" && path.length > 0)
      .map((member: string) => judgedOf(path, member)),
  );
  const judged =
    held.length === 0 ? anyJudged : fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...held) }, anyJudged);
  return fc.record({ claims: fc.constant(claims), judged: fc.array(judged, { minLength: 1, maxLength: 4 }) });
});

function itemOf(segments: readonly string[]): string {
  return segments.map((segment) => `/${segment.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** The plain reading of the rule: every place of the tree, spelled out, and what stands there. */
function placesOf(value: unknown, at: readonly string[] = []): [path: readonly string[], value: unknown][] {
  const here: [readonly string[], unknown][] = [[at, value]];
  if (typeof value !== "object" || value === null) return here;
  return [...here, ...Object.entries(value).flatMap(([member, inner]) => placesOf(inner, [...at, member]))];
}

function isEqual(claims: Tree, { path, assertion }: Judged): boolean {
  const places = new Map(placesOf(claims).map(([at, value]) => [JSON.stringify(at), value]));
  const found = places.get(JSON.stringify(path));
  return Array.isArray(found)
    ? found.some((member) => member === assertion.value)
    : found === assertion.value;
}

function isGranted(judged: readonly Judged[], claims: Tree): boolean {
  return matchClaims(
    judged.map(({ assertion }) => assertion),
    claims,
  ).every(({ holds }) => holds);
}

describe("whatever the claims and the assertions", () => {
  it("all hold exactly when each one equals", () => {
    const verdicts = { granted: 0, refused: 0 };
    fc.assert(
      fc.property(scene, ({ claims, judged }) => {
        const expected = judged.every((one) => isEqual(claims, one));
        verdicts[expected ? "granted" : "refused"] += 1;
        expect(isGranted(judged, claims)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
    expect(Math.min(verdicts.granted, verdicts.refused)).toBeGreaterThan(100);
  });

  it("one more assertion never turns a refusal into a grant", () => {
    fc.assert(
      fc.property(scene, anyJudged, fc.nat(4), ({ claims, judged }, more, place) => {
        const [before, after] = [
          isGranted(judged, claims),
          isGranted(judged.toSpliced(place, 0, more), claims),
        ];
        expect(after).toBe(before && isEqual(claims, more));
      }),
      { numRuns: 2000 },
    );
  });

  it("their order changes no verdict", () => {
    fc.assert(
      fc.property(scene, fc.nat(), ({ claims, judged }, turn) => {
        const place = turn % judged.length;
        const turned = [...judged.slice(place), ...judged.slice(0, place)].reverse();
        const traceOf = (list: readonly Judged[]) =>
          matchClaims(
            list.map(({ assertion }) => assertion),
            claims,
          );
        const byAssertion = new Map(traceOf(turned).map((trace) => [trace.assertion, trace]));
        expect(traceOf(judged)).toEqual(judged.map(({ assertion }) => byAssertion.get(assertion)));
        expect(isGranted(turned, claims)).toBe(isGranted(judged, claims));
      }),
      { numRuns: 1000 },
    );
  });

  it("claims that nobody asserts change nothing", () => {
    fc.assert(
      fc.property(scene, fc.jsonValue(), ({ claims, judged }, noise) => {
        const noisier = { ...claims, "nobody asserts this": noise };
        expect(isGranted(judged, noisier)).toBe(isGranted(judged, claims));
      }),
      { numRuns: 500 },
    );
  });
});
