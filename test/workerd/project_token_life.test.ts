import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import { exchangeOf, startService } from "./harness.ts";
import {
  accessTokenOf,
  callAs,
  DEAD,
  eventsOf,
  type GivenAccount,
  GOOD,
  givenAccount,
  givenToken,
  stateOf,
} from "./project_token_kit.ts";

const service = startService();
const lastReason = async (given: GivenAccount) =>
  (await eventsOf(service, given.project, "outcome=refused&action=access_token.exchange"))[0]?.reason;

describe("a rename", () => {
  it("keeps the token good, and changes nothing else", async () => {
    const given = await givenAccount(service);
    const { path, token, etag, ...item } = await givenToken(service, given);
    const renamed = await service.call("PATCH", path, { name: "other" }, { "if-match": etag });
    expect(renamed.body).toEqual({ ...item, name: "other", updatedAt: renamed.body.updatedAt });
    expect(renamed.headers.get("etag")).not.toBe(etag);
    expect(await stateOf(service, given, token)).toEqual(GOOD);
    const [event] = await eventsOf(service, given.project, "action=project_token.update");
    expect(event).toMatchObject({ outcome: "granted", detail: "name", target: { id: item.id } });
    await givenToken(service, given, { name: item.name });
  });
});

describe("a regeneration", () => {
  it("ends the old token and what was got by it, and keeps id and name", async () => {
    const given = await givenAccount(service);
    const { path, token, id, name } = await givenToken(service, given);
    const got = await accessTokenOf(service, given, token);
    const { status, body } = await service.call("POST", `${path}/regenerate`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ id, name });
    expect(decodeJwt(body.token).jti).toBe(id);
    expect(await stateOf(service, given, token)).toEqual(DEAD);
    expect(await lastReason(given)).toBe("project_token_revoked");
    expect(await stateOf(service, given, body.token)).toEqual(GOOD);
    expect((await callAs(service, got, "GET", given.path)).body.code).toBe("invalid_token");
    const [event] = await eventsOf(service, given.project, "action=project_token.regenerate");
    expect(event).toMatchObject({ outcome: "granted", target: { type: "project_token", id } });
  });

  it("differs from another in the same second, and of ten that race one stays good", async () => {
    const now = Date.now();
    const clock = startService({ nowMs: () => now });
    const given = await givenAccount(clock);
    const { path, token } = await givenToken(clock, given);
    const first = await clock.call("POST", `${path}/regenerate`);
    const second = await clock.call("POST", `${path}/regenerate`);
    expect(new Set([token, first.body.token, second.body.token]).size).toBe(3);
    expect(await stateOf(clock, given, first.body.token)).toEqual(DEAD);
    expect(await stateOf(clock, given, second.body.token)).toEqual(GOOD);
    const race = await Promise.all(
      Array.from({ length: 10 }, () => clock.call("POST", `${path}/regenerate`)),
    );
    const made = race.filter(({ status }) => status === 200).map(({ body }) => body.token);
    for (const { status, body } of race) if (status !== 200) expect(body.code).toBe("conflict");
    const states = await Promise.all(made.map((one) => stateOf(clock, given, one)));
    expect(states.filter(([status]) => status === 200)).toHaveLength(1);
  });

  it.each([
    ["2027-05-06T07:08:09Z", undefined, "2028-01-01T00:00:00Z", "2031-01-01T00:00:00Z"],
    ["2027-05-06T00:00:00Z", "2027-05-16T00:00:00Z", "2027-06-01T00:00:00Z", "2027-06-11T00:00:00Z"],
    ["2027-05-06T00:00:00Z", "9999-12-31T23:59:59Z", "2027-05-07T00:00:00Z", "9999-12-31T23:59:59Z"],
  ])("of one made at %s until %s, at %s: until %s", async (madeAt, expiresAt, at, end) => {
    let now = Date.parse(madeAt);
    const clock = startService({ nowMs: () => now });
    const { path } = await givenToken(clock, await givenAccount(clock), { expiresAt });
    now = Date.parse(at);
    const { status, body } = await clock.call("POST", `${path}/regenerate`);
    expect(status).toBe(200);
    expect(body.expiresAt).toBe(end);
  });
});

describe("a revocation by DELETE", () => {
  it("takes the token and what was got by it; its name is free, and it stays dead", async () => {
    const given = await givenAccount(service);
    const { path, token, name, id } = await givenToken(service, given);
    const got = await accessTokenOf(service, given, token);
    expect((await service.call("DELETE", path)).status).toBe(204);
    expect((await service.call("GET", path)).body.code).toBe("not_found");
    expect((await service.call("GET", given.tokens)).body.items).toEqual([]);
    expect(await stateOf(service, given, token)).toEqual(DEAD);
    expect(await lastReason(given)).toBe("project_token_revoked");
    expect((await callAs(service, got, "GET", given.path)).body.code).toBe("invalid_token");
    const again = await givenToken(service, given, { name });
    expect(again.id).not.toBe(id);
    expect(await stateOf(service, given, token)).toEqual(DEAD);
    expect(await stateOf(service, given, again.token)).toEqual(GOOD);
    for (const [method, more] of [
      ["DELETE", ""],
      ["PATCH", ""],
      ["POST", "/regenerate"],
    ] as const) {
      expect((await service.call(method, `${path}${more}`, {})).body.code, method).toBe("not_found");
    }
    const [event] = await eventsOf(service, given.project, "action=project_token.delete&outcome=granted");
    expect(event).toMatchObject({ target: { type: "project_token", id } });
  });

  it("comes with that of the account, for ever", async () => {
    const given = await givenAccount(service);
    const { token } = await givenToken(service, given);
    await service.call("DELETE", given.path);
    await service.call("POST", given.accounts, { name: "deployer" });
    expect((await service.exchange(exchangeOf(token, ""))).status).toBe(400);
    expect((await callAs(service, token, "GET", given.path)).body.code).toBe("invalid_token");
  });
});

describe("If-Match", () => {
  it.each([
    ["PATCH", "", { name: "x" }, 200],
    ["POST", "/regenerate", undefined, 200],
    ["DELETE", "", undefined, 204],
  ])("holds back %s%s at another version", async (method, more, body, status) => {
    const given = await givenAccount(service);
    const { path, etag, token } = await givenToken(service, given);
    const refused = await service.call(method, `${path}${more}`, body, { "if-match": '"old"' });
    expect([refused.status, refused.body.code]).toEqual([412, "precondition_failed"]);
    const [event] = await eventsOf(service, given.project, "outcome=refused");
    expect(event).toMatchObject({ reason: "precondition_failed", target: { type: "project_token" } });
    expect(await stateOf(service, given, token)).toEqual(GOOD);
    const good = await service.call(method, `${path}${more}`, body, { "if-match": etag });
    expect(good.status).toBe(status);
  });
});

describe("a token's id", () => {
  it.each([
    ["another account of the project", true],
    ["another project", false],
  ])("is not there under %s", async (_name, isSibling) => {
    const given = await givenAccount(service);
    const { id, token } = await givenToken(service, given);
    const other = isSibling ? given : await givenAccount(service);
    if (isSibling) await service.call("POST", given.accounts, { name: "sibling" });
    const path = `${other.accounts}/${isSibling ? "sibling" : "deployer"}/project-tokens/${id}`;
    for (const [method, more] of [
      ["GET", ""],
      ["PATCH", ""],
      ["POST", "/regenerate"],
      ["DELETE", ""],
    ] as const) {
      const answer = await service.call(method, `${path}${more}`, method === "GET" ? undefined : {});
      expect([answer.status, answer.body.code], method).toEqual([404, "not_found"]);
    }
    expect(await stateOf(service, given, token)).toEqual(GOOD);
  });
});
