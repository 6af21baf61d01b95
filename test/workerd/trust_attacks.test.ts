import { describe, expect, it } from "vitest";
import { emptyKv, givenStage, homeOf, newIssuer, type Stage, stageIn } from "./receipt_kit.ts";
import { givenCaller } from "./route_roles_kit.ts";
import { must } from "./token_holders.ts";

/** What was once possible: each row is an attack that went through. */

const is = (item: string, value: unknown, operator = "equals") => ({ item, operator, value });

/** As one of the project's own accounts. */
async function asCaller(stage: Stage, token: string, path: string) {
  const response = await stage.service.fetch(path, { headers: { authorization: `Bearer ${token}` } });
  return { status: response.status, body: (await response.json()) as Record<string, never> };
}

describe("receipts", () => {
  it("of an account that is denied to the reader are not listed", async () => {
    const stage = await givenStage();
    const refused = await stage.exchange(await stage.issuer.sign({ team: "x" }));
    const home = homeOf(stage);
    const caller = await givenCaller(stage.service, home, "viewer");
    const list = async () =>
      (await asCaller(stage, caller.projectToken, `${stage.root}/receipts?outcome=refused`)).body.items;
    expect(await list()).toHaveLength(1);
    const resource = { type: "service_account", serviceAccount: stage.account.id };
    const principal = { type: "service_account", serviceAccount: caller.id };
    await must(stage.service, "POST", home.bindings, { principal, role: "viewer", effect: "deny", resource });
    expect(await list()).toEqual([]);
    const path = String(refused.body.error_uri).slice(stage.service.url.length);
    expect((await asCaller(stage, caller.projectToken, path)).status).toBe(403);
  });

  it("tell what trusts ask, and tokens say, to who may read trusts alone", async () => {
    const stage = await givenStage();
    const refused = await stage.exchange(await stage.issuer.sign({ team: "x" }));
    const path = String(refused.body.error_uri).slice(stage.service.url.length);
    const home = homeOf(stage);
    const [keyAdmin, viewer] = [
      await givenCaller(stage.service, home, "key-admin"),
      await givenCaller(stage.service, home, "viewer"),
    ];
    const hidden = { reason: "assertion_failed", trusts: [], claims: null, detail: null, nearestMiss: null };
    expect((await asCaller(stage, keyAdmin.projectToken, path)).body).toMatchObject(hidden);
    const shown = (await asCaller(stage, viewer.projectToken, path)).body;
    expect(shown).toMatchObject({ trusts: [{ assertions: [{ item: "team", received: "x" }] }] });
    const listed = await asCaller(stage, keyAdmin.projectToken, `${stage.root}/receipts?outcome=refused`);
    expect(listed.body.items).toMatchObject([{ trusts: [], claims: null, detail: null }]);
  });
});

describe("an issuer that does not answer", () => {
  const down: typeof fetch = async () => new Response("", { status: 500 });

  it("is told for right and wrong claims alike, once it is known", async () => {
    await emptyKv();
    const stage = await givenStage({ overrides: { fetch: down } });
    const tried = async (team: string) => (await stage.exchange(await stage.issuer.sign({ team }))).status;
    expect(await tried("shop")).toBe(503);
    expect([await tried("shop"), await tried("x")]).toEqual([503, 503]);
  });

  it("is told although a trust in shadow would have let the token in", async () => {
    await emptyKv();
    const stage = await givenStage({ overrides: { fetch: down } });
    const { issuer, jwks } = { issuer: stage.issuer.url, jwks: stage.issuer.jwks };
    const shadow = { name: "shadow", issuer, jwks, assertions: [is("team", "shop")], mode: "shadow" };
    await must(stage.service, "POST", stage.providers, shadow);
    expect((await stage.exchange(await stage.issuer.sign())).status).toBe(503);
  });
});

describe("a trust", () => {
  it("in whose issuer somebody else has a workload without the claim raises no alarm", async () => {
    const assertions = [is("team", "shop"), is("environment", "prod")];
    const stage = await givenStage({ trust: { assertions } });
    const prod = { environment: "prod" };
    expect((await stage.exchange(await stage.issuer.sign(prod))).status).toBe(200);
    const { length } = stage.service.log;
    await stage.exchange(await stage.issuer.sign({ team: "others" }));
    expect(stage.service.log.slice(length).filter(({ event }) => event === "issuer.changed")).toEqual([]);
    await stage.exchange(await stage.issuer.sign());
    const told = stage.service.log.slice(length).filter(({ event }) => event === "issuer.changed");
    expect(told).toMatchObject([{ detail: expect.stringContaining("environment") }]);
  });

  it("that goes into shadow takes back what was got by it", async () => {
    const stage = await givenStage();
    const { body } = await stage.exchange(await stage.issuer.sign());
    const introspect = () =>
      stage.service
        .fetch("/oauth/v2/introspect", {
          method: "POST",
          headers: { authorization: `Bearer ${body.access_token}` },
          body: new URLSearchParams({ token: body.access_token }),
        })
        .then(({ status }) => status);
    expect(await introspect()).toBe(200);
    await must(stage.service, "PATCH", stage.trustPath, { mode: "shadow" });
    expect(await introspect()).toBe(401);
  });

  it.each([
    ["a number that is not exact", [is("run", 2 ** 53)], "/assertions/0/value"],
    ["eleven patterns", Array.from({ length: 11 }, (_, i) => is(`c${i}`, "a*", "glob")), "/assertions"],
  ])("%s is not stored", async (_name, assertions, pointer) => {
    const stage = await givenStage();
    const answer = await stage.service.call("PATCH", stage.trustPath, { assertions });
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map((one: { pointer: string }) => one.pointer)).toContain(pointer);
  });

  it.each(["notEquals", "exists", "glob"])("that says of aud only %s wants our own", async (operator) => {
    const value = { notEquals: "x", exists: true, glob: "https://**" }[operator];
    const stage = await givenStage({
      trust: {
        assertions: [is("team", "shop"), { item: "aud", operator, value }],
        acknowledge: ["glob_wide"],
      },
    });
    const elsewhere = await stage.exchange(await stage.issuer.sign({ aud: "https://elsewhere.example/api" }));
    expect((await stage.receiptOf(elsewhere)).reason).toBe("audience_mismatch");
  });
});

describe("a dry run of one trust", () => {
  it("asks that one, whatever the token has to do with another", async () => {
    const issuer = await newIssuer();
    const stage = await givenStage({ issuer, trust: { assertions: [is("sub", "one")] } });
    const other = await must(stage.service, "POST", stage.providers, {
      name: "other",
      issuer: issuer.url,
      assertions: [is("sub", "two")],
    });
    const path = `${stage.providers}/${other.body.id}/evaluate`;
    const answer = await stage.service.call("POST", path, { token: await issuer.sign({ sub: "one" }) });
    expect(answer.body).toMatchObject({ outcome: "refused", reason: "assertion_failed" });
    expect(answer.body.trusts).toMatchObject([{ name: "other" }]);
    expect(answer.body.nearestMiss.trustName).toBe("other");
  });
});

describe("another tenant", () => {
  it("sees neither issuers nor receipts of this one", async () => {
    const stage = await givenStage();
    await stage.exchange(await stage.issuer.sign());
    const other = await stageIn(stage.service, stage.issuer);
    const caller = await givenCaller(stage.service, homeOf(other), "owner");
    for (const path of ["issuers", "receipts"]) {
      expect((await asCaller(stage, caller.projectToken, `${stage.root}/${path}`)).status).toBe(404);
    }
    const own = await asCaller(stage, caller.projectToken, `${other.root}/issuers`);
    expect(own.body.items).toEqual([]);
  });
});
