import { describe, expect, it } from "vitest";
import { givenStage, newIssuer } from "./receipt_kit.ts";
import { must } from "./token_holders.ts";

/** An account that trusts one issuer for many workloads: once that is known, only trusts that the token can meet are read. */

const is = (value: string) => [{ item: "sub", operator: "equals", value }];

/** Twelve trusts, each for one subject, one of them without a subject, and one in shadow. */
async function givenCrowd() {
  const issuer = await newIssuer();
  const stage = await givenStage({ issuer, trust: { assertions: is("job-0") } });
  const add = (name: string, more: object) =>
    must(stage.service, "POST", stage.providers, { name, issuer: issuer.url, ...more });
  for (let index = 1; index < 11; index++) await add(`t${index}`, { assertions: is(`job-${index}`) });
  await add("by-team", { assertions: [{ item: "team", operator: "equals", value: "bakery" }] });
  await add("shadow", { assertions: is("job-5"), mode: "shadow" });
  const present = async (claims: Record<string, unknown>) => stage.exchange(await issuer.sign(claims));
  expect((await present({ sub: "job-0" })).status).toBe(200);
  return { stage, present };
}

describe("a crowd of trusts", () => {
  it.each([
    ["the first", { sub: "job-0" }],
    ["the last", { sub: "job-10" }],
    ["one without a pin", { sub: "nobody", team: "bakery" }],
  ])("lets in by %s, once the account is known to have many", async (_name, claims) => {
    const { present } = await givenCrowd();
    expect((await present(claims)).status).toBe(200);
    expect((await present(claims)).status).toBe(200);
  });

  it("tells what is in shadow beside the one that let it in", async () => {
    const { stage, present } = await givenCrowd();
    await present({ sub: "job-5" });
    const { trusts } = await stage.lastReceipt("outcome=granted");
    expect(trusts.map(({ name }: { name: string }) => name)).toEqual(["t5", "shadow"]);
  });

  it("refuses what meets none, and tells by which it came nearest", async () => {
    const { stage, present } = await givenCrowd();
    const receipt = await stage.receiptOf(await present({ sub: "job-11" }));
    expect(receipt.reason).toBe("assertion_failed");
    expect(receipt.trusts).toHaveLength(5);
  });

  it("refuses by a trust that is disabled meanwhile, and lets in by one that is new", async () => {
    const { stage, present } = await givenCrowd();
    await must(stage.service, "PATCH", stage.trustPath, { disabled: true });
    expect((await present({ sub: "job-0" })).status).toBe(400);
    const fresh = { name: "fresh", issuer: stage.issuer.url, assertions: is("job-0") };
    await must(stage.service, "POST", stage.providers, fresh);
    expect((await present({ sub: "job-0" })).status).toBe(200);
  });

  it("follows a trust that comes to ask for somebody else", async () => {
    const { stage, present } = await givenCrowd();
    await must(stage.service, "PATCH", stage.trustPath, { assertions: is("moved") });
    expect([(await present({ sub: "moved" })).status, (await present({ sub: "job-0" })).status]).toEqual([
      200, 400,
    ]);
  });
});
