import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ClaimAssertion, segmentsOf } from "../../../src/protocol/index.ts";
import { matchClaims } from "../../../src/trust/claims.ts";
import { pinOf, pinsOf } from "../../../src/trust/pins.ts";

const item = fc.constantFrom("sub", "repository_id", "repository_owner_id", "/sub", "ref", "project_id");
const text = fc.constantFrom("a", "b", "a=b", "x".repeat(300));
const assertion: fc.Arbitrary<ClaimAssertion> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ item, operator: fc.constant("equals" as const), value: text }) },
  fc.record({ item, operator: fc.constantFrom("notEquals" as const, "glob" as const), value: text }),
  fc.record({ item, operator: fc.constant("exists" as const), value: fc.boolean() }),
);
const received = fc.oneof(text, fc.array(text, { maxLength: 3 }), fc.integer());
const claims = fc.dictionary(item, received);

/** Assertions, and claims of which most are what these ask for. */
const asked = fc.array(assertion, { maxLength: 4 }).chain((assertions) => {
  const members = assertions.map(({ item, operator, value }) => {
    const met = operator === "notEquals" ? fc.constant("c") : fc.constantFrom<unknown>(value, [value, "c"]);
    const said = fc.oneof({ weight: 4, arbitrary: met }, received);
    return fc.tuple(fc.constant(segmentsOf(item)[0] ?? ""), said);
  });
  return fc
    .tuple(claims, fc.tuple(...members))
    .map(([others, named]) => ({ assertions, said: { ...others, ...Object.fromEntries(named) } }));
});

describe("pins", () => {
  it("never leave out a trust that would let the token in", () => {
    let asserted = 0;
    fc.assert(
      fc.property(asked, ({ assertions, said }) => {
        const pin = pinOf(assertions, "enforce");
        const pins = pinsOf(said);
        const isMet = matchClaims(assertions, said).every(({ holds }) => holds);
        if (!isMet || pin === null || pins === undefined) return;
        expect(pins).toContain(pin);
        asserted += 1;
      }),
      { numRuns: 5000 },
    );
    expect(asserted).toBeGreaterThan(500);
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
