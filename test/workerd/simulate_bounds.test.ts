import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { givenStage, homeOf, newIssuer, past, simulated } from "./receipt_kit.ts";
import { givenCaller, givenRoleHome } from "./role_kit.ts";

/** How much a simulation looks at, and who may ask for one. */

const is = (item: string, value: unknown, operator = "equals") => ({ item, operator, value });
const to = (...assertions: object[]) => ({ assertions });
const MAIN = { env: "prod", sub: "main" };

describe("how much", () => {
  it("of the last days alone, seven unless said otherwise", async () => {
    let nowMs = Date.now() - 10 * 86_400_000;
    const issuer = await newIssuer(undefined, () => nowMs);
    const stage = await givenStage({ issuer, overrides: { nowMs: () => nowMs } });
    await past(stage, MAIN);
    nowMs = Date.now();
    const [young] = await past(stage, MAIN);
    expect(await simulated(stage, { disabled: true })).toMatchObject({ replayed: 1, wouldFail: [young] });
    for (const [days, replayed] of [
      [1, 1],
      [9, 1],
      [11, 2],
      [30, 2],
    ])
      expect(await simulated(stage, { disabled: true }, { days })).toMatchObject({ replayed });
  });

  it.each([0, 31, 1.5, "7", -1, null])("days: %j is refused", async (days) => {
    const stage = await givenStage();
    expect((await stage.simulate({}, { days })).body).toMatchObject({ status: 400, code: "invalid_body" });
  });

  it("so many at most, and it says so; of them a hundred by name", async () => {
    const stage = await givenStage();
    const [id] = await past(stage, MAIN);
    const { results } = await env.DB.prepare("SELECT * FROM audit_event WHERE id = ?").bind(id).all();
    const row = results[0] as Record<string, unknown>;
    const names = Object.keys(row)
      .filter((name) => name !== "id")
      .join(", ");
    const copy = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
      INSERT INTO audit_event (id, ${names}) SELECT substr(e.id, 1, 24) || printf('%012x', i), ${names} FROM audit_event e, n WHERE e.id = ?`;
    expect(await simulated(stage, {})).toMatchObject({ replayed: 1, isTruncated: false });
    await env.DB.prepare(copy).bind(2500, id).run();
    const cut = await simulated(stage, { disabled: true });
    expect(cut.isTruncated).toBe(true);
    expect(cut.replayed).toBeLessThan(2500);
    expect(cut.wouldFail.length + cut.undecided + cut.unchanged).toBeLessThanOrEqual(cut.replayed);
    expect(cut.wouldFail).toHaveLength(100);
  });
});

describe("asking", () => {
  it("changes nothing, and is recorded", async () => {
    const stage = await givenStage();
    await past(stage, MAIN, { team: "bakery" });
    const read = async () => (await stage.service.call("GET", stage.trustPath)).body;
    const [before, receipts] = [
      await read(),
      (await stage.service.call("GET", `${stage.root}/receipts`)).body,
    ];
    await simulated(stage, { ...to(is("team", "bakery")), disabled: true });
    expect(await read()).toEqual(before);
    expect((await stage.service.call("GET", `${stage.root}/receipts`)).body).toEqual(receipts);
    const { body } = await stage.service.call("GET", `${stage.root}/audit-events?pageSize=1`);
    const target = { id: stage.provider.id, type: "federated_identity_provider" };
    expect(body.items[0]).toMatchObject({
      action: "federated_identity_provider.simulate",
      outcome: "granted",
      target,
    });
    expect(body.items[0].detail).toBe("assertions, disabled");
  });

  it("is for who may read the trust; a change that cannot be made is refused", async () => {
    const stage = await givenStage();
    const path = `${stage.trustPath}/simulate`;
    const viewer = await givenCaller(stage.service, homeOf(stage), "viewer");
    const tenant = await givenCaller(stage.service, await givenRoleHome(stage.service), "owner");
    expect((await viewer.call("POST", path, { change: {} })).status).toBe(200);
    const elsewhere = await tenant.call("POST", path.replace(stage.provider.id, crypto.randomUUID()), {
      change: {},
    });
    const theirs = await tenant.call("POST", path, { change: {} });
    expect([theirs.status, theirs.body.detail]).toEqual([404, elsewhere.body.detail]);
    expect((await stage.service.call("POST", path, { change: {} }, { authorization: "" })).status).toBe(401);
    for (const change of [to(is("aud", "x")), { issuer: "ftp://x" }, { nothing: 1 }, to()])
      expect((await stage.simulate(change)).status).toBe(400);
  });
});
