import { decodeJwt } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ForeignIssuer, startForeignIssuer } from "../support/foreign_issuer.ts";
import { call } from "./clients.ts";
import { type ClockedWorker, startClockedWorker } from "./clocked_worker.ts";
import { must } from "./ends.ts";
import {
  type Account,
  API,
  AT_HOME,
  AT_OFFICE,
  type Body,
  CONDITION,
  claimsOf,
  givenShop,
  MONDAY,
  type Shop,
  type TokenAnswer,
  tokenOf,
} from "./monday_stage.ts";
import { isActive, revokedJtis } from "./token_views.ts";

/** The job that deploys on Mondays acts as a narrower account, for a reason; and each way in which it may not. */

let service: ClockedWorker;
let issuer: ForeignIssuer;
let shop: Shop;
let deployer: Account;
let importer: Account;
/** The binding that lets the deployer act as the importer. */
let step: string;
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
  importer = await shop.account("importer");
  await shop.bindOnApi("deployer", "order-deployer", { condition: CONDITION });
  await shop.bindOnApi("importer", "order-reader");
  await shop.account("shelf");
  await shop.bind("importer", "service-account-admin", {
    resource: { type: "service_account", serviceAccount: "shelf" },
  });
  step = await shop.bindOn("deployer", "importer", { condition: CONDITION });
});

const REASON = "INC-4711: replay the stuck orders";
const own = (more: Record<string, string> = {}) => tokenOf(shop.deploy(deployer, more));
const asImporter = async (more: Record<string, string> = {}) =>
  tokenOf(shop.impersonate(await own(), importer, { reason: REASON, ...more }));
const byAction = (one: Body, other: Body) => String(one.action).localeCompare(String(other.action));
const jtiOf = (token: string) => String(decodeJwt(token).jti);

describe("the deployer, as the importer", () => {
  it("gets the importer's scope and none of its own, and is named in the token and in the record", async () => {
    const parent = await own();
    const answer = await shop.impersonate(parent, importer, { audience: API, reason: REASON });
    const claims = await claimsOf(Promise.resolve(answer));
    expect(claims).toMatchObject({
      ...{ sub: importer.id, aud: API, scope: "orders:read", auth_method: "impersonation" },
      act: { sub: deployer.id },
    });
    expect(await shop.eventOf(answer)).toMatchObject({
      action: "access_token.impersonate",
      outcome: "granted",
      detail: REASON,
      actor: { type: "service_account", id: deployer.id },
      act: [],
      serviceAccountId: importer.id,
      target: { type: "access_token", id: claims.jti },
      ip: AT_OFFICE,
    });
  });

  it("leaves its name in the record of all that it does there, done or refused", async () => {
    const token = await asImporter();
    const shelf = `${shop.root}/service-accounts/shelf`;
    const asBearer = { url: service.url, bootstrapToken: token };
    const act = [{ type: "service_account", id: deployer.id, bindingId: step }];
    const actor = { type: "service_account", id: importer.id };
    const refused = await call(asBearer, "POST", `${shop.root}/roles`, {
      name: "x",
      permissions: ["orders:read"],
    });
    expect(refused.status).toBe(403);
    expect((await call(asBearer, "PATCH", shelf, { description: "by the job" })).status).toBe(200);
    const { items } = await must(service, "GET", `${shop.root}/audit-events?actor=${importer.id}`);
    const by = { actor, act };
    expect([...(items as Body[])].sort(byAction)).toMatchObject([
      { action: "role.create", outcome: "refused", reason: "permission_denied", ...by },
      { action: "service_account.update", outcome: "granted", ...by },
    ]);
    const { text } = await isActive(service, token);
    expect(JSON.parse(text)).toMatchObject({ active: true, act: { sub: deployer.id } });
  });

  it.each([
    ["its own token, got half an hour before", "2027-03-22T10:30:00+01:00", MONDAY, 1800],
    ["the hours in which it may act so", "2027-03-22T17:45:00+01:00", "2027-03-22T17:40:00+01:00", 900],
  ])("never has it for longer than %s", async (_what, at, gotAt, expiresIn) => {
    await service.setClock(gotAt);
    const parent = await own();
    await service.setClock(at);
    const answer = await shop.impersonate(parent, importer);
    expect(answer.body.expires_in).toBe(expiresIn);
    const { exp } = await claimsOf(Promise.resolve(answer));
    expect(Number(exp)).toBeLessThanOrEqual(Number(decodeJwt(parent).exp));
  });
});

interface Off {
  readonly name: string;
  readonly ask: () => Promise<TokenAnswer>;
  /** Beside the defaults: the deployer is refused the importer's token. */
  readonly event: () => Body;
  readonly error?: string;
}

const NOT_GRANTED = "impersonation_not_granted";
const REJECTED = "own_token_rejected";
/** Whoever shows what is no token of ours here and now is nobody that we know. */
const STRANGER = { actor: { type: "workload" } };
const but = (parts: string) =>
  `access-tokens:create is not given now, from there: binding ${step} would, but for its ${parts}.`;
const withOwn = async (
  more: Record<string, string> = {},
  from = AT_OFFICE,
  form: Record<string, string> = {},
) => shop.impersonate(await own(form), importer, { reason: REASON, ...more }, from);
let deny: string;

/** Accounts behind the importer, each of which the one before may act as: bound first, as a token's scope is from its day. */
async function givenAccounts(...names: readonly string[]): Promise<readonly Account[]> {
  const accounts: Account[] = [];
  for (const [index, name] of names.entries()) {
    accounts.push(await shop.account(name));
    await shop.bindOn(names[index - 1] ?? "importer", name);
  }
  return accounts;
}

/** The deployer's token, the importer's by it, and so on. */
async function givenTokens(accounts: readonly Account[]): Promise<readonly string[]> {
  const tokens = [await own()];
  for (const account of [importer, ...accounts])
    tokens.push(await tokenOf(shop.impersonate(tokens.at(-1) ?? "", account)));
  return tokens;
}

const OFFS: readonly Off[] = [
  {
    name: "without token-creator",
    ask: async () => {
      await must(service, "DELETE", `${shop.root}/role-bindings/${step}`);
      return withOwn();
    },
    event: () => ({ reason: NOT_GRANTED, detail: "no binding gives access-tokens:create there." }),
  },
  {
    name: "from another network",
    ask: () => withOwn({}, AT_HOME),
    event: () => ({ reason: NOT_GRANTED, detail: but("ipRanges"), ip: AT_HOME }),
  },
  {
    name: "from nowhere that is known",
    ask: () => withOwn({}, "none"),
    event: () => ({ reason: NOT_GRANTED, detail: but("ipRanges"), ip: null }),
  },
  {
    name: "when the hours are over, though its token is good",
    ask: async () => {
      await service.setClock("2027-03-22T17:50:00+01:00");
      const token = await own();
      await service.setClock("2027-03-22T18:00:00+01:00");
      return shop.impersonate(token, importer);
    },
    event: () => ({ reason: NOT_GRANTED, detail: but("schedule") }),
  },
  {
    name: "denied",
    ask: async () => {
      deny = await shop.bindOn("deployer", "importer", { effect: "deny" });
      return withOwn();
    },
    event: () => ({
      reason: NOT_GRANTED,
      detail: `access-tokens:create is denied by binding ${deny}.`,
    }),
  },
  {
    name: "with a token whose scope leaves it out",
    ask: async () => {
      await shop.bind("deployer", "viewer");
      return withOwn({}, AT_OFFICE, { scope: "projects:read" });
    },
    event: () => ({ reason: NOT_GRANTED, detail: "The token's scope leaves out access-tokens:create." }),
  },
  {
    name: "for a scope that the importer does not have, though the deployer has it",
    ask: () => withOwn({ audience: API, scope: "orders:write" }),
    error: "invalid_scope",
    event: () => ({ reason: "scope_not_granted", detail: "no binding gives orders:write there." }),
  },
  {
    name: "for an API that no project registered",
    ask: () => withOwn({ audience: "https://elsewhere.example.com" }),
    error: "invalid_target",
    event: () => ({ reason: "target_not_allowed" }),
  },
  {
    name: "with a token for another audience",
    ask: () => withOwn({}, AT_OFFICE, { audience: API }),
    event: () => ({ reason: REJECTED, detail: "It was made for another audience than us.", ...STRANGER }),
  },
  {
    name: "with a token that was revoked",
    ask: async () => {
      const token = await own();
      await fetch(`${service.url}/oauth/v2/revoke`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}` },
        body: new URLSearchParams({ token }),
      });
      return shop.impersonate(token, importer);
    },
    event: () => ({ reason: REJECTED, detail: "It is not good now.", ...STRANGER }),
  },
  {
    name: "with a token that has expired",
    ask: async () => {
      const token = await own();
      await service.setClock("2027-03-22T11:00:00+01:00");
      return shop.impersonate(token, importer);
    },
    event: () => ({ reason: REJECTED, detail: "It is not good now.", ...STRANGER }),
  },
  {
    name: "with a token of which a letter was changed",
    ask: async () => {
      const token = await own();
      return shop.impersonate(`${token.slice(0, -5)}AAAAA`, importer);
    },
    event: () => ({ reason: REJECTED, detail: "It is not good now.", ...STRANGER }),
  },
  {
    name: "as itself",
    ask: async () => {
      await shop.bind("deployer", "token-creator");
      return shop.impersonate(await own(), deployer);
    },
    event: () => ({
      reason: "impersonation_chain",
      detail: "The account is in it already.",
      serviceAccountId: deployer.id,
    }),
  },
  {
    name: "back from the importer",
    ask: async () => {
      await shop.bindOn("importer", "deployer");
      return shop.impersonate(await asImporter(), deployer);
    },
    event: () => ({
      reason: "impersonation_chain",
      detail: "The account is in it already.",
      serviceAccountId: deployer.id,
      actor: { type: "service_account", id: importer.id },
      act: [{ type: "service_account", id: deployer.id, bindingId: step }],
    }),
  },
  {
    name: "by a fourth step",
    ask: async () => {
      const [second, third, fourth] = await givenAccounts("second", "third", "fourth");
      if (second === undefined || third === undefined || fourth === undefined) throw new Error("no chain");
      const tokens = await givenTokens([second, third]);
      return shop.impersonate(tokens.at(-1) ?? "", fourth);
    },
    event: () => ({
      ...{ reason: "impersonation_chain", detail: "It would be 4 steps long." },
      ...{ serviceAccountId: expect.any(String), actor: { type: "service_account" } },
    }),
  },
];

describe("with one thing off it is refused, and the record says which", () => {
  it.each(OFFS)("$name", async ({ ask, event, error = "invalid_request" }) => {
    const answer = await ask();
    expect(answer).toMatchObject({ status: 400, body: { error } });
    expect(await shop.eventOf(answer)).toMatchObject({
      action: "access_token.impersonate",
      outcome: "refused",
      actor: { type: "service_account", id: deployer.id },
      serviceAccountId: importer.id,
      ...event(),
    });
  });
});

describe("a chain of three", () => {
  /** Tokens of deployer, importer, second, third. */
  const tokens = async () => givenTokens(await givenAccounts("second", "third"));
  const activity = async (all: readonly string[]) =>
    Promise.all(all.map(async (token) => (await isActive(service, token)).active));

  it("names all who act, the nearest outermost", async () => {
    const [, , second = "", third = ""] = await tokens();
    const { sub, act } = decodeJwt(third) as { sub: string; act: unknown };
    const secondId = decodeJwt(second).sub;
    expect(act).toEqual({ sub: secondId, act: { sub: importer.id, act: { sub: deployer.id } } });
    expect([deployer.id, importer.id, secondId]).not.toContain(sub);
  });

  it("ends behind the first step with its binding, at the next request", async () => {
    const all = await tokens();
    expect(await activity(all)).toEqual([true, true, true, true]);
    await must(service, "DELETE", `${shop.root}/role-bindings/${step}`);
    expect(await activity(all)).toEqual([true, false, false, false]);
    const third = { url: service.url, bootstrapToken: all[3] ?? "" };
    expect((await call(third, "GET", shop.root)).status).toBe(401);
  });

  it("ends behind the first step with its hours", async () => {
    await service.setClock("2027-03-22T17:50:00+01:00");
    const all = await tokens();
    expect(await activity(all)).toEqual([true, true, true, true]);
    await service.setClock("2027-03-22T18:00:00+01:00");
    expect(await activity(all)).toEqual([true, false, false, false]);
  });

  it("ends with the first account, and whoever verifies offline is told of each", async () => {
    const all = await tokens();
    const before = await revokedJtis(service, service.now());
    for (const token of all) expect(before).not.toContain(jtiOf(token));
    await must(service, "PATCH", `${shop.root}/service-accounts/deployer`, { disabled: true });
    expect(await activity(all)).toEqual([false, false, false, false]);
    const told = await revokedJtis(service, service.now());
    for (const token of all) expect(told).toContain(jtiOf(token));
    await must(service, "PATCH", `${shop.root}/service-accounts/deployer`, { disabled: false });
    expect(await activity(all), "and for good").toEqual([false, false, false, false]);
  });
});
