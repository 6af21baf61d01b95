import { describe, expect, it } from "vitest";
import { emptyKv, givenStage, past, simulated, strangersKey } from "./receipt_kit.ts";
import { must } from "./token_holders.ts";

/** What a changed trust would have made of what was recorded; nothing is changed by asking. */

const is = (item: string, value: unknown, operator = "equals") => ({ item, operator, value });
const to = (...assertions: object[]) => ({ assertions });

const MAIN = { env: "prod", sub: "main" };

describe("a change", () => {
  it("that narrows names those that would fail, youngest first", async () => {
    const stage = await givenStage();
    const [prod, test, other] = await past(stage, MAIN, { env: "test", sub: "t" }, { sub: "o" });
    const change = to(is("team", "shop"), is("env", "prod"));
    expect(await simulated(stage, change)).toEqual({
      replayed: 3,
      isTruncated: false,
      wouldFail: [other, test],
      wouldPass: [],
      unchanged: 1,
      undecided: 0,
    });
    const { body } = await stage.simulate(change);
    expect(body.wouldFail[1]).toMatchObject({
      subject: "t",
      detail: expect.stringContaining("env must equal"),
    });
    expect(prod).toBeDefined();
  });

  it("that widens names the refused that would pass", async () => {
    const stage = await givenStage();
    const [, bakery] = await past(stage, MAIN, { team: "bakery", sub: "b" }, { team: "mill" });
    const change = to(is("team", ["shop", "bakery"], "in"));
    expect(await simulated(stage, change)).toMatchObject({
      wouldFail: [],
      wouldPass: [bakery],
      unchanged: 2,
    });
    await must(stage.service, "PATCH", stage.trustPath, change);
    expect((await stage.exchange(await stage.issuer.sign({ team: "bakery" }))).status).toBe(200);
  });

  it("that is none changes nothing", async () => {
    const stage = await givenStage();
    await past(stage, MAIN, { team: "bakery" }, { exp: 5, iat: 1 });
    for (const change of [{}, { name: "renamed" }, to(is("team", "shop"))])
      expect(await simulated(stage, change)).toMatchObject({ wouldFail: [], wouldPass: [], unchanged: 3 });
  });

  const later = Math.floor(Date.now() / 1000);
  it.each([
    ["disabled", { disabled: true }, {}, "fails"],
    ["in shadow", { mode: "shadow" }, {}, "fails"],
    ["of another issuer", { issuer: "https://other.example.com" }, {}, "fails"],
    ["of fresh tokens alone", { maxTokenAge: 60 }, { iat: later - 400 }, "fails"],
    ["with more leeway", { leeway: 200 }, { iat: later + 150, exp: later + 900 }, "passes"],
    ["with less leeway", { leeway: 0 }, { iat: later + 50, exp: later + 900 }, "fails"],
    [
      "of another audience",
      to(is("team", "shop"), is("aud", "https://a.example.com")),
      { aud: "https://a.example.com" },
      "passes",
    ],
    ["that watches", to(is("team", "shop"), { ...is("env", "x"), mode: "shadow" }), {}, "same"],
  ])("a trust %s", async (_name, change, claims, becomes) => {
    const stage = await givenStage();
    await past(stage, MAIN);
    const ids = await past(stage, claims);
    const { wouldFail, wouldPass } = await simulated(stage, change);
    expect(wouldFail.filter((id: string) => ids.includes(id))).toEqual(becomes === "fails" ? ids : []);
    expect(wouldPass).toEqual(becomes === "passes" ? ids : []);
  });
});

describe("what is looked at", () => {
  it("what nobody vouched for never counts as passing", async () => {
    await emptyKv();
    const stage = await givenStage();
    // No key at hand, then a stranger's signature, then a kid of nobody's.
    await past(stage, { team: "bakery" });
    await past(stage, MAIN);
    for (const claims of [{ team: "bakery" }, {}])
      await stage.exchange(await stage.issuer.sign(claims, {}, await strangersKey()));
    await stage.exchange(await stage.issuer.sign({ team: "bakery" }, { kid: "nobodys" }));
    const change = to(is("team", ["shop", "bakery"], "in"));
    expect(await simulated(stage, change)).toMatchObject({
      wouldPass: [],
      wouldFail: [],
      replayed: 5,
      undecided: 4,
    });
  });

  it("what other trusts let in goes on, unless they are disabled or watch", async () => {
    const stage = await givenStage();
    const ids = await past(stage, MAIN);
    const other = { name: "other", issuer: stage.issuer.url, ...to(is("env", "prod")) };
    const { body } = await must(stage.service, "POST", stage.providers, other);
    const path = `${stage.providers}/${body.id}`;
    const narrow = to(is("team", "nobody"));
    expect(await simulated(stage, narrow)).toMatchObject({ wouldFail: [], unchanged: 1 });
    for (const change of [{ disabled: true }, { disabled: false, mode: "shadow" }]) {
      await must(stage.service, "PATCH", path, change);
      expect(await simulated(stage, narrow)).toMatchObject({ wouldFail: ids, unchanged: 0 });
    }
  });

  it("neither dry runs, nor other accounts, nor other issuers", async () => {
    const stage = await givenStage();
    await past(stage, MAIN);
    await stage.evaluate({ token: await stage.issuer.sign() });
    const account = (await must(stage.service, "POST", stage.accounts, { name: "other" })).body;
    await stage.exchange(await stage.issuer.sign(), { client_id: account.email });
    await stage.exchange(await stage.issuer.sign({ iss: "https://x.example.com" }));
    expect(await simulated(stage, { disabled: true })).toMatchObject({ replayed: 1 });
  });

  it("a replay stays refused, whatever the terms", async () => {
    const stage = await givenStage({ trust: { singleUse: true } });
    const token = await stage.issuer.sign();
    for (const status of [200, 400]) expect((await stage.exchange(token)).status).toBe(status);
    const { wouldPass, undecided } = await simulated(stage, to(is("team", "shop")));
    expect([wouldPass, undecided]).toEqual([[], 1]);
  });

  it.each([
    [
      "was left out for its size",
      {
        ...Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`a${at}`, "x".repeat(90)])),
        zone: "eu",
      },
      is("zone", "eu"),
    ],
    [
      "was one of too many",
      { ...Object.fromEntries(Array.from({ length: 80 }, (_, at) => [`a${at}`, 1])), zone: "eu" },
      is("zone", "eu"),
    ],
    [
      "is a list that was cut short",
      { groups: Array.from({ length: 40 }, (_, at) => `g${at}`) },
      is("groups", "g39"),
    ],
    ["was redacted", { secret: "s" }, is("secret", "s")],
    ["was cut short", { note: "n".repeat(600) }, is("note", `${"n".repeat(599)}*`, "glob")],
  ])("what the record does not tell is not decided: a claim that %s", async (_name, claims, asserted) => {
    const stage = await givenStage();
    await past(stage, claims);
    const change = to(is("team", "shop"), asserted);
    expect(await simulated(stage, change)).toMatchObject({ wouldFail: [], undecided: 1 });
    await must(stage.service, "PATCH", stage.trustPath, change);
    expect((await stage.exchange(await stage.issuer.sign(claims))).status).toBe(200);
  });
});
