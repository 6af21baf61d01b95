import { decodeJwt } from "jose";
import { beforeEach, describe, expect, it } from "vitest";
import { assertionOf, givenKey, type KeyFile, keyFlow, lastEvent } from "./credentials.ts";
import { type Service, startService } from "./harness.ts";

/** A key's end, how it is announced, and how many keys there may be. The clock is in the test's hand. */

const DAY_MS = 86400_000;
let nowMs: number;
const service = startService({ nowMs: () => nowMs });
beforeEach(() => {
  nowMs = Math.floor(Date.now() / 1000) * 1000;
});
const instant = (milliseconds: number) => new Date(milliseconds).toISOString();
const use = async (file: KeyFile, at: Service = service) => {
  const iat = Math.floor(nowMs / 1000);
  return keyFlow(at, await assertionOf(file, { iat, exp: iat + 600 }));
};
const givenEnd = (milliseconds: number) =>
  givenKey(service, { algorithm: "ED25519", validUntil: instant(milliseconds) });

describe("a key's warnings", () => {
  it.each<[string, number, readonly string[]]>([
    ["an end a second beyond 30 days", 30 * DAY_MS + 1000, []],
    ["an end in exactly 30 days", 30 * DAY_MS, ["expires_soon"]],
    ["an end in a second", 1000, ["expires_soon"]],
    ["the year 9999", Date.parse("9999-12-31T23:59:59Z") - Date.now(), []],
  ])("%s", async (_name, ahead, codes) => {
    const { keys, file } = await givenEnd(nowMs + ahead);
    for (const path of [`${keys}/${file.id}`, keys]) {
      const { body } = await service.call("GET", path);
      const { warnings } = body.items?.[0] ?? body;
      expect(warnings.map(({ code }: { code: string }) => code)).toEqual(codes);
    }
  });

  it("say that it has ended, from that second on", async () => {
    const { keys, file, project } = await givenEnd(nowMs + 10_000);
    nowMs += 9_000;
    expect((await use(file)).status).toBe(200);
    nowMs += 1_000;
    const { body } = await service.call("GET", `${keys}/${file.id}`);
    expect(body).toMatchObject({ active: true, warnings: [{ code: "expired" }] });
    expect((await use(file)).status).toBe(400);
    expect(await lastEvent(service, project)).toMatchObject({ reason: "key_expired", kid: file.id });
    const later = await service.call("PATCH", `${keys}/${file.id}`, { validUntil: instant(nowMs + DAY_MS) });
    expect(later.status).toBe(200);
    expect((await use(file)).status).toBe(200);
  });
});

describe("a token that was got by a key", () => {
  it.each<[string, number, number]>([
    ["a key that ends in two minutes", 120, 120],
    ["a key that ends in a second", 1, 1],
    ["a key that ends in an hour and more", 4000, 3600],
  ])("%s: the token ends no later", async (_name, ahead, lives) => {
    const { file } = await givenEnd(nowMs + ahead * 1000);
    const { status, body } = await use(file);
    expect([status, body.expires_in]).toEqual([200, lives]);
    const { iat = 0, exp = 0 } = decodeJwt(body.access_token);
    expect(exp - iat).toBe(lives);
    expect(exp * 1000).toBeLessThanOrEqual(nowMs + ahead * 1000);
  });

  it.each<[string, (token: { iat: number; exp: number }, end: number) => boolean]>([
    ["begins before it ends", ({ iat, exp }) => iat < exp],
    ["ends with the key", ({ exp }, end) => exp <= end],
  ])("%s, wherever between two steps the key ends", async (_name, holds) => {
    for (let ahead = 1; ahead <= 12; ahead++) {
      const { file } = await givenEnd(nowMs + ahead * 1000);
      let at = nowMs;
      const step = () => {
        at += 1000;
        return at;
      };
      const { status, body } = await use(file, startService({ nowMs: step }));
      if (status !== 200) continue;
      const { iat = 0, exp = 0 } = decodeJwt(body.access_token);
      const seen = `ends after ${ahead} s: iat ${iat - nowMs / 1000}, exp ${exp - nowMs / 1000}`;
      expect(holds({ iat, exp }, nowMs / 1000 + ahead), seen).toBe(true);
    }
  });
});

describe("a key's end is announced", () => {
  const announced = async (project: string) =>
    (
      await service.call(
        "GET",
        `/v1/projects/${project}/audit-events?pageSize=200&action=service_account_key.expiring`,
      )
    ).body.items as { target: object; actor: object }[];

  it("once, and once more after it was moved", async () => {
    const { project, keys, file, account } = await givenEnd(nowMs + 29 * DAY_MS);
    await service.tend();
    await service.tend();
    expect(await announced(project)).toMatchObject([
      {
        target: { type: "service_account_key", id: file.id },
        actor: { type: "system" },
        serviceAccountId: account.id,
        outcome: "granted",
      },
    ]);
    await service.call("PATCH", `${keys}/${file.id}`, { validUntil: instant(nowMs + 29 * DAY_MS) });
    await service.tend();
    expect(await announced(project)).toHaveLength(1);
    await service.call("PATCH", `${keys}/${file.id}`, { validUntil: instant(nowMs + 20 * DAY_MS) });
    await service.tend();
    await service.tend();
    expect(await announced(project)).toHaveLength(2);
  });

  it("once, by however many clocks at a time, and the tag stays", async () => {
    const { project, keys, file } = await givenEnd(nowMs + DAY_MS);
    const { headers } = await service.call("GET", `${keys}/${file.id}`);
    const clocks = [service, ...Array.from({ length: 3 }, () => startService({ nowMs: () => nowMs }))];
    await Promise.all(clocks.map((clock) => clock.tend()));
    expect(await announced(project)).toHaveLength(1);
    expect((await service.call("GET", `${keys}/${file.id}`)).headers.get("etag")).toBe(headers.get("etag"));
  });

  it("not of a key that is off, has ended, or ends much later; and when its time comes", async () => {
    const [off, ended] = [await givenEnd(nowMs + 9 * DAY_MS), await givenEnd(nowMs + 1000)];
    const later = await givenEnd(nowMs + 31 * DAY_MS);
    await service.call("PATCH", `${off.keys}/${off.file.id}`, { active: false });
    nowMs += 5000;
    await service.tend();
    for (const { project } of [off, ended, later]) expect(await announced(project)).toEqual([]);
    await service.call("PATCH", `${off.keys}/${off.file.id}`, { active: true });
    nowMs += 2 * DAY_MS;
    await service.tend();
    for (const { project } of [off, later]) expect(await announced(project)).toHaveLength(1);
  });
});

describe("an account has ten keys at most", () => {
  const counted = async (keys: string) => (await service.call("GET", keys)).body.items.length;

  it("the eleventh is refused and recorded, off ones and ended ones count, a deleted one makes room", async () => {
    const { keys, file, project } = await givenEnd(nowMs + 1000);
    for (let made = 1; made < 10; made++) {
      const { status, body } = await service.call("POST", keys, { algorithm: "ED25519" });
      expect(status).toBe(201);
      if (made % 2 === 0) await service.call("PATCH", `${keys}/${body.id}`, { active: false });
    }
    nowMs += 2000;
    const { status, body } = await service.call("POST", keys, { algorithm: "ED25519" });
    expect([status, body.code]).toEqual([409, "limit_reached"]);
    expect(await lastEvent(service, project)).toMatchObject({
      reason: "limit_reached",
      action: "service_account_key.create",
    });
    await service.call("DELETE", `${keys}/${file.id}`);
    expect((await service.call("POST", keys, { algorithm: "ED25519" })).status).toBe(201);
    expect(await counted(keys)).toBe(10);
  });

  it("twenty at a time, over three instances: ten, and nine refusals more", async () => {
    const { keys, project } = await givenKey(service);
    const instances = [service, startService(), startService()];
    const racing = Array.from({ length: 20 }, (_, at) =>
      instances[at % 3]?.call("POST", keys, { algorithm: "ED25519" }),
    );
    const statuses = (await Promise.all(racing)).map((answer) => answer?.status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(9);
    expect(statuses.filter((status) => status === 409)).toHaveLength(11);
    expect(await counted(keys)).toBe(10);
    expect(await lastEvent(service, project)).toMatchObject({ reason: "limit_reached" });
  });
});
