import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { startService } from "./harness.ts";
import { givenStage, newIssuer, rowsOf, type Stage } from "./receipt_kit.ts";

/** Receipts go when their days are over, by the hourly work; the events stay. */

const DAY_MS = 86_400_000;

/** No issuer is asked by the hourly work of a test. */
const closed = async () => new Response(null, { status: 404 });

/** A stage whose clock stands where the test puts it. */
async function givenClock(daysAgo: number) {
  const clock = { nowMs: Date.now() - daysAgo * DAY_MS };
  const issuer = await newIssuer(undefined, () => clock.nowMs);
  const stage = await givenStage({ issuer, overrides: { nowMs: () => clock.nowMs } });
  return { stage, clock, nowMs: () => clock.nowMs };
}

async function receiptsOf(stage: Stage): Promise<readonly string[]> {
  const { body } = await stage.service.call("GET", `${stage.root}/receipts?pageSize=200`);
  return body.items.map(({ id }: { id: string }) => id);
}

describe("receipts", () => {
  it("older than 30 days are taken away, their events stay, others stay", async () => {
    const { stage, clock } = await givenClock(31);
    const uri: string = (await stage.exchange(await stage.issuer.sign({ team: "x" }))).body.error_uri;
    clock.nowMs += 1000;
    await stage.exchange(await stage.issuer.sign());
    clock.nowMs += 1.5 * DAY_MS;
    await stage.exchange(await stage.issuer.sign());
    clock.nowMs = Date.now();
    await stage.exchange(await stage.issuer.sign({ team: "x" }));
    const [newest, middle, ...old] = await receiptsOf(stage);
    expect(old).toHaveLength(2);
    await stage.service.tend();
    expect(await receiptsOf(stage)).toEqual([newest, middle]);
    for (const path of [uri.slice(stage.service.url.length), `${stage.root}/receipts/${old[0]}`])
      expect((await stage.service.call("GET", path)).status).toBe(404);
    expect((await stage.service.call("GET", `/v1/receipts/${newest}`)).status).toBe(200);
    const { body } = await stage.service.call(
      "GET",
      `${stage.root}/audit-events?action=access_token.exchange`,
    );
    expect(body.items.map(({ id }: { id: string }) => id)).toEqual([newest, middle, ...old]);
    expect(body.items[3]).toMatchObject({ outcome: "refused", reason: "assertion_failed" });
    const purges = await rowsOf("audit_event", "action = 'receipt.purge' AND rows_changed > 0");
    expect(purges).toBeGreaterThan(0);
    await stage.service.tend();
    expect(await rowsOf("audit_event", "action = 'receipt.purge'")).toBe(purges);
  });

  it("are kept as long as RECEIPT_DAYS says", async () => {
    const { stage, nowMs } = await givenClock(5);
    await stage.exchange(await stage.issuer.sign());
    for (const [days, kept] of [
      ["6", 1],
      ["4", 0],
    ] as const) {
      await startService({ fetch: closed, nowMs: () => nowMs() + 5 * DAY_MS }, { RECEIPT_DAYS: days }).tend();
      expect([days, await receiptsOf(stage)]).toSatisfy(([, ids]) => ids.length === kept);
    }
  });

  it("of which there are many go in steps", async () => {
    const { stage } = await givenClock(40);
    await stage.exchange(await stage.issuer.sign());
    const [id] = await receiptsOf(stage);
    const names = (await env.DB.prepare("SELECT * FROM audit_event WHERE id = ?").bind(id).all()).results
      .flatMap((row) => Object.keys(row))
      .filter((name) => name !== "id")
      .join(", ");
    const copy = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
      INSERT INTO audit_event (id, ${names}) SELECT substr(e.id, 1, 24) || printf('%012x', i), ${names} FROM audit_event e, n WHERE e.id = ?`;
    await env.DB.prepare(copy).bind(id).run();
    const purges = () => rowsOf("audit_event", "action = 'receipt.purge'");
    const before = await purges();
    await startService({ fetch: closed }).tend();
    const mine = "service_account_id = ? AND action = 'access_token.exchange'";
    expect(await rowsOf("audit_event", `${mine} AND receipt IS NOT NULL`, stage.account.id)).toBe(0);
    expect(await rowsOf("audit_event", mine, stage.account.id)).toBe(1201);
    expect((await purges()) - before).toBe(3);
  });
});

describe("RECEIPT_DAYS", () => {
  it.each(["0", "-1", "1.5", "366", "9999", "thirty", "", " 7", "07"])(
    "%j is a configuration fault",
    (days) => {
      expect(() => startService({}, { RECEIPT_DAYS: days })).toThrow(
        /^RECEIPT_DAYS must be a whole number of days from 1 to 365/,
      );
    },
  );

  it.each(["1", "365", undefined])("%j is none", (days) => {
    expect(() => startService({}, { RECEIPT_DAYS: days })).not.toThrow();
  });
});
