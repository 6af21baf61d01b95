import { describe, expect, it } from "vitest";
import { claimShapeOf } from "../../../src/trust/claim_shape.ts";

function shapeOf(claims: Readonly<Record<string, unknown>>): readonly string[] {
  return claimShapeOf(claims).map(({ name, type }) => `${name}: ${type}`);
}

const parsed = (text: string) => JSON.parse(text) as Record<string, unknown>;

describe("the shape of a token", () => {
  it.each<[string, Record<string, unknown>, readonly string[]]>([
    ["is nothing of nothing", {}, []],
    [
      "has each type",
      { t: "x", n: 1, b: false, l: [1], z: null },
      ["b: boolean", "l: array", "n: number", "t: string", "z: null"],
    ],
    ["is in the order of the names", { b: 1, a: 1, B: 1 }, ["B: number", "a: number", "b: number"]],
    ["has members", { o: { a: 1, b: null } }, ["/o/a: number", "/o/b: null", "o: object"]],
    [
      "has what lies three deep, and nothing below",
      { a: { b: { c: { d: 1 } } } },
      ["/a/b: object", "/a/b/c: object", "a: object"],
    ],
    ["has an empty object too", { o: {} }, ["o: object"]],
    ["escapes as a pointer does", { "a/b~c": { "d/e~f": 1 } }, ["/a~1b~0c/d~1e~0f: number", "a/b~c: object"]],
    [
      "has a dotted name as one",
      { "kubernetes.io": { pod: {} } },
      ["/kubernetes.io/pod: object", "kubernetes.io: object"],
    ],
    [
      "tells a name that begins with a slash from a pointer",
      { "/a/b": 1, a: { b: true } },
      ["/a/b: boolean", "/~1a~1b: number", "a: object"],
    ],
    ["does not look into arrays", { l: [{ a: 1 }] }, ["l: array"]],
    ["has own members alone", parsed('{"__proto__":{"a":1}}'), ["/__proto__/a: number", "__proto__: object"]],
  ])("%s", (_name, claims, shape) => {
    expect(shapeOf(claims)).toEqual(shape);
  });

  it("says nothing that the token says", () => {
    const claims = { sub: "secret-1", list: ["secret-2"], nested: { inner: "secret-3" } };
    expect(JSON.stringify(claimShapeOf(claims))).not.toContain("secret");
  });

  it("is the same whatever the order of the claims", () => {
    const claims = { b: { d: 1, c: "x" }, a: [] };
    expect(claimShapeOf({ a: [], b: { c: "x", d: 1 } })).toEqual(claimShapeOf(claims));
  });

  it("has an end: a hundred names of 128 characters", () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`c${at}`, { x: 1 }]));
    expect(claimShapeOf(many)).toHaveLength(100);
    expect(shapeOf({ ["x".repeat(128)]: 1, ["y".repeat(129)]: 1 })).toEqual([`${"x".repeat(128)}: number`]);
    expect(shapeOf({ o: { ["y".repeat(129)]: 1 } })).toEqual(["o: object"]);
  });

  it.each([
    ["a control character", "a\u0000b"],
    ["half a character", "\ud800"],
  ])("leaves out a name with %s", (_name, name) => {
    expect(shapeOf({ [name]: 1, good: 1 })).toEqual(["good: number"]);
  });
});
