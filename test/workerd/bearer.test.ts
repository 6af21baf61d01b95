import { decodeJwt } from "jose";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { exchangeOf, startService } from "./harness.ts";
import {
  accessTokenOf,
  callAs,
  comparable,
  eventsOf,
  type GivenAccount,
  type GivenToken,
  givenAccount,
  givenToken,
} from "./project_token_kit.ts";

/** What a service account may see of `/v1` with a credential of its own, while there are no roles: almost nothing. */

const service = startService();
const API = "https://api.example.com";
let own: GivenAccount;
let made: GivenToken;
/** The same account's two credentials. */
let bearers: Readonly<Record<string, string>>;
/** A fresh one for each describe or row that is refused often: the record keeps 60 refusals a minute one by one. */
async function givenBearers() {
  own = await givenAccount(service, { allowedAudiences: [API] });
  made = await givenToken(service, own);
  bearers = { "project token": made.token, "access token": await accessTokenOf(service, own, made.token) };
}
const BEARERS = ["project token", "access token"];

const PROVIDER = {
  name: "ci",
  issuer: "https://ci.example.com",
  assertions: [{ item: "repository_id", operator: "equals", value: "1" }],
};

describe.each(BEARERS)("a %s as bearer", (kind) => {
  let keyId = "";
  let providerId = "";
  beforeAll(async () => {
    await givenBearers();
    keyId = (await service.call("POST", `${own.path}/keys`, { algorithm: "ED25519" })).body.id;
    const providers = `${own.path}/federated-identity-providers`;
    providerId = (await service.call("POST", providers, PROVIDER)).body.id;
  });
  const call = (method: string, path: string, body?: unknown) =>
    callAs(service, bearers[kind] ?? "", method, path, body);

  it.each<[string, (given: GivenAccount) => string, unknown, string]>([
    ["GET", ({ project }) => `/v1/projects/${project}`, undefined, "projects:read"],
    ["PATCH", ({ project }) => `/v1/projects/${project}`, { displayName: "x" }, "projects:update"],
    ["DELETE", ({ projectId }) => `/v1/projects/${projectId}`, undefined, "projects:delete"],
    ["GET", () => "/v1/projects", undefined, "projects:list"],
    ["POST", () => "/v1/projects", { name: "mine" }, "projects:create"],
    ["GET", ({ accounts }) => accounts, undefined, "service-accounts:read"],
    ["POST", ({ accounts }) => accounts, { name: "other" }, "service-accounts:create"],
    ["GET", ({ path }) => path, undefined, "service-accounts:read"],
    ["DELETE", ({ path }) => path, undefined, "service-accounts:delete"],
    ["GET", ({ path }) => `${path}/keys`, undefined, "service-account-keys:read"],
    ["GET", ({ tokens }) => tokens, undefined, "project-tokens:read"],
    ["GET", () => made.path, undefined, "project-tokens:read"],
    ["DELETE", () => made.path, undefined, "project-tokens:delete"],
    [
      "GET",
      ({ path }) => `${path}/federated-identity-providers`,
      undefined,
      "federated-identity-providers:read",
    ],
    ["GET", ({ project }) => `/v1/projects/${project}/resource-servers`, undefined, "resource-servers:read"],
    ["GET", ({ project }) => `/v1/projects/${project}/revocations`, undefined, "revocations:read"],
    ["POST", ({ project }) => `/v1/projects/${project}/revocations`, { all: true }, "revocations:create"],
    ["GET", ({ project }) => `/v1/projects/${project}/audit-events`, undefined, "audit-events:read"],
    ["GET", () => "/v1/audit-events", undefined, "audit-events:list"],
    ["GET", () => "/v1/signing-keys", undefined, "signing-keys:read"],
    ["POST", () => "/v1/leaked-credentials", { credentials: ["x"] }, "leaked-credentials:report"],
  ])("is told what %s %s lacks", async (method, path, body, permission) => {
    const answer = await call(method, path(own), body);
    expect([answer.status, answer.body.code]).toEqual([403, "permission_denied"]);
    expect(answer.body.detail).toContain(` ${permission} `);
    expect(answer.headers.get("www-authenticate")).toContain('error="insufficient_scope"');
  });

  it.each<[string, (given: GivenAccount) => string, unknown]>([
    ["PATCH", ({ path }) => path, { owner: "me", expiresAt: null }],
    ["PATCH", ({ accounts, account }) => `${accounts}/${account.id}`, { disabled: false }],
    ["POST", ({ path }) => `${path}/keys`, { algorithm: "ED25519" }],
    ["PATCH", ({ path }) => `${path}/keys/${keyId}`, { validUntil: null }],
    ["POST", ({ tokens }) => tokens, { name: "one-more" }],
    ["PATCH", () => made.path, { name: "renamed" }],
    ["POST", () => `${made.path}/regenerate`, undefined],
    ["POST", ({ path }) => `${path}/federated-identity-providers`, PROVIDER],
    ["PATCH", ({ path }) => `${path}/federated-identity-providers/${providerId}`, { tokenLifetime: 3600 }],
  ])("cannot prolong itself by %s %s, and its project's record tells", async (method, path, body) => {
    const before = await service.call("GET", own.path);
    const answer = await call(method, path(own), body);
    expect([answer.status, answer.body.code]).toEqual([404, "not_found"]);
    const none = await call("PATCH", `/v1/projects/${crypto.randomUUID()}`, { displayName: "x" });
    expect(comparable(answer)).toBe(comparable(none));
    const query = `outcome=refused&requestId=${answer.body.requestId}`;
    expect(await eventsOf(service, own.project, query)).toMatchObject([
      {
        reason: "not_found",
        actor: { type: "service_account", id: own.account.id },
        serviceAccountId: own.account.id,
        target: { id: null },
      },
    ]);
    expect((await service.call("GET", own.path)).headers.get("etag")).toBe(before.headers.get("etag"));
    expect((await call("GET", own.path)).body.code).toBe("permission_denied");
  });
});

describe.each(BEARERS)("to an account by its %s nothing else is there", (kind) => {
  beforeEach(givenBearers);
  const call = (method: string, path: string, body?: unknown) =>
    callAs(service, bearers[kind] ?? "", method, path, body);
  const NOBODY = {
    project: "nowhere",
    account: "nobody",
    id: "0193a5f0-0000-7000-8000-000000000000",
  };

  it.each<[string, string, unknown]>([
    ["GET", "", undefined],
    ["PATCH", "", { displayName: "x" }],
    ["DELETE", "", undefined],
    ["GET", "/service-accounts", undefined],
    ["POST", "/service-accounts", { name: "deployer" }],
    ["GET", "/service-accounts/{account}", undefined],
    ["PATCH", "/service-accounts/{account}", { owner: "x" }],
    ["DELETE", "/service-accounts/{account}", undefined],
    ["POST", "/service-accounts/{account}/keys", { algorithm: "ED25519" }],
    ["GET", "/service-accounts/{account}/project-tokens", undefined],
    ["POST", "/service-accounts/{account}/project-tokens", { name: "x" }],
    ["POST", "/service-accounts/{account}/project-tokens", { name: "x", expiresAt: "2020-01-01T00:00:00Z" }],
    ["GET", "/service-accounts/{account}/project-tokens/{token}", undefined],
    ["PATCH", "/service-accounts/{account}/project-tokens/{token}", { name: "x" }],
    ["POST", "/service-accounts/{account}/project-tokens/{token}/regenerate", undefined],
    ["DELETE", "/service-accounts/{account}/project-tokens/{token}", undefined],
    ["POST", "/service-accounts/{account}/federated-identity-providers", PROVIDER],
    ["GET", "/revocations", undefined],
    ["POST", "/revocations", { all: true }],
    ["POST", "/revocations", { serviceAccount: "deployer" }],
    ["GET", "/audit-events", undefined],
    ["POST", "/resource-servers", { name: "x", audience: "https://x.example" }],
  ])("of another project: %s %s", async (method, pattern, body) => {
    const other = await givenAccount(service);
    const token = await givenToken(service, other);
    const pathOf = (project: string, account: string, id: string) =>
      `/v1/projects/${project}${pattern}`.replace("{account}", account).replace("{token}", id);
    const paths = [
      pathOf(other.project, "deployer", token.id),
      pathOf(other.projectId, other.account.email, token.id),
      pathOf(other.projectId, other.account.id, NOBODY.id),
      pathOf(other.project, NOBODY.account, token.id),
      pathOf(NOBODY.project, "deployer", token.id),
      pathOf(NOBODY.id, NOBODY.id, NOBODY.id),
    ];
    const before = (await eventsOf(service, other.project)).length;
    const answers = await Promise.all(paths.map((path) => call(method, path, body)));
    expect(answers[0]).toMatchObject({ status: 404, body: { code: "not_found" } });
    expect(new Set(answers.map(comparable)).size).toBe(1);
    expect((await eventsOf(service, other.project)).length).toBe(before);
    if (method === "GET") return;
    const mine = await eventsOf(service, own.project, `requestId=${answers[0]?.body.requestId}`);
    expect(mine).toMatchObject([{ outcome: "refused", reason: "not_found", target: { id: null } }]);
    for (const secret of [other.project, other.projectId, other.account.id, token.id]) {
      expect(JSON.stringify(mine)).not.toContain(secret);
    }
  });

  it.each<[string, string, unknown]>([
    ["GET", "", undefined],
    ["PATCH", "", { owner: "x" }],
    ["DELETE", "", undefined],
    ["GET", "/keys", undefined],
    ["POST", "/keys", { algorithm: "ED25519" }],
    ["GET", "/project-tokens", undefined],
    ["POST", "/project-tokens", { name: "x" }],
    ["GET", "/federated-identity-providers", undefined],
    ["POST", "/federated-identity-providers", PROVIDER],
  ])("of another account of its project: %s %s", async (method, more, body) => {
    const name = `n${crypto.randomUUID().slice(0, 8)}`;
    const sibling = (await service.call("POST", own.accounts, { name })).body;
    const answers = await Promise.all(
      [name, sibling.id, sibling.email, NOBODY.account, NOBODY.id].map((ref) =>
        call(method, `${own.accounts}/${ref}${more}`, body),
      ),
    );
    expect(answers[0]).toMatchObject({ status: 404, body: { code: "not_found" } });
    expect(new Set(answers.map(comparable)).size).toBe(1);
  });
});

describe("an access token as bearer", () => {
  beforeAll(givenBearers);
  const problemOf = async (bearer: string, at = service) => {
    const { status, body, headers } = await callAs(at, bearer, "GET", own.path);
    return [status, body.code, headers.get("www-authenticate")?.includes('error="invalid_token"')];
  };
  const UNKNOWN = [401, "invalid_token", true];
  it("is good for our issuer URL, until it is revoked", async () => {
    const bearer = await accessTokenOf(service, own, made.token);
    expect(await problemOf(bearer)).toEqual([403, "permission_denied", false]);
    const form = new URLSearchParams({ token: bearer });
    const headers = { authorization: `Bearer ${bearer}` };
    const revoked = await service.fetch("/oauth/v2/revoke", { method: "POST", body: form, headers });
    expect(revoked.status).toBe(200);
    expect(await problemOf(bearer)).toEqual(UNKNOWN);
  });

  it("is not good for another audience", async () => {
    expect(await problemOf(await accessTokenOf(service, own, made.token, { audience: API }))).toEqual(
      UNKNOWN,
    );
  });

  it("is not good from its last second on", async () => {
    let now = Date.now();
    const clock = startService({ nowMs: () => now });
    const { body } = await clock.exchange(exchangeOf(made.token, own.account.id));
    now = Number(decodeJwt(body.access_token).exp) * 1000 - 1;
    expect(await problemOf(body.access_token, clock)).toEqual([403, "permission_denied", false]);
    now += 1;
    expect(await problemOf(body.access_token, clock)).toEqual(UNKNOWN);
  });

  it("is not good with one character changed, wherever it stands", async () => {
    const bearer = bearers["access token"] ?? "";
    for (let sample = 0; sample < 40; sample++) {
      const at = Math.round((sample * (bearer.length - 1)) / 39);
      const changed = `${bearer.slice(0, at)}${bearer[at] === "A" ? "B" : "A"}${bearer.slice(at + 1)}`;
      expect(await problemOf(changed), `position ${at}`).toEqual(UNKNOWN);
    }
    for (const changed of [bearer.slice(0, -1), `${bearer}=`, `${bearer}.x`, `${bearer},x`]) {
      expect(await problemOf(changed)).toEqual(UNKNOWN);
    }
  });
});
