import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchClaims } from "../../../src/trust/claims.ts";
import { pinOf, pinsOf } from "../../../src/trust/pins.ts";

const item = fc.constantFrom("sub", "repository_id", "repository_owner_id", "/sub", "ref", "project_id");
const text = fc.constantFrom("a", "b", "a=b", "x".repeat(300));
const assertion = fc.record({
  item,
  operator: fc.constantFrom("equals", "notEquals", "glob", "exists") as fc.Arbitrary<"equals">,
  value: text,
});
const claims = fc.dictionary(item, fc.oneof(text, fc.array(text, { maxLength: 3 }), fc.integer()));

describe("pins", () => {
  it("never leave out a trust that would let the token in", () => {
    fc.assert(
      fc.property(fc.array(assertion, { maxLength: 4 }), claims, (assertions, said) => {
        const pin = pinOf(assertions, "enforce");
        const pins = pinsOf(said);
        const isMet = matchClaims(assertions, said).every(({ holds }) => holds);
        if (isMet && pin !== null && pins !== undefined) expect(pins).toContain(pin);
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    [
      "the last telling one",
      [equals("repository_owner_id", "1"), equals("repository_id", "2")],
      "repository_id=2",
    ],
    ["none of what tells nobody", [equals("ref", "main")], null],
    ["none of a pattern", [{ item: "sub", operator: "glob", value: "a:*" } as const], null],
    ["none in shadow", [{ ...equals("sub", "a"), mode: "shadow" } as const], null],
    ["none that is long", [equals("sub", "x".repeat(257))], null],
    ["none of a pointer", [equals("/sub", "a")], null],
  ])("%s", (_name, assertions, pin) => {
    expect(pinOf(assertions, "enforce")).toBe(pin);
  });

  it("none of a trust in shadow: it is judged with every token", () => {
    expect(pinOf([equals("sub", "a")], "shadow")).toBeNull();
  });

  it("of a list each member; of too many all trusts are read", () => {
    expect(pinsOf({ sub: ["a", "b", 1] })).toEqual(["sub=a", "sub=b"]);
    expect(pinsOf({ sub: Array.from({ length: 41 }, (_, index) => `s${index}`) })).toBeUndefined();
  });

  it("of what the token itself says, not of what every object has", () => {
    expect(pinsOf(JSON.parse('{"__proto__":{"sub":"a"}}'))).toEqual([]);
  });
});

function equals(name: string, value: string) {
  return { item: name, operator: "equals", value } as const;
}
