import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { lastEvent } from "./credentials.ts";
import { startService } from "./harness.ts";
import {
  areActive,
  givenHolder,
  givenHome,
  givenProjectToken,
  givenTrustIn,
  type Holder,
  type Home,
  tokenByKey,
  tokenByTrust,
} from "./token_holders.ts";

const service = startService();
let home: Home;
let holder: Holder;
let tokens: readonly string[];
beforeAll(async () => {
  home = await givenHome(service);
  holder = await givenHolder(service, home);
  const trust = await givenTrustIn(service, holder);
  tokens = [await tokenByKey(service, holder), await tokenByTrust(service, holder, trust)];
});

const revoke = (body: unknown, headers: Record<string, string> = {}) =>
  service.call("POST", `${home.path}/revocations`, body, headers);
const claims = (item: unknown, value: unknown = "x") => ({ claims: [{ item, value }] });
const JWT = `eyJ${"a".repeat(20)}.${"b".repeat(20)}.${"c".repeat(20)}`;

describe("refused with the place of what is wrong", () => {
  it.each<readonly [string, unknown, string]>([
    ["no criteria", {}, " no_criteria"],
    ["a reason alone", { reason: "INC-42" }, " no_criteria"],
    ["a dry run of nothing", { dryRun: true }, " no_criteria"],
    ["all and an account", { all: true, serviceAccount: "$holder" }, "/all contradiction"],
    ["all and a key", { all: true, keyId: "k" }, "/all contradiction"],
    ["all and claims", { all: true, ...claims("team", "shop") }, "/all contradiction"],
    ["all: false", { all: false }, "/all invalid_value"],
    ['all: "true"', { all: "true" }, "/all invalid_value"],
    ["a member nobody knows", { all: true, colour: 1 }, "/colour unknown_member"],
    [
      "a misspelt criterion beside a good one",
      { keyId: "k", serviceacount: "x" },
      "/serviceacount unknown_member",
    ],
    ["the answer's name for the account", { serviceAccountId: "x" }, "/serviceAccountId unknown_member"],
    ["__proto__", '{"keyId":"k","__proto__":{"all":true}}', "/__proto__ unknown_member"],
    ["an account nobody knows", { serviceAccount: "nobody" }, "/serviceAccount not_found"],
    ["an empty account", { serviceAccount: "" }, "/serviceAccount too_small"],
    ["an empty key", { keyId: "" }, "/keyId too_small"],
    ["a null key", { keyId: null }, "/keyId invalid_type"],
    ["a list of keys", { keyId: ["a"] }, "/keyId invalid_type"],
    ["no claims in claims", { claims: [] }, "/claims too_small"],
    ["nine claims", { claims: Array(9).fill({ item: "a", value: "b" }) }, "/claims too_big"],
    ["a claim without value", { claims: [{ item: "a" }] }, "/claims/0/value invalid_union"],
    ["a claim that is null", claims("a", null), "/claims/0/value invalid_union"],
    ["a claim that is a list", claims("a", ["b"]), "/claims/0/value invalid_union"],
    ["a claim without a name", claims(""), "/claims/0/item too_small"],
    [
      "a claim with an operator",
      { claims: [{ item: "a", operator: "equals", value: "b" }] },
      "/claims/0/operator unknown_member",
    ],
    ["a reason of two lines", { all: true, reason: "a\nb" }, "/reason invalid_format"],
    ["dryRun as text", { all: true, dryRun: "true" }, "/dryRun invalid_type"],
    ["a sensitive name", claims("client_secret"), "/claims/0 not_recorded"],
    ["a sensitive name in capitals", claims("API-KEY"), "/claims/0 not_recorded"],
    ["a name ending in token", claims("job_token"), "/claims/0 not_recorded"],
    ["a sensitive name inside", claims("/job/password"), "/claims/0 not_recorded"],
    ["a name inside a sensitive one", claims("/credentials/name"), "/claims/0 not_recorded"],
    ["a number under a sensitive name", claims("nonce", 1), "/claims/0 not_recorded"],
    ["deeper than four levels", claims("/a/b/c/d/e"), "/claims/0 not_recorded"],
    ["a value that is a token", claims("a", JWT), "/claims/0 not_recorded"],
    ["a value that holds a token", claims("a", `see ${JWT}`), "/claims/0 not_recorded"],
    [
      "the second claim",
      {
        claims: [
          { item: "a", value: "b" },
          { item: "pwd", value: "b" },
        ],
      },
      "/claims/1 not_recorded",
    ],
    // What the record keeps under such a name is redacted, so nothing could be found by it.
    ["a name that looks like a token", claims(JWT), "/claims/0 not_recorded"],
  ])("%s", async (_name, body, said) => {
    const sent = JSON.parse(
      (typeof body === "string" ? body : JSON.stringify(body)).replace("$holder", holder.id),
    );
    const answer = await revoke(typeof body === "string" ? body : sent);
    const [error] = answer.body.errors ?? [];
    expect([answer.status, answer.body.code, `${error?.pointer} ${error?.code}`]).toEqual([
      400,
      "invalid_body",
      said,
    ]);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(await areActive(service, tokens, env.BOOTSTRAP_TOKEN)).toEqual([true, true]);
    expect((await service.call("GET", `${home.path}/revocations`)).body.items).toEqual([]);
  });

  it("an account of another project as one that is nowhere, and on the record", async () => {
    const away = await givenHolder(service, await givenHome(service));
    const texts = new Set<string>();
    for (const serviceAccount of [away.id, away.email, crypto.randomUUID()]) {
      const { status, body } = await revoke({ serviceAccount });
      texts.add(JSON.stringify([status, body.errors]));
    }
    expect(texts.size).toBe(1);
    expect(await lastEvent(service, home.name)).toMatchObject({
      action: "revocation.create",
      reason: "invalid_body",
    });
  });

  it.each([
    ["a project that is nowhere", "/v1/projects/nowhere/revocations", 404],
    ["a project id that is nowhere", `/v1/projects/${crypto.randomUUID()}/revocations`, 404],
  ])("%s", async (_name, path, status) => {
    const answer = await service.call("POST", path, { all: true });
    expect([answer.status, answer.body.code]).toEqual([status, "not_found"]);
  });

  it.each(["PATCH", "DELETE"])("%s of a revocation: what was taken stays taken", async (method) => {
    const away = await givenHome(service);
    const made = await service.call("POST", `${away.path}/revocations`, { all: true });
    const path = made.headers.get("location") ?? "";
    const answer = await service.call(method, path, method === "PATCH" ? { reason: "x" } : undefined);
    expect([answer.status, answer.body.code, answer.headers.get("allow")]).toEqual([
      405,
      "method_not_allowed",
      "GET",
    ]);
  });
});

describe("who may", () => {
  it.each<readonly [string, () => Promise<string>, number, string]>([
    ["an account in its own project", () => tokenByKey(service, holder), 403, "permission_denied"],
    [
      "an account by its project token",
      async () => (await givenProjectToken(service, holder)).text,
      403,
      "permission_denied",
    ],
    [
      "an account of another project",
      async () => tokenByKey(service, await givenHolder(service, await givenHome(service))),
      404,
      "not_found",
    ],
    ["garbage", async () => "garbage", 401, "invalid_token"],
  ])("not %s", async (_name, bearer, status, code) => {
    const headers = { authorization: `Bearer ${await bearer()}` };
    for (const body of [{ all: true }, { all: true, dryRun: true }, { serviceAccount: holder.id }]) {
      const answer = await revoke(body, headers);
      expect([answer.status, answer.body.code]).toEqual([status, code]);
    }
    const list = await service.call("GET", `${home.path}/revocations`, undefined, headers);
    expect([list.status, list.body.code]).toEqual([status, code]);
    expect(await areActive(service, tokens, env.BOOTSTRAP_TOKEN)).toEqual([true, true]);
  });
});
