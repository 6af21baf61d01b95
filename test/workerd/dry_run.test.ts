import { describe, expect, it } from "vitest";
import { assertionOf, JWT_BEARER } from "./credentials.ts";
import { exchangeOf } from "./harness.ts";
import {
  dryRun,
  givenStage,
  homeOf,
  newIssuer,
  type Receipt,
  rowsOf,
  type Stage,
  stagesOf,
} from "./receipt_kit.ts";
import { givenCaller, givenRoleHome } from "./role_kit.ts";
import { must } from "./token_holders.ts";

/** A dry run says what would be, as a receipt: nothing is issued, spent, learned or counted by it. */

const is = (item: string, value: unknown, operator = "equals") => ({ item, operator, value });
const claimsOf = (stage: Stage, more: Record<string, unknown> = {}) => ({
  iss: stage.issuer.url,
  sub: "job",
  aud: stage.service.url,
  team: "shop",
  ...more,
});
const evaluateBy = (stage: Stage, body: object, path = stage.trustPath) =>
  stage.service.call("POST", `${path}/evaluate`, body);
const lastEvent = async (stage: Stage) =>
  (await stage.service.call("GET", `${stage.root}/audit-events?pageSize=1`)).body.items[0];

/** All that an exchange would move. */
async function stateOf(stage: Stage) {
  const read = async (path: string) => (await stage.service.call("GET", path)).body;
  return {
    trust: await read(stage.trustPath),
    account: await read(`${stage.accounts}/deployer`),
    tokens: await rowsOf("access_token", "service_account_id = ?", stage.account.id),
    spent: await rowsOf("spent_assertion"),
    counted: await rowsOf("trust_use"),
    watched: await rowsOf("watched_issuer"),
    exchanges: await read(`${stage.root}/audit-events?action=access_token.exchange`),
  };
}

const NAMES = {
  repository: "acme/shop",
  repository_owner: "acme",
  repository_id: "1",
  repository_owner_id: "2",
};

/** A trust by names alone, whose ids are learned, for tokens that are good once. */
async function givenLearner() {
  const acknowledge = ["mutable_name", "pull_requests"];
  const trust = { assertions: [is("repository", "acme/shop")], singleUse: true, acknowledge };
  return givenStage({ issuer: await newIssuer("https://token.actions.githubusercontent.com"), trust });
}

type Try = (stage: Stage, token: string) => Promise<{ body: Receipt }>;
const TRIES: Readonly<Record<string, Try>> = {
  "a token, by all trusts": (s, token) => s.evaluate({ token }),
  "a token, by one trust": (s, token) => evaluateBy(s, { token }),
  "claims, by all trusts": (s) => s.evaluate({ claims: claimsOf(s, NAMES) }),
  "claims, by one trust": (s) => evaluateBy(s, { claims: claimsOf(s, NAMES) }),
  "a token, at the token endpoint": (s, token) => dryRun(s, exchangeOf(token, s.account.email)),
};

describe("nothing is moved by it", () => {
  it.each(Object.entries(TRIES))("%s", async (_name, attempt) => {
    const stage = await givenLearner();
    const token = await stage.issuer.sign({ ...NAMES, jti: crypto.randomUUID() });
    const before = await stateOf(stage);
    for (const _ of [1, 2]) {
      const { body } = await attempt(stage, token);
      expect(body).toMatchObject({ outcome: "granted", dryRun: true, reason: null, jti: null });
      expect(stagesOf(body)).toMatchObject({ use: "not_checked" });
      expect(body).not.toHaveProperty("access_token");
    }
    expect(await stateOf(stage)).toEqual(before);
    expect((await stage.exchange(token)).status).toBe(200);
    expect((await stage.exchange(token)).status).toBe(400);
    expect((await stateOf(stage)).trust.learnedIds).toHaveLength(1);
  });

  it("a refused one counts as no refusal", async () => {
    const stage = await givenStage();
    await stage.exchange(await stage.issuer.sign());
    const before = await stateOf(stage);
    const token = await stage.issuer.sign({ team: "x" });
    for (const attempt of Object.values(TRIES).slice(0, 2)) {
      expect((await attempt(stage, token)).body).toMatchObject({
        outcome: "refused",
        reason: "assertion_failed",
        signature: "valid",
        nearestMiss: { kinds: ["difference"] },
      });
    }
    expect(await stateOf(stage)).toEqual(before);
    expect(
      (await stage.service.call("GET", `${stage.root}/receipts?outcome=refused`)).body.items,
    ).toHaveLength(2);
  });

  it("an assertion by the account's key is not spent", async () => {
    const stage = await givenStage();
    const keys = `${stage.accounts}/deployer/keys`;
    const { body: file } = await must(stage.service, "POST", keys, { algorithm: "ED25519" });
    const form = { grant_type: JWT_BEARER, assertion: await assertionOf(file) };
    for (const _ of [1, 2]) {
      const { status, body } = await dryRun(stage, form);
      expect([status, body]).toMatchObject([200, { outcome: "granted", keySource: "account" }]);
    }
    expect((await stage.evaluate({ token: form.assertion })).body.outcome).toBe("granted");
    expect((await stage.service.exchange(form)).status).toBe(200);
  });
});

describe("it is recorded, with who asked", () => {
  it.each([
    ["granted", {}, null],
    ["refused", { team: "x" }, "assertion_failed"],
  ])("%s", async (outcome, claims, reason) => {
    const stage = await givenStage();
    const caller = await givenCaller(stage.service, homeOf(stage), "federation-admin");
    const token = await stage.issuer.sign(claims);
    const receipt = (await caller.call("POST", `${stage.accounts}/deployer/evaluate`, { token })).body;
    expect(receipt).toMatchObject({ outcome, reason, dryRun: true });
    expect(await lastEvent(stage)).toMatchObject({
      id: receipt.id,
      action: "access_token.evaluate",
      outcome,
      reason,
      actor: { type: "service_account", id: caller.id },
      projectId: receipt.projectId,
      serviceAccountId: stage.account.id,
    });
    expect((await caller.call("GET", `/v1/receipts/${receipt.id}`)).body).toEqual(receipt);
  });

  it("names no token, since none was made: neither the caller's own", async () => {
    const stage = await givenStage();
    const caller = await givenCaller(stage.service, homeOf(stage), "viewer");
    const token = await stage.issuer.sign();
    const { body } = await caller.call("POST", `${stage.accounts}/deployer/evaluate`, { token });
    expect(body).toMatchObject({ outcome: "granted", jti: null });
  });

  it("a caller who may not is recorded too", async () => {
    const stage = await givenStage();
    const caller = await givenCaller(stage.service, homeOf(stage), "auditor");
    const path = `${stage.accounts}/deployer/evaluate`;
    expect((await caller.call("POST", path, { token: "a.b.c" })).status).toBe(404);
    const refused = { action: "access_token.evaluate", outcome: "refused", reason: "not_found" };
    expect(await lastEvent(stage)).toMatchObject({ ...refused, actor: { id: caller.id } });
  });
});

describe("claims without a token", () => {
  it("are said to be nobody's", async () => {
    const stage = await givenStage();
    const { body } = await stage.evaluate({ claims: claimsOf(stage) });
    expect(body).toMatchObject({ outcome: "granted", signature: "not_checked", claimsVerified: false });
    expect(body).toMatchObject({ keySource: null, claims: { team: "shop" } });
    expect(stagesOf(body)).toEqual({ key: "not_checked", signature: "not_checked", use: "not_checked" });
    expect(stage.issuer.asked()).toBe(0);
    const refused = await stage.evaluate({ claims: claimsOf(stage, { team: "x" }) });
    expect(refused.body).toMatchObject({ reason: "assertion_failed", claimsVerified: false });
  });

  it("name no key", async () => {
    const stage = await givenStage();
    expect((await stage.evaluate({ claims: claimsOf(stage) })).body.kid).toBeNull();
  });

  it.each([
    [{}, "both or neither"],
    [{ token: "a.b.c", claims: {} }, "both or neither"],
    [{ claims: {} }, "iss"],
    [{ claims: { iss: "a", sub: "b" } }, "aud"],
    [{ claims: { iss: 1, sub: "b", aud: "c" } }, "iss"],
    [{ claims: { iss: "a", sub: "b", aud: "c", exp: "soon" } }, "exp"],
    [{ claims: { iss: "a", sub: "b", aud: "c", events: {} } }, "events"],
    [
      { claims: { iss: "a", sub: "b", aud: "c", deep: JSON.parse("[".repeat(20) + "]".repeat(20)) } },
      "nested",
    ],
    [{ claims: [] }, "record"],
    [{ token: "" }, "token"],
    [{ token: "a.b.c", audiences: "x" }, "audiences"],
    [{ token: "a.b.c", scope: "x" }, "scope"],
  ])("%j is no question", async (body, said) => {
    const stage = await givenStage();
    for (const answer of [await stage.evaluate(body), await evaluateBy(stage, body)]) {
      expect([answer.status, answer.body.code]).toEqual([400, "invalid_body"]);
      if (said !== "both or neither" && said !== "record")
        expect(JSON.stringify(answer.body)).toContain(said);
    }
  });
});

describe("who may ask", () => {
  it("those who may read whom the account trusts; to others it is not there", async () => {
    const stage = await givenStage();
    const reader = await givenCaller(stage.service, homeOf(stage), "viewer");
    const tenant = await givenCaller(stage.service, await givenRoleHome(stage.service), "owner");
    const body = { claims: claimsOf(stage) };
    const paths = [`${stage.accounts}/deployer/evaluate`, `${stage.trustPath}/evaluate`];
    for (const path of paths) {
      expect((await reader.call("POST", path, body)).status).toBe(200);
      const none = path.replace("deployer", "nobody");
      const [theirs, nobodys] = [
        await tenant.call("POST", path, body),
        await tenant.call("POST", none, body),
      ];
      expect([theirs.status, theirs.body.detail]).toEqual([404, nobodys.body.detail]);
      expect((await stage.service.call("POST", path, body, { authorization: "" })).status).toBe(401);
    }
  });
});
