import { beforeAll, describe, expect, it } from "vitest";
import { type Answer, startService } from "./harness.ts";
import { freshName } from "./token_holders.ts";
import { addTrust, faultsOf, type GivenAccount, givenAccount, TEAM } from "./trust_kit.ts";

/** Assertions that may not be stored: whatever would hold for all, for nobody, or not as it reads. */

const service = startService();
let home: GivenAccount;
beforeAll(async () => {
  home = await givenAccount(service);
});

const ISSUER = "https://ci.acme.example";
const one = (operator: string, value: unknown, item = "ref") => ({ item, operator, value });

function post(assertions: readonly unknown[]): Promise<Answer> {
  return service.call("POST", home.providers, { name: freshName(), issuer: ISSUER, assertions });
}

const LONG = "longer than 2,048 characters";
const MANY = "more than a hundred";
const LIMITS: Readonly<Record<string, unknown>> = { [LONG]: "x".repeat(2049), [MANY]: Array(101).fill("a") };

describe("a value that its operator does not take", () => {
  it.each<[string, unknown, string]>([
    ["equals", ["a"], "invalid_value"],
    ["equals", "a*", "wildcard"],
    ["equals", "*", "wildcard"],
    ["equals", null, "invalid_union"],
    ["equals", "", "too_small"],
    ["equals", {}, "invalid_union"],
    ["equals", [], "too_small"],
    ["equals", LONG, "too_big"],
    ["notEquals", ["a"], "invalid_value"],
    ["notEquals", "refs/heads/*", "wildcard"],
    ["in", "a", "invalid_value"],
    ["in", 1, "invalid_value"],
    ["in", ["a", "b*"], "wildcard"],
    ["in", [["a"]], "invalid_union"],
    ["in", [null], "invalid_union"],
    ["in", MANY, "invalid_union"],
    ["notIn", true, "invalid_value"],
    ["notIn", ["pull_request*"], "wildcard"],
    ["exists", "true", "invalid_value"],
    ["exists", 1, "invalid_value"],
    ["exists", [true], "invalid_value"],
    ["glob", 1, "invalid_value"],
    ["glob", true, "invalid_value"],
    ["glob", ["a*"], "invalid_value"],
    ["glob", "a/***", "invalid_glob"],
    ["glob", "a/****/b", "invalid_glob"],
    ["glob", "a*b*c*d*e*f*g*h*i*", "invalid_glob"],
    ["glob", "a**b**c**d**e**f**g**h**i**", "invalid_glob"],
    ["lessThan", true, "invalid_value"],
    ["lessThan", "12", "invalid_value"],
    ["lessThan", [1], "invalid_value"],
    ["lessThan", "2027-01-31", "invalid_value"],
    ["lessThan", "2027-01-31T12:00:00", "invalid_value"],
    ["greaterThan", "tomorrow", "invalid_value"],
    ["greaterThan", "2027-13-01T00:00:00Z", "invalid_value"],
    ["greaterThan", "Sun, 31 Jan 2027 12:00:00 GMT", "invalid_value"],
  ])("%s %j", async (operator, wanted, code) => {
    const value = LIMITS[String(wanted)] ?? wanted;
    const [status, fault = ""] = faultsOf(await post([TEAM, one(operator, value)]));
    expect(status).toBe("400 invalid_body");
    expect(fault).toMatch(new RegExp(`^/assertions/1/value(?:/\\d+)* ${code}$`));
  });
});

describe("a value that its operator takes is shown as it was sent", () => {
  it.each<[string, unknown]>([
    ["equals", "a.b+c(d)?[e]{f}|g^h$"],
    ["equals", 0],
    ["equals", -1.5],
    ["equals", false],
    ["notEquals", true],
    ["in", ["a", 1, true]],
    ["in", Array.from({ length: 100 }, (_, index) => index)],
    ["notIn", ["a"]],
    ["exists", true],
    ["exists", false],
    ["glob", "a*b*c*d*e*f*g*h*i"],
    ["glob", "no star at all"],
    ["glob", "refs/tags/**"],
    ["lessThan", 10],
    ["lessThan", "2027-01-31T12:00:00Z"],
    ["greaterThan", "2027-01-31T12:00:00.123456789+05:30"],
    ["equals", "übermäßig 🦊 ﷽"],
  ])("%s %j", async (operator, value) => {
    const { made } = await addTrust(service, await givenAccount(service), {
      issuer: ISSUER,
      assertions: [TEAM, one(operator, value)],
    });
    expect(made.body.assertions).toEqual([TEAM, one(operator, value)]);
  });
});

describe("assertions that together may not be stored", () => {
  const big = (item: string) =>
    one(
      "in",
      Array.from({ length: 4 }, () => "x".repeat(2000)),
      item,
    );
  it.each<[string, readonly unknown[], readonly string[]]>([
    ["none", [], ["/assertions too_small"]],
    ["more than 50", Array(51).fill(TEAM), ["/assertions too_big"]],
    ["two values of one item", [TEAM, { ...TEAM, value: "blog" }], ["/assertions/1 contradiction"]],
    [
      "two values of one place, spelled otherwise",
      [TEAM, { ...TEAM, item: "/team", value: "blog" }],
      ["/assertions/1 contradiction"],
    ],
    [
      "a text and its number",
      [one("equals", "1", "id"), one("equals", 1, "id")],
      ["/assertions/1 contradiction"],
    ],
    ["only what it must not be", [one("notEquals", "a")], ["/assertions no_identity_assertion"]],
    ["only what it must be none of", [one("notIn", ["a"])], ["/assertions no_identity_assertion"]],
    ["only that it is there", [one("exists", true, "sub")], ["/assertions no_identity_assertion"]],
    ["only that it is not there", [one("exists", false)], ["/assertions no_identity_assertion"]],
    ["only how old", [one("lessThan", 5, "age")], ["/assertions no_identity_assertion"]],
    ["only in shadow", [{ ...TEAM, mode: "shadow" }], ["/assertions no_identity_assertion"]],
    [
      "in shadow whom, enforced only whom not",
      [{ ...TEAM, mode: "shadow" }, one("notEquals", "a")],
      ["/assertions no_identity_assertion"],
    ],
    ["only the audience", [one("equals", "me", "aud")], ["/assertions no_identity_assertion"]],
    ["only the audience, by a pointer", [one("equals", "me", "/aud")], ["/assertions no_identity_assertion"]],
    ["only one of the audiences", [one("equals", "me", "/aud/0")], ["/assertions no_identity_assertion"]],
    ["only the token's id", [one("in", ["a"], "jti")], ["/assertions no_identity_assertion"]],
    ["more than 16 KiB", [TEAM, big("a"), big("b"), big("c")], ["/assertions too_big"]],
    ["an operator that there is none", [one("matches", "a")], ["/assertions/0/operator invalid_value"]],
    ["an operator of an object", [one("constructor", "a")], ["/assertions/0/operator invalid_value"]],
    ["a mode that there is none", [{ ...TEAM, mode: "off" }], ["/assertions/0/mode invalid_value"]],
    ["a member that there is none", [{ ...TEAM, negate: true }], ["/assertions/0/negate unknown_member"]],
    ["a pointer with a bad escape", [{ ...TEAM, item: "/a~2" }], ["/assertions/0/item invalid_pointer"]],
    ["an empty item", [{ ...TEAM, item: "" }], ["/assertions/0/item too_small"]],
  ])("%s", async (_name, assertions, faults) => {
    const answer = await post(assertions);
    expect(faultsOf(answer)).toEqual(["400 invalid_body", ...faults]);
  });

  it("just below 16 KiB they are stored, and a change is held to the same", async () => {
    const fitting = [TEAM, big("a"), one("in", ["x".repeat(2000), "x".repeat(2000), "x".repeat(2000)], "b")];
    const { path } = await addTrust(service, home, { issuer: ISSUER, assertions: fitting });
    for (const [assertions, fault] of [
      [[one("glob", "***", "sub")], "/assertions/0/value invalid_glob"],
      [[one("notEquals", "a")], "/assertions no_identity_assertion"],
      [[TEAM, { ...TEAM, value: "blog" }], "/assertions/1 contradiction"],
    ] as const) {
      const answer = await service.call("PATCH", path, { assertions });
      expect(faultsOf(answer)).toContain(fault);
      expect(answer.status).toBe(400);
    }
    expect((await service.call("GET", path)).body.assertions).toEqual(fitting);
  });

  it("an equal that is said twice, or stands in shadow, is no contradiction", async () => {
    const shadow = { ...TEAM, value: "blog", mode: "shadow" };
    const { made } = await addTrust(service, home, { issuer: ISSUER, assertions: [TEAM, TEAM, shadow] });
    expect(made.body.assertions).toEqual([TEAM, TEAM, shadow]);
  });
});

describe("how a trust judges", () => {
  it.each<[string, unknown, string]>([
    ["maxTokenAge", 0, "too_small"],
    ["maxTokenAge", 604_801, "too_big"],
    ["maxTokenAge", 1.5, "invalid_type"],
    ["leeway", -1, "too_small"],
    ["leeway", 301, "too_big"],
    ["leeway", "60", "invalid_type"],
    ["singleUse", "yes", "invalid_type"],
    ["mode", "off", "invalid_value"],
    ["acknowledge", "mutable_name", "invalid_type"],
    ["acknowledge", Array(33).fill("a"), "too_big"],
    ["learnedIds", null, "unknown_member"],
    ["acknowledged", [], "unknown_member"],
    ["exchanges", 0, "unknown_member"],
  ])("%s: %j", async (member, value, code) => {
    const trust = { name: freshName(), issuer: ISSUER, assertions: [TEAM], [member]: value };
    const answer = await service.call("POST", home.providers, trust);
    expect(faultsOf(answer)).toEqual(["400 invalid_body", `/${member} ${code}`]);
  });

  it("learned ids can be forgotten, and not be written", async () => {
    const { path } = await addTrust(service, home, { issuer: ISSUER, assertions: [TEAM] });
    const written = await service.call("PATCH", path, { learnedIds: [] });
    expect(faultsOf(written)).toEqual(["400 invalid_body", "/learnedIds invalid_type"]);
    expect((await service.call("PATCH", path, { learnedIds: null })).status).toBe(200);
  });
});
