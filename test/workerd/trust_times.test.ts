import { describe, expect, it } from "vitest";
import { startService } from "./harness.ts";
import { faultsOf, givenOwnTrust, newClock, receiptOf, verdictOf } from "./trust_kit.ts";

/** Clocks and ages, at the second: the service's clock stands still, and the token says where it is on it. */

const clock = newClock();
const service = startService({ nowMs: clock.nowMs });
const CLAIMS = { team: "shop" };

const givenTimed = (input: Record<string, unknown>) => givenOwnTrust(service, input, { now: clock.now });

/** Seconds from our clock; a time that is undefined is not there. */
type Times = Readonly<Partial<Record<"iat" | "exp" | "nbf", number | undefined>>>;

function at(times: Times): Record<string, unknown> {
  const entries = Object.entries(times).map(([name, apart]) => [
    name,
    apart === undefined ? undefined : clock.now() + apart,
  ]);
  return { ...CLAIMS, ...Object.fromEntries(entries) };
}

describe("leeway, at the second", () => {
  const WEEK = 7 * 24 * 3600;
  const rowsOf = (leeway: number): readonly (readonly [Times, string])[] => [
    [{ exp: -leeway + 1 }, "granted"],
    [{ exp: -leeway }, "token_expired"],
    [{ exp: -leeway + 0.5 }, "granted"],
    [{ exp: -leeway - 1 }, "token_expired"],
    [{ nbf: leeway }, "granted"],
    [{ nbf: leeway + 1 }, "token_not_yet_valid"],
    [{ iat: leeway }, "granted"],
    [{ iat: leeway + 1 }, "token_not_yet_valid"],
    [{ iat: leeway + 0.5 }, "token_not_yet_valid"],
    [{ iat: undefined, nbf: undefined }, "granted"],
    [{ iat: -WEEK }, "granted"],
    [{ exp: WEEK }, "granted"],
    [{ exp: WEEK + 1 }, "token_lifetime_excessive"],
  ];
  describe.each([
    ["0", { leeway: 0 }, 0],
    ["60 without a word", {}, 60],
    ["60", { leeway: 60 }, 60],
    ["300", { leeway: 300 }, 300],
  ])("of %s", (_name, input, leeway) => {
    it.each(rowsOf(leeway))("%j: %s", async (times, verdict) => {
      const given = await givenTimed(input);
      expect(await given.verdict(at(times))).toBe(verdict);
    });
  });

  it("is what the trust says now: null is 60 again", async () => {
    const given = await givenTimed({ leeway: 300 });
    const late = await given.sign(at({ exp: -200 }));
    expect(await verdictOf(service, await given.present(late))).toBe("granted");
    for (const leeway of [null, 0]) {
      expect((await service.call("PATCH", given.path, { leeway })).body.leeway).toBe(leeway);
      expect(await verdictOf(service, await given.present(late))).toBe("token_expired");
    }
  });

  it("of one trust is not that of another: of two, the wider one lets it in", async () => {
    const strict = await givenTimed({ leeway: 0 });
    const wide = { issuer: strict.issuer, leeway: 300 };
    const second = await givenOwnTrust(service, wide, { home: strict, key: strict.key, now: clock.now });
    expect(await strict.verdict(at({ exp: -10 }))).toBe("granted");
    expect((await service.call("PATCH", second.path, { mode: "shadow" })).status).toBe(200);
    expect(await strict.verdict(at({ exp: -10 }))).toBe("trust_in_shadow");
    expect((await service.call("DELETE", second.path)).status).toBe(204);
    expect(await strict.verdict(at({ exp: -10 }))).toBe("token_expired");
  });
});

describe("maxTokenAge, at the second", () => {
  it.each<[Record<string, unknown>, Times, string]>([
    [{ maxTokenAge: 100, leeway: 0 }, { iat: -100 }, "granted"],
    [{ maxTokenAge: 100, leeway: 0 }, { iat: -101 }, "token_too_old"],
    [{ maxTokenAge: 100 }, { iat: -160 }, "granted"],
    [{ maxTokenAge: 100 }, { iat: -161 }, "token_too_old"],
    [{ maxTokenAge: 100, leeway: 300 }, { iat: -400 }, "granted"],
    [{ maxTokenAge: 100, leeway: 300 }, { iat: -401 }, "token_too_old"],
    [{ maxTokenAge: 1, leeway: 0 }, { iat: -1 }, "granted"],
    [{ maxTokenAge: 1, leeway: 0 }, { iat: -2 }, "token_too_old"],
    [{ maxTokenAge: 100 }, { iat: 30 }, "granted"],
    [{ maxTokenAge: 100 }, { iat: 61 }, "token_not_yet_valid"],
    [{ maxTokenAge: 100 }, { iat: undefined }, "token_too_old"],
    [{ maxTokenAge: 604_800 }, { iat: undefined, nbf: 0 }, "token_too_old"],
    [{}, { iat: undefined }, "granted"],
    [{}, { iat: -604_800 }, "granted"],
    [{ maxTokenAge: 100 }, { iat: -161, exp: -60 }, "token_expired"],
  ])("%j, a token of %j: %s", async (input, times, verdict) => {
    const given = await givenTimed(input);
    const answer = await given.exchange(at(times));
    expect(await verdictOf(service, answer)).toBe(verdict);
    if (verdict !== "token_too_old") return;
    const receipt = await receiptOf(service, answer);
    expect(receipt).toMatchObject({ signature: "valid", claimsVerified: true });
    expect(receipt.trusts[0]).toMatchObject({ id: given.id, reason: "token_too_old" });
  });

  it("an old token is as old for every claim: what it says is told all the same", async () => {
    const given = await givenTimed({ maxTokenAge: 100 });
    const answer = await given.exchange({ ...at({ iat: -161 }), team: "blog" });
    const { reason, trusts } = await receiptOf(service, answer);
    expect([reason, trusts[0].assertions[0].holds]).toEqual(["token_too_old", false]);
  });

  it("a text is no iat", async () => {
    const given = await givenTimed({ maxTokenAge: 100 });
    expect(await given.verdict({ ...CLAIMS, iat: String(clock.now()) })).toBe("claim_malformed");
  });

  it("can be taken away again", async () => {
    const given = await givenTimed({ maxTokenAge: 100 });
    const old = await given.sign(at({ iat: -200 }));
    expect(await verdictOf(service, await given.present(old))).toBe("token_too_old");
    expect((await service.call("PATCH", given.path, { maxTokenAge: null })).body.maxTokenAge).toBeNull();
    expect(await verdictOf(service, await given.present(old))).toBe("granted");
  });
});

describe("tokenLifetime", () => {
  it.each<[string, Record<string, unknown>, number]>([
    ["an hour without it", {}, 3600],
    ["what the trust says", { tokenLifetime: 900 }, 900],
    ["whatever age and leeway are", { tokenLifetime: 900, maxTokenAge: 10, leeway: 0, singleUse: true }, 900],
    ["not the foreign token's own", { leeway: 0 }, 3600],
  ])("%s", async (_name, input, seconds) => {
    const given = await givenTimed(input);
    const answer = await given.exchange(at({ exp: 30 }));
    expect([answer.status, answer.body.expires_in]).toEqual([200, seconds]);
  });

  it.each([59, 3601, 0, 1.5, "900"])("is not %j", async (tokenLifetime) => {
    const given = await givenTimed({});
    const answer = await service.call("PATCH", given.path, { tokenLifetime });
    expect(answer.status).toBe(400);
    expect(faultsOf(answer)[1]).toMatch(/^\/tokenLifetime /);
  });
});
