import { beforeAll, describe, expect, it } from "vitest";
import { givenStage, type Receipt, type Stage, stageIn } from "./receipt_kit.ts";
import { must } from "./token_holders.ts";

/** What a receipt says of each trust and assertion; and the list of receipts. */

const CLAIMS = { team: "shop", n: 7, ok: true, list: ["a", "b"], at: { deep: "x" }, ref: "refs/heads/main" };
type Row = readonly [string, string, unknown, boolean, unknown];
const ASSERTIONS: readonly Row[] = [
  ["team", "equals", "shop", true, "shop"],
  ["team", "notEquals", "shop", false, "shop"],
  ["n", "equals", "7", false, 7],
  ["n", "lessThan", 7, false, 7],
  ["n", "greaterThan", 6, true, 7],
  ["ok", "equals", true, true, true],
  ["list", "in", ["c", "b"], true, ["a", "b"]],
  ["list", "notIn", ["a"], false, ["a", "b"]],
  ["/at/deep", "equals", "x", true, "x"],
  ["/at/none", "exists", true, false, null],
  ["none", "exists", false, true, null],
  ["none", "equals", "x", false, null],
  ["ref", "glob", "refs/heads/*", true, "refs/heads/main"],
  ["ref", "glob", "refs/tags/*", false, "refs/heads/main"],
];

describe("each assertion, with what was expected and what came", () => {
  let stage: Stage;
  let receipt: Receipt;
  beforeAll(async () => {
    const assertions = ASSERTIONS.map(([item, operator, value]) => ({ item, operator, value }));
    stage = await givenStage({ trust: { assertions } });
    await stage.exchange(await stage.issuer.sign(CLAIMS));
    receipt = await stage.lastReceipt();
  });

  it("none is left out after the first that fails", () => {
    expect(receipt).toMatchObject({ reason: "assertion_failed" });
    const [{ assertions, holds, name, id, mode, reason }] = receipt.trusts;
    expect([holds, name, id, mode, reason]).toEqual([
      false,
      "shop",
      stage.provider.id,
      "enforce",
      "assertion_failed",
    ]);
    expect(assertions).toHaveLength(ASSERTIONS.length);
  });

  it.each(ASSERTIONS)("%s %s %j: %s, received %j", (item, operator, value, holds, received) => {
    const isThis = (one: Receipt) =>
      JSON.stringify([one.item, one.operator, one.value]) === JSON.stringify([item, operator, value]);
    const found = receipt.trusts[0].assertions.find(isThis);
    expect(found).toEqual({ item, operator, value, holds, received });
  });

  it("a trust in shadow beside the one that lets it in", async () => {
    const shop = await givenStage();
    await must(shop.service, "POST", shop.providers, {
      name: "next",
      issuer: shop.issuer.url,
      mode: "shadow",
      assertions: [{ item: "team", operator: "equals", value: "bakery" }],
    });
    await shop.exchange(await shop.issuer.sign());
    const { trusts, outcome } = await shop.lastReceipt();
    expect(outcome).toBe("granted");
    expect(trusts.map((one: Receipt) => [one.name, one.mode, one.holds, one.reason])).toEqual([
      ["shop", "enforce", true, null],
      ["next", "shadow", false, "assertion_failed"],
    ]);
  });
});

describe("a list of receipts", () => {
  it("stays within its project, and filters", async () => {
    const stage = await givenStage();
    const other = await stageIn(stage.service, stage.issuer);
    await other.exchange(await other.issuer.sign());
    await stage.exchange(await stage.issuer.sign());
    await stage.exchange(await stage.issuer.sign({ team: "x" }));
    await stage.exchange("a.b.c");
    const list = async (query: string) => {
      const { status, body } = await stage.service.call("GET", `${stage.root}/receipts?${query}`);
      return status === 200 ? body.items.map(({ reason }: Receipt) => reason) : status;
    };
    const { email, id } = stage.account;
    const trust = stage.provider.id;
    const soon = new Date(Date.now() + 60_000).toISOString();
    for (const [query, reasons] of [
      ["", ["token_malformed", "assertion_failed", null]],
      ["outcome=granted", [null]],
      ["outcome=refused", ["token_malformed", "assertion_failed"]],
      ["reason=token_malformed", ["token_malformed"]],
      ["serviceAccount=deployer&outcome=granted", [null]],
      [`serviceAccount=${email}&outcome=granted`, [null]],
      [`serviceAccount=${id}&outcome=granted`, [null]],
      ["serviceAccount=nobody", []],
      [`serviceAccount=${other.account.id}`, []],
      [`federatedIdentityProvider=${trust}`, ["assertion_failed", null]],
      [`federatedIdentityProvider=${other.provider.id}`, []],
      [`from=${soon}`, []],
      [`until=${soon}&outcome=granted`, [null]],
      ["outcome=maybe", 400],
      ["pageSize=2", ["token_malformed", "assertion_failed"]],
    ] as const)
      expect([query, await list(query)]).toEqual([query, reasons]);
  });
});
