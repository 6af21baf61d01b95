import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import { call, must } from "./clients.ts";
import { importerStages, REASON } from "./importer_stage.ts";
import { API, AT_OFFICE, type Body, claimsOf, MONDAY } from "./monday_stage.ts";
import { isActive, revokedJtis } from "./token_views.ts";

/** The job that deploys on Mondays acts as a narrower account, for a reason, and is named wherever that account is. */

const onStage = importerStages();

const byAction = (one: Body, other: Body) => String(one.action).localeCompare(String(other.action));
const jtiOf = (token: string) => String(decodeJwt(token).jti);

describe("the deployer, as the importer", () => {
  it("gets the importer's scope and none of its own, and is named in the token and in the record", async () => {
    const { shop, deployer, importer, own } = onStage();
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
    const { service, shop, deployer, importer, step, asImporter } = onStage();
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
    const { service, shop, importer, own } = onStage();
    await service.setClock(gotAt);
    const parent = await own();
    await service.setClock(at);
    const answer = await shop.impersonate(parent, importer);
    expect(answer.body.expires_in).toBe(expiresIn);
    const { exp } = await claimsOf(Promise.resolve(answer));
    expect(Number(exp)).toBeLessThanOrEqual(Number(decodeJwt(parent).exp));
  });
});

describe("a chain of three", () => {
  /** Tokens of deployer, importer, second, third. */
  const tokens = async () => {
    const { givenAccounts, givenTokens } = onStage();
    return givenTokens(await givenAccounts("second", "third"));
  };
  const activity = async (all: readonly string[]) => {
    const { service } = onStage();
    return Promise.all(all.map(async (token) => (await isActive(service, token)).active));
  };

  it("names all who act, the nearest outermost", async () => {
    const { deployer, importer } = onStage();
    const [, , second = "", third = ""] = await tokens();
    const { sub, act } = decodeJwt(third) as { sub: string; act: unknown };
    const secondId = decodeJwt(second).sub;
    expect(act).toEqual({ sub: secondId, act: { sub: importer.id, act: { sub: deployer.id } } });
    expect([deployer.id, importer.id, secondId]).not.toContain(sub);
  });

  it("ends behind the first step with its binding, at the next request", async () => {
    const { service, shop, step } = onStage();
    const all = await tokens();
    expect(await activity(all)).toEqual([true, true, true, true]);
    await must(service, "DELETE", `${shop.root}/role-bindings/${step}`);
    expect(await activity(all)).toEqual([true, false, false, false]);
    const third = { url: service.url, bootstrapToken: all[3] ?? "" };
    expect((await call(third, "GET", shop.root)).status).toBe(401);
  });

  it("ends behind the first step with its hours", async () => {
    const { service } = onStage();
    await service.setClock("2027-03-22T17:50:00+01:00");
    const all = await tokens();
    expect(await activity(all)).toEqual([true, true, true, true]);
    await service.setClock("2027-03-22T18:00:00+01:00");
    expect(await activity(all)).toEqual([true, false, false, false]);
  });

  it("ends with the first account, and whoever verifies offline is told of each", async () => {
    const { service, shop } = onStage();
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
