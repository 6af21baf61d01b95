import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type LocalWorker, startLocalWorker } from "../../scripts/local_worker.ts";
import { type ForeignIssuer, startForeignIssuer } from "../support/foreign_issuer.ts";
import { type ClockedWorker, startClockedWorker } from "./clocked_worker.ts";
import {
  type Account,
  API,
  AT_HOME,
  AT_OFFICE,
  CONDITION,
  claimsOf,
  givenShop,
  MONDAY,
  MONDAYS,
  OFFICE,
  type Shop,
} from "./monday_stage.ts";

/** A job deploys only on Mondays, only in office hours, and only from the office. */

let service: ClockedWorker;
let issuer: ForeignIssuer;
let shop: Shop;
let deployer: Account;
beforeAll(async () => {
  [service, issuer] = await Promise.all([startClockedWorker(MONDAY), startForeignIssuer()]);
});
afterAll(async () => {
  await Promise.all([service.close(), issuer.close()]);
});
beforeEach(async () => {
  await service.setClock(MONDAY);
  shop = await givenShop(service, issuer);
  deployer = await shop.account("deployer");
});

const onMain = () => ({
  type: "workloads",
  issuer: issuer.issuer,
  assertions: [{ item: "ref", operator: "equals", value: "refs/heads/main" }],
});

describe("on a Monday, in office hours, from the office", () => {
  it.each([
    ["the account", () => "deployer"],
    ["the workload itself", onMain],
  ])("a job gets orders:write by a binding of %s, and the record says who and whence", async (_of, who) => {
    await shop.bindOnApi(who(), "order-deployer", { condition: CONDITION });
    const answer = await shop.deploy(deployer, { audience: API });
    expect(answer).toMatchObject({ status: 200, body: { scope: "orders:write", expires_in: 3600 } });
    const claims = await claimsOf(Promise.resolve(answer));
    expect(claims).toMatchObject({ aud: API, sub: deployer.id, scope: "orders:write", project_id: shop.id });
    expect(claims).not.toHaveProperty("act");
    expect(await shop.eventOf(answer)).toMatchObject({
      outcome: "granted",
      ip: AT_OFFICE,
      time: new Date(MONDAY).toISOString().replace(".000Z", "Z"),
      actor: { type: "workload" },
      jti: claims.jti,
    });
  });

  it.each([
    ["the first minute", "2027-03-22T08:00:00+01:00", AT_OFFICE, 3600],
    ["an hour of summer", "2027-03-29T08:00:00+02:00", AT_OFFICE, 3600],
    ["the first address", MONDAY, "203.0.113.0", 3600],
    ["the last address", MONDAY, "203.0.113.255", 3600],
    ["an IPv6 address", MONDAY, "2001:db8:cafe:1::1", 3600],
    ["an IPv4 address in IPv6's clothes", MONDAY, "::ffff:203.0.113.9", 3600],
    ["half an hour before the end: the token ends with it", "2027-03-22T17:30:00+01:00", AT_OFFICE, 1800],
    ["the last second", "2027-03-22T17:59:59+01:00", AT_OFFICE, 1],
  ])("%s is inside", async (_what, at, from, expiresIn) => {
    await shop.bindOnApi("deployer", "order-deployer", { condition: CONDITION });
    await service.setClock(at);
    const answer = await shop.deploy(deployer, { audience: API }, from);
    expect(answer).toMatchObject({ status: 200, body: { scope: "orders:write", expires_in: expiresIn } });
  });
});

/** Berlin, unless the day ends there within the hour. */
const ZONE = hourIn("Europe/Berlin") === 23 ? "Asia/Tokyo" : "Europe/Berlin";

function hourIn(timeZone: string): number {
  return Number(new Intl.DateTimeFormat("en-GB", { hour: "2-digit", hourCycle: "h23", timeZone }).format());
}

function weekdayIn(timeZone: string, daysAhead: number): string {
  const at = Date.now() + daysAhead * 24 * 3600 * 1000;
  return new Intl.DateTimeFormat("en-GB", { weekday: "long", timeZone }).format(at).toLowerCase();
}

interface Off {
  readonly name: string;
  readonly at?: string;
  readonly from?: string;
  readonly ref?: string;
  readonly scope?: string;
  /** Absent: the account, by the whole condition. */
  readonly bind?: () => Promise<string>;
  readonly reason?: string;
  /** What the record says of what was wanted; `BINDING` is the id of what `bind` made. */
  readonly detail: string;
}

/** Nobody asked for one permission, so it goes on about the API's other one. */
const OTHER = "; no binding gives orders:read there.";
const NONE = "no binding gives orders:write there";
const DENIED = "orders:write is denied by binding BINDING";
const but = (parts: string) =>
  `orders:write is not given now, from there: binding BINDING would, but for its ${parts}`;
const onlyWhen = (condition: object) => () => shop.bindOnApi("deployer", "order-deployer", { condition });
const denied = async (deny: () => Promise<string>) => {
  await shop.bindOnApi("deployer", "order-deployer", { condition: CONDITION });
  return deny();
};
const DENY = { effect: "deny" };

const OFFS: readonly Off[] = [
  { name: "on a Tuesday", at: "2027-03-23T10:00:00+01:00", detail: but("schedule") },
  { name: "on a Sunday", at: "2027-03-21T10:00:00+01:00", detail: but("schedule") },
  { name: "a second too early", at: "2027-03-22T07:59:59+01:00", detail: but("schedule") },
  { name: "when the hours end", at: "2027-03-22T18:00:00+01:00", detail: but("schedule") },
  { name: "an hour too early in summer", at: "2027-03-29T07:30:00+02:00", detail: but("schedule") },
  { name: "on Tuesday here, still Monday in UTC", at: "2027-03-23T00:30:00+01:00", detail: but("schedule") },
  { name: "from another network", from: AT_HOME, detail: but("ipRanges") },
  { name: "from the network beside", from: "203.0.112.255", detail: but("ipRanges") },
  { name: "from nowhere that is known", from: "none", detail: but("ipRanges") },
  { name: "from what is no address", from: "203.0.113", detail: but("ipRanges") },
  {
    name: "on a Tuesday from another network",
    at: "2027-03-23T10:00:00+01:00",
    from: AT_HOME,
    detail: but("schedule and ipRanges"),
  },
  {
    name: "before the binding begins",
    bind: onlyWhen({ ...CONDITION, notBefore: "2027-03-29T00:00:00Z" }),
    detail: but("notBefore"),
  },
  { name: "without a binding", bind: async () => "", detail: NONE },
  {
    name: "on another branch than the binding's workloads",
    ref: "refs/heads/experiment",
    bind: () => shop.bindOnApi(onMain(), "order-deployer", { condition: CONDITION }),
    detail: NONE,
  },
  {
    name: "with a deny alone",
    bind: () => shop.bindOnApi("deployer", "order-deployer", { effect: "deny", condition: CONDITION }),
    detail: DENIED,
  },
  {
    name: "denied to the account",
    bind: () => denied(() => shop.bindOnApi("deployer", "order-deployer", DENY)),
    detail: DENIED,
  },
  {
    name: "denied to the workload",
    bind: () => denied(() => shop.bindOnApi(onMain(), "order-deployer", DENY)),
    detail: DENIED,
  },
  {
    name: "denied on Mondays",
    bind: () =>
      denied(() =>
        shop.bindOnApi("deployer", "order-deployer", { ...DENY, condition: { schedule: MONDAYS } }),
      ),
    detail: DENIED,
  },
  {
    name: "denied from anywhere else, from nowhere that is known",
    from: "none",
    bind: async () => {
      await shop.bindOnApi("deployer", "order-deployer");
      return shop.bindOnApi("deployer", "order-deployer", {
        ...DENY,
        condition: { ipRanges: ["0.0.0.0/0"] },
      });
    },
    detail: DENIED,
  },
  {
    name: "that asks for the scope by name on a Tuesday",
    at: "2027-03-23T10:00:00+01:00",
    scope: "orders:write",
    reason: "scope_not_granted",
    detail: but("schedule"),
  },
  {
    name: "that asks for more than the role holds",
    scope: "orders:write orders:read",
    reason: "scope_not_granted",
    detail: "no binding gives orders:read there",
  },
  {
    name: "that asks for what the API does not know",
    scope: "orders:burn",
    reason: "scope_not_granted",
    detail: "the API knows no permission orders:burn",
  },
];

describe("with one thing off it is refused, and the record names the binding and the part", () => {
  it.each(OFFS)("$name", async ({ at, from = AT_OFFICE, ref, scope, bind, reason, detail }) => {
    const binding = await (bind ?? onlyWhen(CONDITION))();
    await service.setClock(at ?? MONDAY);
    const wish = { audience: API, ...(scope === undefined ? {} : { scope }) };
    const answer = await shop.deploy(deployer, wish, from, ref);
    const error = reason === undefined ? "invalid_target" : "invalid_scope";
    expect(answer).toMatchObject({ status: 400, body: { error } });
    expect(await shop.eventOf(answer)).toMatchObject({
      outcome: "refused",
      reason: reason ?? "target_not_allowed",
      detail: `${detail.replace("BINDING", binding)}${scope === undefined ? OTHER : "."}`,
      serviceAccountId: deployer.id,
      ip: from === "none" ? null : from,
    });
  });
});

describe("by the clock on the wall", () => {
  let real: LocalWorker;
  beforeAll(async () => {
    real = await startLocalWorker();
  });
  afterAll(() => real.close());

  it.each([
    ["today", 0, 200],
    ["tomorrow", 1, 400],
  ])("a job that may deploy %s", async (_day, ahead, status) => {
    const wall = { ...real, now: () => new Date() };
    const here = await givenShop(wall, issuer);
    const account = await here.account("deployer");
    const schedule = { weekdays: [weekdayIn(ZONE, ahead)], from: "00:00", until: "24:00", timeZone: ZONE };
    await here.bindOnApi("deployer", "order-deployer", { condition: { schedule, ipRanges: OFFICE } });
    expect((await here.deploy(account, { audience: API })).status).toBe(status);
    expect((await here.deploy(account, { audience: API }, AT_HOME)).status).toBe(400);
  });
});
