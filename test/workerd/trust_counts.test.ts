import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { disturbedBefore } from "./disturbed_service.ts";
import { exchangeOf, startService } from "./harness.ts";
import { must } from "./token_holders.ts";
import { addTrust, givenOwnTrust, newClock, TEAM, verdictOf } from "./trust_kit.ts";

/** How often a trust let a token in, and refused one: counted with the record, or not at all. */

const service = startService();
const OURS = { team: "shop" };
const OTHERS = { team: "blog" };

type Given = Awaited<ReturnType<typeof givenOwnTrust>>;

/** As a trust shows it, in a list as by itself. */
async function usesOf(given: Given, { id, path }: { id: string; path: string } = given) {
  const { body: one } = await must(service, "GET", path);
  const { items } = (await must(service, "GET", given.providers)).body;
  const listed = items.find((item: { id: string }) => item.id === id);
  const use = ({ exchanges, refusals, lastRefusedAt }: Record<string, unknown>) => ({
    exchanges,
    refusals,
    isRefusedAt: lastRefusedAt !== null,
  });
  expect(use(listed)).toEqual(use(one));
  return [one.exchanges, one.refusals, one.lastRefusedAt !== null];
}

/** One more trust of the same issuer and keys. */
function beside(given: Given, input: Record<string, unknown>) {
  const jwks = { keys: [given.key.jwk] };
  return addTrust(service, given, { issuer: given.issuer, jwks, ...input });
}

describe("exact", () => {
  it("nothing before the first use, one by one after it", async () => {
    const given = await givenOwnTrust(service);
    expect(given.made.body).toMatchObject({ exchanges: 0, refusals: 0, lastRefusedAt: null });
    expect(await usesOf(given)).toEqual([0, 0, false]);
    for (let count = 1; count <= 3; count++) {
      expect(await given.verdict(OURS)).toBe("granted");
      expect(await usesOf(given)).toEqual([count, 0, false]);
    }
    for (let count = 1; count <= 3; count++) {
      expect(await given.verdict(OTHERS)).toBe("assertion_failed");
      expect(await usesOf(given)).toEqual([3, count, true]);
    }
    const changed = await must(service, "PATCH", given.path, { name: "renamed" });
    expect(changed.body).toMatchObject({ exchanges: 3, refusals: 3 });
  });

  it("30 good ones and 20 bad ones at once", async () => {
    const given = await givenOwnTrust(service);
    const all = [...Array(30).fill(OURS), ...Array(20).fill(OTHERS)];
    await Promise.all(all.map((claims) => given.exchange(claims)));
    expect(await usesOf(given)).toEqual([30, 20, true]);
  });

  it("when it refused last", async () => {
    const clock = newClock();
    const timed = startService({ nowMs: clock.nowMs });
    const given = await givenOwnTrust(timed, {}, { now: clock.now });
    const at = () => new Date(clock.nowMs()).toISOString().replace(".000", "");
    await given.exchange(OTHERS);
    expect((await given.read()).lastRefusedAt).toBe(at());
    clock.advance(5);
    await given.exchange(OTHERS);
    const last = at();
    clock.advance(5);
    await given.exchange(OURS);
    expect(await given.read()).toMatchObject({ exchanges: 1, refusals: 2, lastRefusedAt: last });
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>, string]>([
    ["another audience", {}, { ...OURS, aud: "https://elsewhere.example" }, "audience_mismatch"],
    ["a token that ended", {}, { ...OURS, exp: 1 }, "token_expired"],
    ["one that is too old", { maxTokenAge: 1 }, { ...OURS, iat: 1 }, "token_too_old"],
  ])("a refusal for %s is one too", async (_name, input, claims, reason) => {
    const given = await givenOwnTrust(service, input);
    expect(await given.verdict(claims)).toBe(reason);
    expect(await usesOf(given)).toEqual([0, 1, true]);
  });

  it("a replay is refused by the trust that takes each token once", async () => {
    const given = await givenOwnTrust(service, { singleUse: true });
    const other = await beside(given, { assertions: [{ ...TEAM, value: "blog" }] });
    const token = await given.sign(OURS);
    expect(await verdictOf(service, await given.present(token))).toBe("granted");
    expect(await verdictOf(service, await given.present(token))).toBe("assertion_replayed");
    expect(await usesOf(given, other)).toEqual([0, 0, false]);
    expect(await usesOf(given)).toEqual([1, 1, true]);
  });

  it("a name that belongs to somebody else now is refused by the trust that knew it", async () => {
    const given = await givenOwnTrust(service, {
      issuer: "https://token.actions.githubusercontent.com",
      assertions: [{ item: "repository", operator: "equals", value: "acme/shop" }],
      acknowledge: ["mutable_name", "pull_requests"],
    });
    const claims = { repository: "acme/shop", repository_id: "1" };
    expect(await given.verdict(claims)).toBe("granted");
    expect(await given.verdict({ ...claims, repository_id: "2" })).toBe("identity_changed");
    expect(await usesOf(given)).toEqual([1, 1, true]);
  });
});

describe("not moved", () => {
  const forged = async (given: Given, claims: Record<string, unknown>) => {
    const forger = await givenOwnTrust(service, { issuer: given.issuer });
    return given.present(await forger.sign(claims));
  };
  const ROWS: readonly [string, (given: Given) => Promise<unknown>][] = [
    ["a forged token that would be let in", (given) => forged(given, OURS)],
    ["a forged token that would be refused", (given) => forged(given, OTHERS)],
    [
      "a token of a key that it has not",
      async (given) => given.present(await given.sign({ ...OURS, iss: "https://x.example" })),
    ],
    ["junk", (given) => given.present("a.b.c")],
    ["a dry run of a good token", async (given) => dryRun(given, { token: await given.sign(OURS) })],
    ["a dry run of a bad token", async (given) => dryRun(given, { token: await given.sign(OTHERS) })],
    [
      "a dry run of claims",
      (given) => dryRun(given, { claims: { iss: given.issuer, sub: "job", aud: service.url, ...OTHERS } }),
    ],
    [
      "a commit that failed",
      async (given) => {
        const broken = disturbedBefore(/insert into "?access_token"?/i, async () => {
          throw new Error("D1_ERROR: disk on fire");
        });
        const token = await given.sign(OURS);
        expect((await broken.exchange(exchangeOf(token, given.account.email))).status).toBe(503);
      },
    ],
  ];
  const dryRun = async (given: Given, body: object) => {
    for (const path of [given.path, given.accountPath]) await must(service, "POST", `${path}/evaluate`, body);
  };

  it.each(ROWS)("by %s", async (_name, attempt) => {
    const given = await givenOwnTrust(service);
    await attempt(given);
    expect(await usesOf(given)).toEqual([0, 0, false]);
  });

  it("by what another trust lets in, or refuses", async () => {
    const given = await givenOwnTrust(service);
    const other = await beside(given, { assertions: [{ ...TEAM, value: "blog" }] });
    const elsewhere = await givenOwnTrust(service, { issuer: given.issuer }, { key: given.key });
    expect(await given.verdict(OTHERS)).toBe("granted");
    expect([await usesOf(given), await usesOf(given, other)]).toEqual([
      [0, 0, false],
      [1, 0, false],
    ]);
    expect(await given.verdict({ team: "wiki" })).toBe("assertion_failed");
    const counts = [await usesOf(given), await usesOf(given, other)];
    expect(counts.toSorted()).toEqual([
      [0, 1, true],
      [1, 0, false],
    ]);
    expect(await usesOf(elsewhere)).toEqual([0, 0, false]);
  });

  it.each<[string, Record<string, string>, string]>([
    ["scope", { scope: "nobody:granted" }, "scope_not_granted"],
    ["audience", { audience: "https://no.example" }, "target_not_allowed"],
  ])("by a %s that is not granted, where another trust had let the token in", async (_name, more, reason) => {
    const given = await givenOwnTrust(service);
    const other = await beside(given, { assertions: [{ ...TEAM, value: "blog" }] });
    const answer = await given.present(await given.sign(OURS), more);
    expect(await verdictOf(service, answer)).toBe(reason);
    expect([await usesOf(given), await usesOf(given, other)]).toEqual([
      [0, 0, false],
      [0, 0, false],
    ]);
  });

  it("of a trust that is deleted nothing is left, nor of a project", async () => {
    const [first, second] = [await givenOwnTrust(service), await givenOwnTrust(service)];
    for (const given of [first, second]) await given.exchange(OURS);
    const left = async () => {
      const query = env.DB.prepare(
        "SELECT count(*) AS n FROM trust_use WHERE federated_identity_provider_id IN (?, ?)",
      );
      return (await query.bind(first.id, second.id).first())?.n;
    };
    expect(await left()).toBe(2);
    expect((await service.call("DELETE", first.path)).status).toBe(204);
    expect(await left()).toBe(1);
    const project = second.path.split("/service-accounts")[0] ?? "";
    expect((await service.call("DELETE", project)).status).toBe(204);
    expect(await left()).toBe(0);
  });
});

describe("together with the record", () => {
  it("the counts are as many as the events that are kept", async () => {
    const given = await givenOwnTrust(service);
    const moved = disturbedBefore(/insert into "?access_token"?/i, () =>
      service.call("PATCH", given.path, { name: "renamed" }),
    );
    const token = await given.sign(OURS);
    expect((await moved.exchange(exchangeOf(token, given.account.email))).status).toBe(200);
    await given.exchange(OTHERS);
    const query = env.DB.prepare(
      "SELECT outcome, count(*) AS n FROM audit_event WHERE federated_identity_provider_id = ? GROUP BY outcome ORDER BY outcome",
    );
    expect((await query.bind(given.id).all()).results).toEqual([
      { outcome: "granted", n: 1 },
      { outcome: "refused", n: 1 },
    ]);
    expect(await usesOf(given)).toEqual([1, 1, true]);
  });
});
