import { env } from "cloudflare:workers";
import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import { exchangeOf, startService } from "./harness.ts";
import {
  accessTokenOf,
  callAs,
  DEAD,
  eventsOf,
  GOOD,
  givenAccount,
  givenToken,
  hasHmac,
  hmacJwt,
  stateOf,
} from "./project_token_kit.ts";

const service = startService();
const DAY_MS = 24 * 3600 * 1000;
const inDays = (days: number) =>
  new Date(Math.floor(Date.now() / 1000) * 1000 + days * DAY_MS).toISOString().replace(".000Z", "Z");

describe("use", () => {
  const from = { "cf-connecting-ip": "192.0.2.7", "user-agent": "backup/1" };
  it.each(["an exchange", "a call as bearer"])("by %s is noted, with who it was", async (way) => {
    const given = await givenAccount(service);
    const { path, token } = await givenToken(service, given);
    if (way === "an exchange") {
      const body = new URLSearchParams(exchangeOf(token, given.account.id));
      await service.fetch("/oauth/v2/token", { method: "POST", body, headers: from });
    } else await callAs(service, token, "GET", given.path, undefined, from);
    const { body: item } = await service.call("GET", path);
    expect(item.lastUsedBy).toEqual({ ip: "192.0.2.7", userAgent: "backup/1" });
    expect(Math.abs(Date.parse(item.lastUsedAt) - Date.now())).toBeLessThan(5000);
    expect((await service.call("GET", given.tokens)).body.items[0]).toEqual(item);
  });

  it("that is refused is not noted, and noting changes no version", async () => {
    const given = await givenAccount(service);
    const { path, token, etag } = await givenToken(service, given);
    await service.exchange(exchangeOf(`${token.slice(0, -1)}`, given.account.id));
    await service.exchange(exchangeOf(token, given.account.id, { audience: "https://not.allowed" }));
    expect((await service.call("GET", path)).body.lastUsedAt).toBeNull();
    await callAs(service, token, "GET", given.path);
    expect((await service.call("GET", path)).headers.get("etag")).toBe(etag);
  });
});

describe("a token that expires soon", () => {
  it.each([
    [31, []],
    [29, ["expires_soon"]],
    [0.5, ["expires_soon"]],
  ])("in %s days: warnings %j, and one event for each", async (days, codes) => {
    const given = await givenAccount(service);
    const made = await givenToken(service, given, { expiresAt: inDays(days) });
    const { body } = await service.call("GET", made.path);
    expect(body.warnings.map(({ code }: { code: string }) => code)).toEqual(codes);
    for (let hour = 0; hour < 3; hour++) await service.tend();
    const events = await eventsOf(service, given.project, "action=project_token.expiring");
    expect(events).toHaveLength(codes.length);
    for (const event of events) {
      expect(event).toMatchObject({
        target: { type: "project_token", id: made.id },
        actor: { type: "system" },
      });
    }
    const { body: anew } = await service.call("POST", `${made.path}/regenerate`);
    await service.tend();
    const after = await eventsOf(service, given.project, "action=project_token.expiring");
    expect(after).toHaveLength(codes.length * 2);
    expect(anew.warnings).toEqual(body.warnings);
  });

  it("has ended at its second, and says so", async () => {
    let now = Date.parse("2027-05-06T00:00:00Z");
    const clock = startService({ nowMs: () => now });
    const given = await givenAccount(clock);
    const made = await givenToken(clock, given, { expiresAt: "2027-05-07T00:00:00Z" });
    now = Date.parse("2027-05-06T23:59:59Z");
    expect(await stateOf(clock, given, made.token)).toEqual(GOOD);
    now += 1000;
    expect(await stateOf(clock, given, made.token)).toEqual(DEAD);
    const { body } = await clock.call("GET", made.path);
    expect(body.warnings).toMatchObject([{ code: "expired" }]);
    const { body: anew } = await clock.call("POST", `${made.path}/regenerate`);
    expect(await stateOf(clock, given, anew.token)).toEqual(GOOD);
  });
});

describe("a service without PROJECT_TOKEN_KEY", () => {
  it.each([
    ["unset", undefined, "is not set"],
    ["empty", "", "is not set"],
    ["31 bytes", "k".repeat(31), "has less than 32 bytes"],
    ["31 bytes of 29 characters", `${"k".repeat(27)}\u00e9\u00e9`, "has less than 32 bytes"],
  ])("(%s) says so at its start, makes and takes none, and does the rest", async (_name, key, state) => {
    const given = await givenAccount(service);
    const made = await givenToken(service, given);
    const got = await accessTokenOf(service, given, made.token);
    const off = startService({}, { PROJECT_TOKEN_KEY: key });
    expect(off.log).toEqual([
      { level: "warn", event: "not_set_up", cause: expect.stringContaining(`PROJECT_TOKEN_KEY ${state}`) },
    ]);
    for (const path of [given.tokens, `${made.path}/regenerate`]) {
      const { status, body } = await off.call("POST", path, { name: "x" });
      expect([status, body.code], path).toEqual([503, "project_tokens_off"]);
    }
    const [event] = await eventsOf(off, given.project, "outcome=refused");
    expect(event).toMatchObject({ action: "project_token.regenerate", reason: "project_tokens_off" });
    expect(await stateOf(off, given, made.token)).toEqual(DEAD);
    const [refused] = await eventsOf(off, given.project, "action=access_token.exchange&outcome=refused");
    expect(refused?.reason).toBe("project_tokens_off");
    const forged = await hmacJwt(decodeJwt(made.token), key === undefined || key === "" ? "0" : key);
    expect(await stateOf(off, given, forged)).toEqual(DEAD);
    expect((await callAs(off, got, "GET", given.path)).body.code).toBe("permission_denied");
    const renamed = await off.call("PATCH", made.path, { name: "still" });
    expect([renamed.status, renamed.body.name]).toEqual([200, "still"]);
    expect((await off.call("GET", given.tokens)).body.items).toHaveLength(1);
    expect((await off.call("GET", "/readyz")).status).toBe(200);
    expect(await stateOf(service, given, made.token)).toEqual(GOOD);
    expect((await off.call("DELETE", made.path)).status).toBe(204);
  });
});

describe("a service with another PROJECT_TOKEN_KEY", () => {
  it("of 32 bytes takes its own tokens and none of before", async () => {
    const given = await givenAccount(service);
    const before = await givenToken(service, given);
    const key = `${"k".repeat(28)}\u00e9\u00e9`;
    const other = startService({}, { PROJECT_TOKEN_KEY: key });
    expect(other.log).toEqual([]);
    expect(await stateOf(other, given, before.token)).toEqual(DEAD);
    const [event] = await eventsOf(other, given.project, "action=access_token.exchange&outcome=refused");
    expect(event?.reason).toBe("signature_invalid");
    const own = await givenToken(other, given);
    expect(await hasHmac(own.token, key)).toBe(true);
    expect(await hasHmac(own.token, env.PROJECT_TOKEN_KEY)).toBe(false);
    expect(await stateOf(other, given, own.token)).toEqual(GOOD);
    expect(await stateOf(service, given, own.token)).toEqual(DEAD);
    const { body: anew } = await other.call("POST", `${before.path}/regenerate`);
    expect(await stateOf(other, given, anew.token)).toEqual(GOOD);
  });
});
