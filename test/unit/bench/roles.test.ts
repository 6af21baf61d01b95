import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCountersign, startFloor } from "../../../bench/contestants.ts";
import { startTokenIssuer, type TokenIssuer } from "../../../bench/foreign_tokens.ts";
import { bindingsOf, GRANTED } from "../../../bench/role_bindings.ts";
import { apiAudience } from "../../../bench/role_seed.ts";
import { evaluation, exchangeWithRoles } from "../../../bench/role_traffic.ts";
import { idOf } from "../../../bench/seed.ts";

/** Many bindings beside one are a comparison only if both come to the same token. */
let issuer: TokenIssuer;
beforeAll(async () => {
  issuer = await startTokenIssuer();
});
afterAll(() => issuer.close());

const MANY = {
  issuer: "https://issuer.example",
  accounts: 100,
  activeAccounts: 20,
  bindings: "many",
} as const;

describe("the bindings of a large project", () => {
  const all = bindingsOf({ ...MANY, on: "api" });
  const mine = all.filter(({ principal: [, id] }) => id === idOf("account", 5));

  it("are 10,000, and 200 of each account that is measured", () => {
    expect(all).toHaveLength(10_000);
    expect(mine).toHaveLength(200);
  });

  it("of an account are on everything, some denied, some with a condition", () => {
    const concerning = mine.filter(
      ({ resource: [type, id] }) => type === "project" || id === idOf("resourceServer", 0),
    );
    expect(concerning).toHaveLength(40);
    expect(mine.filter(({ isDeny }) => isDeny)).toHaveLength(7);
    expect(mine.filter(({ condition }) => condition !== undefined)).toHaveLength(20);
    expect(new Set(mine.map(({ resource }) => resource.join(" "))).size).toBeGreaterThan(50);
  });

  it("of one account alone are one", () => {
    const one = { ...MANY, on: "project", bindings: "one", activeAccounts: 1 } as const;
    expect(bindingsOf(one)).toMatchObject([{ role: "editor" }]);
  });
});

async function send(url: string, body: string, headers: Record<string, string>) {
  const response = await fetch(url, { method: "POST", headers, body });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe.each(["api", "project"] as const)("an exchange with a role on the %s", (on) => {
  it("is answered alike with one binding and with 10,000, and recorded", async () => {
    const scopes = await Promise.all(
      (["many", "one"] as const).map(async (bindings) => {
        const setting = { issuer, accounts: 20, traffic: exchangeWithRoles({ on, bindings }) };
        const contestant = await startCountersign(setting);
        const { url, bodies } = contestant.target;
        const headers = { "content-type": "application/x-www-form-urlencoded" };
        const { body } = await send(url, bodies[3] as string, headers);
        const { aud } = decodeJwt(String(body.access_token));
        expect(aud).toBe(on === "api" ? apiAudience(0) : new URL(url).origin);
        expect(await contestant.countRecords()).toBe(1);
        await contestant.close();
        return { scope: String(body.scope), seconds: body.expires_in };
      }),
    );
    expect(scopes[0]).toEqual(scopes[1]);
    if (on === "api") expect(scopes[0]?.scope).toBe(GRANTED.join(" "));
    else expect(scopes[0]?.scope).toContain("service-accounts:create");
  });
});

describe.each(["access_token", "service_account"] as const)("an evaluation by %s", (of) => {
  it("is answered alike by the service and its floor, and to nobody else", async () => {
    const answers = await Promise.all(
      [startCountersign, startFloor].map(async (start) => {
        const contestant = await start({ issuer, accounts: 3, traffic: evaluation(of) });
        const { url, bodies, contentType = "", authorization = "" } = contestant.target;
        const body = bodies[1] as string;
        const answer = await send(url, body, { "content-type": contentType, authorization });
        const forged = { "content-type": contentType, authorization: `${authorization.slice(0, -3)}AAA` };
        const refused = await send(url, body, forged);
        expect(await contestant.countRecords()).toBe(0);
        await contestant.close();
        expect(refused.status).toBeGreaterThanOrEqual(400);
        return answer;
      }),
    );
    expect(answers[0]).toEqual({ status: 200, body: { decision: true, context: { reason: "granted" } } });
    expect(answers[1]).toEqual(answers[0]);
  });
});
