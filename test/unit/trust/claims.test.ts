import { describe, expect, it } from "vitest";
import { segmentsOf } from "../../../src/protocol/index.ts";
import { claimAt, matchClaims } from "../../../src/trust/claims.ts";

type Claims = Readonly<Record<string, unknown>>;

function equals(item: string, value: string) {
  return { item, operator: "equals", value } as const;
}

/** Claims as a token brings them: parsed, so that `__proto__` is a member like any other. */
function parsed(text: string): Claims {
  return JSON.parse(text) as Claims;
}

const KUBERNETES: Claims = {
  "kubernetes.io": { namespace: "shop", pod: { name: "web-1" }, serviceaccount: { name: "web", uid: "7" } },
};

describe("an assertion holds", () => {
  it.each<readonly [name: string, item: string, value: string, claims: Claims]>([
    ["when the claim is that string", "sub", "me", { sub: "me" }],
    ["when an array has it among its members", "groups", "b", { groups: ["a", "b"] }],
    ["for a name with dots, which is one name", "kubernetes.io", "yes", { "kubernetes.io": "yes" }],
    ["for a name that is a URL", "https://a.example/team", "x", { "https://a.example/team": "x" }],
    ["by a pointer to a member", "/sub", "me", { sub: "me" }],
    ["by a pointer through objects", "/kubernetes.io/namespace", "shop", KUBERNETES],
    ["by a pointer three deep", "/kubernetes.io/serviceaccount/name", "web", KUBERNETES],
    ["by a pointer into an array", "/groups/1", "b", { groups: ["a", "b"] }],
    ["by a pointer to an array, as membership", "/a/groups", "b", { a: { groups: ["a", "b"] } }],
    ["by a number that names a member", "/a/0", "zero", { a: { 0: "zero" } }],
    ["by ~1 for a slash", "/a~1b", "x", { "a/b": "x" }],
    ["by ~0 for a tilde", "/a~0b", "x", { "a~b": "x" }],
    ["by ~01, which is ~1 and no slash", "/a~01b", "x", { "a~1b": "x" }],
    ["by an empty segment", "/", "x", { "": "x" }],
    ["by an empty segment inside", "/a//b", "x", { a: { "": { b: "x" } } }],
    ["for a name with a tilde, outside of a pointer", "a~1b", "x", { "a~1b": "x" }],
    ["for an own __proto__", "__proto__", "x", parsed('{"__proto__":"x"}')],
    ["for an own member inside __proto__", "/__proto__/a", "x", parsed('{"__proto__":{"a":"x"}}')],
  ])("%s", (_name, item, value, claims) => {
    expect(matchClaims([equals(item, value)], claims)[0]?.holds).toBe(true);
  });
});

describe("an assertion fails", () => {
  it.each<readonly [name: string, item: string, value: string, claims: Claims, received: unknown]>([
    ["on another string", "sub", "me", { sub: "you" }, "you"],
    ["on an absent claim", "sub", "undefined", {}, undefined],
    ["on null", "a", "null", { a: null }, null],
    ["on a number, however it reads", "a", "1", { a: 1 }, 1],
    ["on a boolean, however it reads", "a", "true", { a: true }, true],
    ["on an object, however it reads", "a", "[object Object]", { a: {} }, {}],
    ["on an empty array", "a", "", { a: [] }, []],
    ["on an array that joins to it", "a", "x,y", { a: ["x", "y"] }, ["x", "y"]],
    ["on an array of one number", "a", "1", { a: [1] }, [1]],
    ["on an array in an array", "a", "x", { a: [["x"]] }, [["x"]]],
    ["in another case", "sub", "me", { sub: "Me" }, "Me"],
    ["with white space around", "sub", "me", { sub: " me" }, " me"],
    ["in another normalisation", "sub", "\u00e4", { sub: "a\u0308" }, "a\u0308"],
    [
      "on what only begins like it",
      "sub",
      "repo:a/b",
      { sub: "repo:a/b:pull_request" },
      "repo:a/b:pull_request",
    ],
    ["on a pattern, which is none", "sub", "repo:.*", { sub: "repo:a/b" }, "repo:a/b"],
    ["on a name that has dots and no path", "kubernetes.io.namespace", "shop", KUBERNETES, undefined],
    ["on a pointer that ends too early", "/kubernetes.io", "shop", KUBERNETES, KUBERNETES["kubernetes.io"]],
    ["on a pointer through a string", "/sub/0", "m", { sub: "me" }, undefined],
    ["on a pointer to a string's length", "/sub/length", "2", { sub: "me" }, undefined],
    ["on a pointer through null", "/a/b", "x", { a: null }, undefined],
    ["on a pointer to an array's length", "/a/length", "1", { a: ["x"] }, undefined],
    ["on a pointer behind the array", "/a/1", "x", { a: ["x"] }, undefined],
    ["on an index with a zero before", "/a/00", "x", { a: ["x"] }, undefined],
    ["on an index with a sign", "/a/+0", "x", { a: ["x"] }, undefined],
    ["on a negative index", "/a/-1", "x", { a: ["x"] }, undefined],
    ["on the index behind the last", "/a/-", "x", { a: ["x"] }, undefined],
    ["on an index in another notation", "/a/0x0", "x", { a: ["x"] }, undefined],
    ["on an index with a fraction", "/a/0.0", "x", { a: ["x"] }, undefined],
    ["on a pointer in a URI fragment", "#/sub", "me", { sub: "me" }, undefined],
    ["on an inherited member", "constructor", "x", {}, undefined],
    ["on the prototype", "__proto__", "x", {}, undefined],
    ["on a pointer into the prototype", "/__proto__/a", "x", Object.create({ a: "x" }) as Claims, undefined],
    ["on a pointer into a constructor", "/constructor/name", "Object", {}, undefined],
    ["on a pointer to an array's method", "/a/constructor/name", "Array", { a: [] }, undefined],
    ["on an inherited claim", "sub", "me", Object.create({ sub: "me" }) as Claims, undefined],
  ])("%s", (_name, item, value, claims, received) => {
    const assertion = equals(item, value);
    expect(matchClaims([assertion], claims)).toEqual([{ assertion, holds: false, received }]);
  });
});

describe("the trace", () => {
  it("has every verdict, in the order of the assertions", () => {
    const assertions = [equals("sub", "me"), equals("team", "shop"), equals("sub", "you")];
    expect(matchClaims(assertions, { sub: "me" })).toEqual([
      { assertion: assertions[0], holds: true, received: "me" },
      { assertion: assertions[1], holds: false, received: undefined },
      { assertion: assertions[2], holds: false, received: "me" },
    ]);
  });

  it("leaves the claims as they were", () => {
    const claims = Object.freeze({ groups: Object.freeze(["a"]) });
    matchClaims([equals("/groups/0", "a"), equals("groups", "a")], claims);
    expect(claims).toEqual({ groups: ["a"] });
  });
});

describe("a path (RFC 6901 s4)", () => {
  it.each<readonly [item: string, segments: readonly string[]]>([
    ["sub", ["sub"]],
    ["a/b", ["a/b"]],
    ["/", [""]],
    ["/a/b", ["a", "b"]],
    ["/a~1b/c~0d", ["a/b", "c~d"]],
    ["/~01", ["~1"]],
    ["/~10", ["/0"]],
    ["/a//", ["a", "", ""]],
  ])("%s", (item, segments) => {
    expect(segmentsOf(item)).toEqual(segments);
  });

  it("of no segments is the whole", () => {
    expect(claimAt({ a: 1 }, [])).toEqual({ a: 1 });
  });

  it("of ten thousand segments ends where the claims do", () => {
    expect(claimAt({ a: {} }, Array<string>(10_000).fill("a"))).toBeUndefined();
  });
});
