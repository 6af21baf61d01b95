import { beforeAll, describe, expect, it } from "vitest";
import { startService } from "./harness.ts";
import { addTrust, givenOwnTrust, receiptOf, TEAM, verdictOf } from "./trust_kit.ts";

/** Operators, from what is sent to what a token gets. What each holds for in all cases, the units say. */

const service = startService();
let given: Awaited<ReturnType<typeof givenOwnTrust>>;
beforeAll(async () => {
  given = await givenOwnTrust(service);
});

type Claims = Readonly<Record<string, unknown>>;
type Row = readonly [operator: string, value: unknown, holds: readonly unknown[], fails: readonly unknown[]];

/** What a claim is sent as; `ABSENT` is not sent. */
const ABSENT = "(absent)";
const claimsOf = (claim: unknown): Claims => (claim === ABSENT ? {} : { x: claim });

const ROWS: readonly Row[] = [
  ["equals", "1", ["1", ["0", "1"]], [1, true, "1 ", "", ABSENT, null, [], [1], [["1"]], { 0: "1" }]],
  ["equals", 1, [1, 1.0, ["1", 1]], ["1", true, 2, ABSENT, null, [], [[1]]]],
  ["equals", true, [true, [false, true]], ["true", 1, false, ABSENT, null, []]],
  [
    "notEquals",
    true,
    [false, [false, false]],
    [true, "true", "false", 0, 1, ABSENT, null, [false, true], {}],
  ],
  ["notEquals", "a", ["b", "A", ["b", "c"]], ["a", 1, ABSENT, null, ["b", "a"], ["b", 1], [["b"]]]],
  ["in", ["a", 1], ["a", 1, ["z", 1]], ["b", "1", 2, true, ABSENT, null, [], ["b"], [["a"]]]],
  ["notIn", ["a", "b"], ["c", ["c", "d"]], ["a", ["c", "b"], ABSENT, null, 1, true, {}, [["c"]]]],
  ["exists", true, ["", 0, false, [], {}, "x"], [ABSENT, null]],
  ["exists", false, [ABSENT, null], ["", 0, false, [], {}, "null"]],
  [
    "glob",
    "refs/heads/*",
    ["refs/heads/main", "refs/heads/", ["refs/tags/v1", "refs/heads/x"]],
    ["refs/heads/a/b", "refs/heads/a:b", "refs/headsX/a", "xrefs/heads/a", 1, ABSENT, null, []],
  ],
  ["glob", "a.b/**", ["a.b/c", "a.b/c/d:e", "a.b/"], ["aXb/c", "a.b", "za.b/c", true, {}]],
  ["lessThan", 10, [9, -1, 9.5], [10, 11, "9", true, ABSENT, null, [9]]],
  ["greaterThan", 10, [11, 10.5], [10, 9, "11", ABSENT, null, [11]]],
  [
    "greaterThan",
    "2027-01-31T12:00:00Z",
    ["2027-01-31T12:00:01Z", "2027-01-31T14:00:01+02:00", 1_801_396_801],
    ["2027-01-31T12:00:00Z", "2027-01-31T13:00:00+02:00", 1_801_396_800, "1801396801", "soon", ABSENT, null],
  ],
];

describe.each(ROWS)("%s %j", (operator, value, holds, fails) => {
  // An account each: of one account no more than 60 refusals a minute are kept one by one.
  let given: Awaited<ReturnType<typeof givenOwnTrust>>;
  beforeAll(async () => {
    given = await givenOwnTrust(service, { assertions: [TEAM, { item: "x", operator, value }] });
  });

  it.each(holds)("holds for %j", async (claim) => {
    expect(await given.verdict({ team: "shop", ...claimsOf(claim) })).toBe("granted");
  });

  it.each(fails)("fails for %j", async (claim) => {
    const answer = await given.exchange({ team: "shop", ...claimsOf(claim) });
    const { reason, trusts, claims } = await receiptOf(service, answer);
    expect(reason).toBe("assertion_failed");
    const received = claim === ABSENT ? null : claims.x;
    expect(trusts[0].assertions).toMatchObject([
      { item: "team", holds: true },
      { item: "x", operator, value, holds: false, received },
    ]);
  });
});

describe("places in a token", () => {
  const nested = { "kubernetes.io": { namespace: "shop", pod: { name: "web-1" } }, groups: ["a", "b"] };
  it.each<[string, string, unknown, string]>([
    ["a name with dots", "kubernetes.io", "shop", "assertion_failed"],
    ["a member", "/kubernetes.io/namespace", "shop", "granted"],
    ["a member of a member", "/kubernetes.io/pod/name", "web-1", "granted"],
    ["a place in an array", "/groups/1", "b", "granted"],
    ["a place behind the array", "/groups/2", "b", "assertion_failed"],
    ["what every object inherits", "constructor", "Object", "assertion_failed"],
    ["what every array has", "/groups/length", "2", "assertion_failed"],
  ])("%s", async (_name, item, value, verdict) => {
    const trust = await givenOwnTrust(
      service,
      { issuer: given.issuer, assertions: [{ item, operator: "equals", value }] },
      { key: given.key },
    );
    expect(await verdictOf(service, await trust.present(await given.sign(nested)))).toBe(verdict);
  });
});

describe("assertions together", () => {
  it("all have to hold, and the receipt tells of each, also behind the first that fails", async () => {
    const assertions = ["a", "b", "c"].map((item) => ({ item, operator: "equals", value: "1" }));
    const trust = await givenOwnTrust(service, { assertions });
    const answer = await trust.exchange({ a: "1", b: 1 });
    const { trusts, detail, outcome, claimsVerified } = await receiptOf(service, answer);
    expect([outcome, claimsVerified]).toEqual(["refused", true]);
    expect(trusts[0].assertions.map((one: { holds: boolean }) => one.holds)).toEqual([true, false, false]);
    expect(detail).toContain('b must equal "1", received 1');
    expect(detail).toContain('c must equal "1", received absent');
    expect(await trust.verdict({ a: "1", b: "1", c: "1" })).toBe("granted");
  });

  it("a token of two trusts' issuer gets in by the one that it meets, whichever is older", async () => {
    const first = await givenOwnTrust(service, { assertions: [{ ...TEAM, value: "blog" }] });
    const second = await addTrust(service, first, {
      issuer: first.issuer,
      assertions: [TEAM],
      jwks: { keys: [first.key.jwk] },
    });
    expect(await first.verdict({ team: "shop" })).toBe("granted");
    expect(await first.verdict({ team: "blog" })).toBe("granted");
    expect(await first.verdict({ team: "wiki" })).toBe("assertion_failed");
    expect((await service.call("PATCH", second.path, { disabled: true })).status).toBe(200);
    expect(await first.verdict({ team: "shop" })).toBe("assertion_failed");
  });

  it("who signed it comes before what it says", async () => {
    const other = await givenOwnTrust(service, { issuer: given.issuer });
    const forged = await other.sign({ team: "shop" });
    const own = await givenOwnTrust(service, { issuer: given.issuer }, { key: given.key });
    expect(await verdictOf(service, await own.present(forged))).toBe("signature_invalid");
  });
});
