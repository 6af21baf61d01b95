import { decodeJwt } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ForeignIssuer, startForeignIssuer } from "../support/foreign_issuer.ts";
import { call, must } from "./clients.ts";
import { type ClockedWorker, startClockedWorker } from "./clocked_worker.ts";
import {
  type Account,
  API,
  AT_HOME,
  AT_OFFICE,
  type Body,
  CONDITION,
  givenShop,
  MONDAY,
  type Shop,
  tokenOf,
} from "./monday_stage.ts";
import { givenStaff, type Staff } from "./staff.ts";
import { isActive, revokedJtis } from "./token_views.ts";

/** A person acts as an account, on Mondays, from the office, and says why. */

let service: ClockedWorker;
let issuer: ForeignIssuer;
let staff: Staff;
let shop: Shop;
let importer: Account;
/** The binding that lets Ada act as the importer. */
let step: string;
beforeAll(async () => {
  [service, issuer] = await Promise.all([startClockedWorker(MONDAY), startForeignIssuer()]);
});
afterAll(async () => {
  await Promise.all([service.close(), issuer.close()]);
});
beforeEach(async () => {
  await service.setClock(MONDAY);
  staff = await givenStaff(service, service.now);
  shop = await givenShop(service, issuer);
  importer = await shop.account("importer");
  await shop.bindOnApi("importer", "order-reader");
  step = await shop.bindOn(staff.person("ada"), "importer", { condition: CONDITION });
});

const REASON = "INC-4711: replay the stuck orders";

async function impersonate(idToken: string, input: Body = { reason: REASON }, from = AT_OFFICE) {
  const response = await fetch(`${service.url}${shop.root}/service-accounts/importer/access-tokens`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${idToken}`,
      "content-type": "application/json",
      "cf-connecting-ip": from,
    },
    body: JSON.stringify(input),
  });
  const requestId = response.headers.get("x-request-id") ?? "";
  return { status: response.status, body: (await response.json()) as Body, requestId };
}

/** Ada's token of the importer. */
async function asImporter(input: Body = { reason: REASON }): Promise<string> {
  const { status, body } = await impersonate(await staff.idToken("ada", 3000), input);
  expect(status, JSON.stringify(body)).toBe(201);
  return String(body.accessToken);
}

describe("a person who may act as the importer", () => {
  it("gets its token for the API, and stands with the reason in token and record", async () => {
    const wish = { reason: REASON, audience: API, scope: ["orders:read"] };
    const { status, body, requestId } = await impersonate(await staff.idToken("ada"), wish);
    expect([status, body.audience, body.scope]).toEqual([201, API, ["orders:read"]]);
    const claims = decodeJwt(String(body.accessToken));
    expect(claims).toMatchObject({
      ...{ sub: importer.id, aud: API, scope: "orders:read", auth_method: "impersonation" },
      act: { sub: "ada", iss: staff.issuer },
    });
    expect(await shop.eventOf({ requestId })).toMatchObject({
      action: "access_token.impersonate",
      outcome: "granted",
      detail: REASON,
      actor: { type: "person", id: `${staff.issuer} ada` },
      act: [],
      serviceAccountId: importer.id,
      target: { type: "access_token", id: claims.jti },
      ip: AT_OFFICE,
    });
  });

  it("stands in the record of all that the importer does for him, and of who acts behind it", async () => {
    const next = await shop.account("next");
    await shop.bindOn("importer", "next");
    const token = await asImporter();
    const answer = await shop.impersonate(token, next);
    const act = { sub: importer.id, act: { sub: "ada", iss: staff.issuer } };
    expect(decodeJwt(await tokenOf(Promise.resolve(answer)))).toMatchObject({ sub: next.id, act });
    const ada = { type: "person", id: "ada", issuer: staff.issuer, bindingId: step };
    expect(await shop.eventOf(answer)).toMatchObject({ actor: { id: importer.id }, act: [ada] });
    const asBearer = { url: service.url, bootstrapToken: token };
    expect((await call(asBearer, "POST", `${shop.root}/service-accounts`, { name: "more" })).status).toBe(
      403,
    );
    const { items } = await must(
      service,
      "GET",
      `${shop.root}/audit-events?actor=${importer.id}&outcome=refused`,
    );
    expect(items).toMatchObject([{ action: "service_account.create", act: [ada] }]);
  });

  it("gets it by a token exchange too, and is told as little there as anybody", async () => {
    const idToken = await staff.idToken("ada");
    const form = { audience: API, reason: REASON };
    const answer = await shop.impersonateAsPerson(idToken, importer, form);
    expect(decodeJwt(await tokenOf(Promise.resolve(answer)))).toMatchObject({
      ...{ sub: importer.id, scope: "orders:read", act: { sub: "ada", iss: staff.issuer } },
    });
    const actor = { type: "person", id: `${staff.issuer} ada` };
    expect(await shop.eventOf(answer)).toMatchObject({ outcome: "granted", detail: REASON, actor });
    const refused = await shop.impersonateAsPerson(idToken, importer, form, AT_HOME);
    expect(refused).toMatchObject({ status: 400, body: { error: "invalid_request" } });
    expect(await shop.eventOf(refused)).toMatchObject({
      ...{
        action: "access_token.impersonate",
        outcome: "refused",
        reason: "impersonation_not_granted",
        actor,
      },
      detail: `access-tokens:create is not given now, from there: binding ${step} would, but for its ipRanges.`,
    });
  });

  it("never has it for longer than his ID token", async () => {
    const { body } = await impersonate(await staff.idToken("ada", 120));
    expect(body.expiresIn).toBe(120);
  });

  it("never has it for longer than the hours in which he may", async () => {
    await service.setClock("2027-03-22T17:45:00+01:00");
    const { body } = await impersonate(await staff.idToken("ada", 3000));
    expect(body.expiresIn).toBe(900);
  });
});

describe("with one thing off he gets none", () => {
  it.each<[string, () => Promise<{ status: number; body: Body }>, number]>([
    ["another person", async () => impersonate(await staff.idToken("eve")), 404],
    ["from home", async () => impersonate(await staff.idToken("ada"), { reason: REASON }, AT_HOME), 403],
    [
      "from nowhere known",
      async () => impersonate(await staff.idToken("ada"), { reason: REASON }, "none"),
      403,
    ],
    [
      "on a Tuesday",
      async () => {
        await service.setClock("2027-03-23T10:00:00+01:00");
        return impersonate(await staff.idToken("ada"));
      },
      403,
    ],
    ["without a reason", async () => impersonate(await staff.idToken("ada"), {}), 400],
    [
      "for a scope that the importer lacks",
      async () =>
        impersonate(await staff.idToken("ada"), { reason: REASON, audience: API, scope: ["orders:write"] }),
      400,
    ],
    [
      "by an ID token that is over",
      async () => {
        const idToken = await staff.idToken("ada");
        await service.setClock("2027-03-22T10:10:00+01:00");
        return impersonate(idToken);
      },
      401,
    ],
    [
      "of an identity provider that is off",
      async () => {
        const idToken = await staff.idToken("ada");
        await must(service, "PATCH", staff.path, { disabled: true });
        return impersonate(idToken);
      },
      401,
    ],
  ])("%s", async (_what, ask, status) => {
    const answer = await ask();
    expect([answer.status, answer.body.accessToken]).toEqual([status, undefined]);
  });

  it("and the record says that he asked", async () => {
    const { requestId } = await impersonate(await staff.idToken("ada"), { reason: REASON }, AT_HOME);
    expect(await shop.eventOf({ requestId })).toMatchObject({
      ...{ action: "access_token.impersonate", outcome: "refused", reason: "permission_denied", ip: AT_HOME },
      actor: { type: "person", id: `${staff.issuer} ada` },
    });
  });
});

describe("what he got, and all that came of it, ends", () => {
  const ENDS: readonly [string, () => Promise<unknown>][] = [
    ["with his binding", () => must(service, "DELETE", `${shop.root}/role-bindings/${step}`)],
    ["with a deny", () => shop.bindOn(staff.person("ada"), "importer", { effect: "deny" })],
    ["with his hours", () => service.setClock("2027-03-22T18:00:00+01:00")],
    ["with his identity provider", () => must(service, "PATCH", staff.path, { disabled: true })],
    ["with his identity provider's row", () => must(service, "DELETE", `${staff.path}?cascade=true`)],
  ];
  const TOLD = ["with his identity provider", "with his identity provider's row"];

  it.each(ENDS)("%s", async (name, end) => {
    const next = await shop.account("next");
    await shop.bindOn("importer", "next");
    await service.setClock("2027-03-22T17:30:00+01:00");
    const token = await asImporter();
    const all = [token, await tokenOf(shop.impersonate(token, next))];
    const activity = () => Promise.all(all.map(async (one) => (await isActive(service, one)).active));
    expect(await activity()).toEqual([true, true]);
    await end();
    expect(await activity()).toEqual([false, false]);
    const told = await revokedJtis(service, service.now());
    for (const one of all) expect(told.includes(String(decodeJwt(one).jti))).toBe(TOLD.includes(name));
  });
});
