import { describe, expect, it } from "vitest";
import { type ClaimAssertion, OPERATORS, type Operator } from "../../../src/protocol/index.ts";
import {
  describeAssertion,
  doesHold,
  faultOfValue,
  isPositive,
  secondsOfInstant,
  valuesOf,
} from "../../../src/trust/operators.ts";

type Value = ClaimAssertion["value"];

const claim = (operator: Operator, value: unknown): ClaimAssertion => ({
  item: "x",
  operator,
  value: value as Value,
});

/** What is of no scalar type, or is not there: no operator but `exists` holds for it. */
const NEVER: readonly unknown[] = [
  undefined,
  null,
  {},
  { 0: "a" },
  [[]],
  [["a"]],
  [[1]],
  [null],
  [undefined],
  [{}],
];

describe.each<
  readonly [operator: Operator, value: unknown, holds: readonly unknown[], fails: readonly unknown[]]
>([
  ["equals", "a", ["a", ["a"], ["b", "a"], [1, "a"]], ["A", "a ", "", 1, true, [], ["b"], ...NEVER]],
  ["equals", "", ["", ["b", ""]], [" ", 0, false, [], ...NEVER]],
  ["equals", "1", ["1"], [1, "1.0", "01", true, ...NEVER]],
  ["equals", 1, [1, 1.0, [2, 1]], ["1", true, 1.5, -1, Number.NaN, ...NEVER]],
  ["equals", 0, [0, -0], ["0", "", false, ...NEVER]],
  ["equals", true, [true, [false, true]], ["true", 1, "1", false, ...NEVER]],
  ["equals", false, [false], ["false", 0, "", true, ...NEVER]],
  ["notEquals", "a", ["b", "", "A", ["b", "c"], []], ["a", ["b", "a"], 1, true, ["b", 1], ...NEVER]],
  ["notEquals", 1, [2, -1, 0, [2, 3]], [1, "2", "1", true, [2, "3"], [1, 2], ...NEVER]],
  [
    "notEquals",
    true,
    [false, [false]],
    [true, "true", "false", 0, 1, "", [false, true], [false, "false"], ...NEVER],
  ],
  ["in", ["a", "b"], ["a", "b", ["z", "b"]], ["c", "", "A", 1, [], ["c", "d"], ...NEVER]],
  ["in", ["1", 2, true], ["1", 2, true, [3, 2]], [1, "2", "true", false, ...NEVER]],
  ["in", "abc", [], ["a", "abc", ["abc"], ...NEVER]],
  ["notIn", ["a", "b"], ["c", "", ["c", "d"], []], ["a", ["c", "b"], 1, true, ["c", 1], ...NEVER]],
  ["notIn", ["a", 1], ["b", 2, ["b", 2]], ["a", 1, true, ["b", true], ...NEVER]],
  ["notIn", "abc", [], ["a", "x", ["x"], [], ...NEVER]],
  ["exists", true, ["", 0, false, [], {}, [null], "x", Number.NaN], [undefined, null]],
  ["exists", false, [undefined, null], ["", 0, false, [], {}, [null], "null"]],
  ["exists", "true", [], ["x", undefined, null, true]],
  [
    "glob",
    "a/*",
    ["a/b", ["x", "a/c"]],
    ["a/b/c", "A/b", 1, true, [], ["x"], [["a/b"]], undefined, null, {}],
  ],
  ["glob", "*", ["", "x", ["a/b", "x"]], ["a/b", 0, false, ["a/b"], ["/", 1], ...NEVER]],
  ["glob", 1, [], ["1", 1, ...NEVER]],
  ["lessThan", 10, [9, 9.99, -10, 0], [10, 10.01, "9", true, [9], [], Number.NaN, ...NEVER]],
  ["greaterThan", 10, [11, 10.01], [10, 9, "11", true, [11], Number.POSITIVE_INFINITY, ...NEVER]],
  ["lessThan", 0, [-1], [0, -0, "-1", false, ...NEVER]],
  ["greaterThan", "abc", [], ["abd", "abc", 1, ...NEVER]],
  ["lessThan", true, [], [false, 0, ...NEVER]],
])("%s %j", (operator, value, holds, fails) => {
  it("holds for these alone", () => {
    for (const received of holds) {
      expect(doesHold(claim(operator, value), received), JSON.stringify(received)).toBe(true);
    }
    for (const received of fails) {
      expect(doesHold(claim(operator, value), received), JSON.stringify(received)).toBe(false);
    }
  });
});

describe("instants", () => {
  const AT = "2027-01-31T12:00:00Z";
  const SECONDS = 1_801_396_800;
  it.each<[Operator, Value, readonly unknown[], readonly unknown[]]>([
    [
      "greaterThan",
      AT,
      ["2027-01-31T12:00:00.001Z", "2027-01-31T13:00:01+01:00", SECONDS + 1],
      [AT, SECONDS],
    ],
    ["lessThan", AT, ["2027-01-31T11:59:59Z", "2027-01-31T11:00:00-00:30", SECONDS - 1, 0], [AT, SECONDS]],
    ["greaterThan", SECONDS, [SECONDS + 1], ["2027-01-31T12:00:01Z", AT]],
    ["lessThan", SECONDS, [SECONDS - 1], ["2027-01-31T11:00:00Z", "0"]],
    [
      "lessThan",
      AT,
      [],
      ["", "0", "2026", "2026-01-01", "2026-01-01 00:00:00Z", "yesterday", ["2026-01-01T00:00:00Z"]],
    ],
  ])("%s %s", (operator, value, holds, fails) => {
    for (const received of holds)
      expect(doesHold(claim(operator, value), received), `${received}`).toBe(true);
    for (const received of fails)
      expect(doesHold(claim(operator, value), received), `${received}`).toBe(false);
  });

  it.each<[string, number | undefined]>([
    ["1970-01-01T00:00:00Z", 0],
    [AT, SECONDS],
    ["2027-01-31T14:00:00+02:00", SECONDS],
    ["2027-01-31T12:00:00.5Z", SECONDS + 0.5],
    ["2028-02-29T00:00:00Z", 1_835_395_200],
    ["2027-01-31T12:00:00", undefined],
    ["2027-01-31T12:00Z", undefined],
    ["2027-01-31 12:00:00Z", undefined],
    ["2027-13-01T00:00:00Z", undefined],
    ["2027-00-01T00:00:00Z", undefined],
    ["2027-01-32T00:00:00Z", undefined],
    ["2027-02-30T00:00:00Z", undefined],
    ["2027-02-29T00:00:00Z", undefined],
    ["2027-04-31T00:00:00Z", undefined],
    ["2027-01-01T24:00:00Z", undefined],
    ["2027-01-01T25:00:00Z", undefined],
    ["2027-01-01T00:60:00Z", undefined],
    ["2027-01-01T00:00:00+24:00", undefined],
    ["+002027-01-01T00:00:00Z", undefined],
    [" 2027-01-01T00:00:00Z", undefined],
    ["2027-01-01T00:00:00Z\n", undefined],
    ["", undefined],
  ])("%j", (text, seconds) => {
    expect(secondsOfInstant(text)).toBe(seconds);
  });
});

describe("an operator that we do not know", () => {
  it.each(["matches", "Equals", "", "constructor", "__proto__", "toString", "hasOwnProperty"])(
    "%s",
    (operator) => {
      for (const received of ["a", undefined, null, true, [], {}]) {
        expect(doesHold(claim(operator as Operator, "a"), received)).toBe(false);
      }
    },
  );
});

describe("what an assertion is", () => {
  it("positive are those that name somebody", () => {
    expect(OPERATORS.filter((operator) => isPositive({ operator }))).toEqual(["equals", "in", "glob"]);
  });

  it.each<[Operator, Value, readonly unknown[]]>([
    ["equals", "a", ["a"]],
    ["equals", false, [false]],
    ["in", ["a", 1], ["a", 1]],
    ["notEquals", "a", []],
    ["notIn", ["a"], []],
    ["glob", "a", []],
    ["exists", true, []],
  ])("values of %s %j", (operator, value, values) => {
    expect(valuesOf(claim(operator, value))).toEqual(values);
  });

  it.each<[Operator, Value, string]>([
    ["equals", "a", 'x must equal "a"'],
    ["notEquals", 1, "x must be there and not equal 1"],
    ["in", ["a", true], 'x must be one of ["a",true]'],
    ["notIn", ["a"], 'x must be there and be none of ["a"]'],
    ["exists", false, "x must be absent"],
    ["glob", "a\n*", 'x must match "a\\n*"'],
    ["lessThan", 5, "x must be less than 5"],
  ])("in words: %s %j", (operator, value, words) => {
    expect(describeAssertion(claim(operator, value))).toBe(words);
  });

  it("in words it has an end", () => {
    expect(describeAssertion(claim("in", Array(100).fill("x".repeat(2048)))).length).toBeLessThan(300);
  });
});

describe("what holds for nothing may not be stored", () => {
  it.each<[Operator, unknown]>([
    ["in", "abc"],
    ["notIn", "abc"],
    ["exists", "true"],
    ["glob", 1],
    ["glob", "a***"],
    ["glob", "*a".repeat(9)],
    ["lessThan", true],
    ["greaterThan", "abc"],
    ["lessThan", "2027-02-30T00:00:00Z"],
    ["equals", "a*"],
    ["equals", ["a"]],
    ["notEquals", { a: 1 }],
    ["in", ["a", "*"]],
    ["notIn", [["a"]]],
    ["lessThan", Number.NaN],
    ["equals", Number.POSITIVE_INFINITY],
  ])("%s %j", (operator, value) => {
    expect(faultOfValue(claim(operator, value))).toMatchObject({ detail: expect.any(String) });
  });
});
