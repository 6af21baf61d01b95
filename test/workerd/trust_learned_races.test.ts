import { describe, expect, it } from "vitest";
import { disturbedBefore } from "./disturbed_service.ts";
import { exchangeOf, startService } from "./harness.ts";
import { must } from "./token_holders.ts";
import { GITHUB, givenOwnTrust, verdictOf } from "./trust_kit.ts";

/** First exchanges of a trust that learns ids: what happens between their decision and their record counts. */

const service = startService();
const NAME = { item: "repository", operator: "equals", value: "acme/shop" } as const;
const ANY = { ...NAME, operator: "glob", value: "acme/*" } as const;
const OURS = { repository: "acme/shop", repository_id: "777001", repository_owner_id: "4242" };
const ANEW = { ...OURS, repository_id: "888001" };

const givenNamed = (more: Record<string, unknown> = {}) => {
  const acknowledge = ["mutable_name", "pull_requests", "glob_wide"];
  return givenOwnTrust(service, { issuer: GITHUB, assertions: [NAME], acknowledge, ...more });
};
type Given = Awaited<ReturnType<typeof givenNamed>>;

/** An exchange, just before whose record something happens. */
async function disturbed(given: Given, disturb: () => Promise<unknown>, token?: string): Promise<string> {
  const moved = disturbedBefore(/insert into "?access_token"?/i, disturb);
  const shown = token ?? (await given.sign(OURS));
  return verdictOf(service, await moved.exchange(exchangeOf(shown, given.account.email)));
}

describe("at once", () => {
  it("two with other ids: one wins, whichever, and the other is refused", async () => {
    for (let round = 0; round < 5; round++) {
      const given = await givenNamed();
      const verdicts = await Promise.all([given.verdict(OURS), given.verdict(ANEW)]);
      expect(verdicts.toSorted()).toEqual(["granted", "identity_changed"]);
      const [learned] = (await given.read()).learnedIds;
      expect(learned.ids.repository_id).toBe(verdicts[0] === "granted" ? "777001" : "888001");
    }
  });

  it("25 of one workload all go through, and it is learned once", async () => {
    const given = await givenNamed();
    const answers = await Promise.all(Array.from({ length: 25 }, () => given.exchange(OURS)));
    expect(answers.map(({ status }) => status)).toEqual(Array(25).fill(200));
    const { learnedIds, exchanges } = await given.read();
    expect([learnedIds.length, exchanges]).toEqual([1, 25]);
  });

  it("25 with one token that is good once: one is granted", async () => {
    const given = await givenNamed({ singleUse: true });
    const token = await given.sign(OURS);
    const answers = await Promise.all(Array.from({ length: 25 }, () => given.present(token)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await verdictOf(service, await given.present(token))).toBe("assertion_replayed");
  });

  it("8 names of one pattern: each that goes through is learned, and the others need only come again", async () => {
    const given = await givenNamed({ assertions: [ANY] });
    const claims = Array.from({ length: 8 }, (_, at) => ({
      ...OURS,
      repository: `acme/r${at}`,
      repository_id: `${at}`,
    }));
    const answers = await Promise.all(claims.map((one) => given.exchange(one)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
    expect((await given.read()).learnedIds).toHaveLength(statuses.filter((status) => status === 200).length);
    for (const one of claims) expect(await given.verdict(one)).toBe("granted");
    for (const one of claims)
      expect(await given.verdict({ ...one, repository_id: "666" })).toBe("identity_changed");
    expect((await given.read()).learnedIds).toHaveLength(8);
  });
});

describe("between decision and record", () => {
  const CHANGES: readonly [string, (given: Given) => Promise<unknown>, string][] = [
    ["somebody else is first", (given) => given.exchange(ANEW), "identity_changed"],
    ["the same workload is first", (given) => given.exchange(OURS), "granted"],
    ["the trust is renamed", (given) => patch(given, { name: "renamed" }), "granted"],
    ["the trust is disabled", (given) => patch(given, { disabled: true }), "issuer_not_trusted"],
    ["the trust goes into shadow", (given) => patch(given, { mode: "shadow" }), "trust_in_shadow"],
    [
      "the trust asks for another name",
      (given) => patch(given, { assertions: [{ ...NAME, value: "acme/blog" }] }),
      "assertion_failed",
    ],
    ["the trust is deleted", (given) => must(service, "DELETE", given.path), "issuer_not_trusted"],
    [
      "the account is disabled",
      (given) => must(service, "PATCH", given.accountPath, { disabled: true }),
      "account_disabled",
    ],
  ];
  const patch = (given: Given, change: Record<string, unknown>) => must(service, "PATCH", given.path, change);

  it.each(CHANGES)("%s: decided anew", async (_name, change, verdict) => {
    const given = await givenNamed();
    expect(await disturbed(given, () => change(given))).toBe(verdict);
  });

  it("its token, good once, is used elsewhere: a replay", async () => {
    const given = await givenNamed({ singleUse: true });
    const token = await given.sign(OURS);
    expect(await disturbed(given, () => given.present(token), token)).toBe("assertion_replayed");
  });

  it("the database fails: nothing is learned", async () => {
    const given = await givenNamed();
    const broken = disturbedBefore(/insert into "?access_token"?/i, async () => {
      throw new Error("D1_ERROR: disk on fire");
    });
    const { status } = await broken.exchange(exchangeOf(await given.sign(OURS), given.account.email));
    expect(status).toBe(503);
    expect((await given.read()).learnedIds).toEqual([]);
    expect(await given.verdict(ANEW)).toBe("granted");
  });
});
