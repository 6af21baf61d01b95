import { env } from "cloudflare:workers";
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { exchangeOf, givenTrust, issuer, JWT_TYPE, startService, TOKEN_EXCHANGE } from "./harness.ts";

const service = startService();
const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const STACKIT_TYPE = "urn:schwarz:params:oauth:client-assertion-type:workload-jwt";
let given: Awaited<ReturnType<typeof givenTrust>>;
let token: string;

beforeAll(async () => {
  given = await givenTrust(service);
  token = await issuer.token({ repository_id: "777001" }, service.url);
});

const lastEvent = async () =>
  (await service.call("GET", `/v1/projects/${given.project}/audit-events?pageSize=1`)).body.items[0];

const clientCredentials = (assertion: string, type = ASSERTION_TYPE) => ({
  grant_type: "client_credentials",
  client_assertion_type: type,
  client_assertion: assertion,
  client_id: given.account.email,
});
const jwtBearer = (assertion: string) => ({
  grant_type: JWT_BEARER,
  assertion,
  client_id: given.account.id,
});

describe("the three grants", () => {
  it("token exchange answers by RFC 8693 2.2.1", async () => {
    const { status, body, headers } = await service.exchange(exchangeOf(token, given.account.email));
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual(
      ["access_token", "expires_in", "issued_token_type", "scope", "token_type"].sort(),
    );
    expect(body).toMatchObject({ token_type: "Bearer", expires_in: 3600, scope: "" });
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("pragma")).toBe("no-cache");
  });

  it("the token verifies by our key set and claims what RFC 9068 and the design say", async () => {
    const { body } = await service.exchange(exchangeOf(token, given.account.email));
    const jwks = await (await service.fetch("/.well-known/jwks.json")).json();
    const options = { issuer: service.url, audience: service.url, typ: "at+jwt" };
    const { payload } = await jwtVerify(body.access_token, createLocalJWKSet(jwks as never), options);
    expect(payload).toMatchObject({
      sub: given.account.id,
      client_id: given.account.id,
      email: given.account.email,
      auth_method: "federation",
      federated: { iss: issuer.url, sub: decodeJwt(token).sub },
    });
    expect(payload.project_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(payload).not.toHaveProperty("scope");
    expect(Number(payload.exp) - Number(payload.iat)).toBe(3600);
  });

  it("client credentials with a client assertion", async () => {
    const { status, body } = await service.exchange(clientCredentials(token));
    expect(status).toBe(200);
    expect(body).not.toHaveProperty("issued_token_type");
    expect(body).not.toHaveProperty("refresh_token");
  });

  it("the STACKIT SDKs' assertion type, with the newline of its file and the refresh_token they read", async () => {
    const { status, body } = await service.exchange(clientCredentials(`${token}\n`, STACKIT_TYPE));
    expect(status).toBe(200);
    expect(body.refresh_token).toBe("");
  });

  it("jwt-bearer, the account named by its id", async () => {
    expect((await service.exchange(jwtBearer(token))).status).toBe(200);
  });

  it("one foreign token may be presented again while it is valid", async () => {
    const answers = await Promise.all(
      [1, 2, 3].map(() => service.exchange(exchangeOf(token, given.account.email))),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(answers.map(({ body }) => decodeJwt(body.access_token).jti)).size).toBe(3);
  });
});

describe("a token that is not believed gets the word of its grant's RFC", () => {
  it.each([
    [
      "token exchange: invalid_request (RFC 8693 2.2.2)",
      (t: string) => exchangeOf(t, given.account.email),
      400,
      "invalid_request",
    ],
    ["jwt-bearer: invalid_grant (RFC 7523 3.1)", (t: string) => jwtBearer(t), 400, "invalid_grant"],
    [
      "client credentials: 401 invalid_client (RFC 7523 3.2)",
      (t: string) => clientCredentials(t),
      401,
      "invalid_client",
    ],
  ])("%s", async (_name, form, status, error) => {
    const foreign = await issuer.token({ repository_id: "999" }, service.url);
    const answer = await service.exchange(form(foreign));
    expect([answer.status, answer.body.error]).toEqual([status, error]);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.body.error_description).not.toContain(foreign);
    expect(answer.body.error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
    expect(await lastEvent()).toMatchObject({ outcome: "refused", reason: "assertion_failed" });
  });

  it("one that says whom alone it lets act is good for that account", async () => {
    const saying = async (sub: string) => {
      const saysSo = await issuer.token({ repository_id: "777001", may_act: { sub } }, service.url);
      return (await service.exchange(exchangeOf(saysSo, given.account.email))).status;
    };
    expect([await saying(given.account.id), await saying(given.account.email)]).toEqual([200, 200]);
    expect(await saying("another")).toBe(400);
    expect(await lastEvent()).toMatchObject({ outcome: "refused", reason: "may_act_mismatch" });
  });

  it("the answer is the same whether account, trust, key or claim was wrong", async () => {
    const wrongClaim = await issuer.token({ repository_id: "999" }, service.url);
    const otherIssuer = (await issuer.control("sign-raw", {
      payload: { iss: "https://elsewhere.example", sub: "a", aud: service.url, exp: 4102444800 },
    })) as { token: string };
    const badSignature = `${token.slice(0, -6)}AAAAAA`;
    const answers = await Promise.all([
      service.exchange(exchangeOf(token, "nobody-0000000@sa.countersign.internal")),
      service.exchange(exchangeOf(otherIssuer.token, given.account.email)),
      service.exchange(exchangeOf(wrongClaim, given.account.email)),
      service.exchange(exchangeOf(badSignature, given.account.email)),
    ]);
    const texts = answers.map(({ status, body }) => [
      status,
      body.error,
      body.error_description.replace(/[0-9a-f-]{36}/, "ID"),
    ]);
    expect(new Set(texts.map((text) => JSON.stringify(text))).size).toBe(1);
  });
});

const SUBJECT = { subject_token: "a.b.c", subject_token_type: JWT_TYPE };

describe("the form is read strictly", () => {
  it.each([
    ["no grant_type", {}, 400, "invalid_request"],
    ["another grant", { grant_type: "password" }, 400, "unsupported_grant_type"],
    ["refresh tokens are not offered", { grant_type: "refresh_token" }, 400, "unsupported_grant_type"],
    [
      "no subject_token",
      { grant_type: TOKEN_EXCHANGE, subject_token_type: JWT_TYPE, client_id: "x" },
      400,
      "invalid_request",
    ],
    [
      "an empty subject_token is an absent one",
      { grant_type: TOKEN_EXCHANGE, ...SUBJECT, subject_token: "", client_id: "x" },
      400,
      "invalid_request",
    ],
    [
      "no subject_token_type",
      { grant_type: TOKEN_EXCHANGE, subject_token: "a.b.c", client_id: "x" },
      400,
      "invalid_request",
    ],
    [
      "another subject_token_type",
      {
        grant_type: TOKEN_EXCHANGE,
        ...SUBJECT,
        subject_token_type: "urn:ietf:params:oauth:token-type:saml2",
        client_id: "x",
      },
      400,
      "invalid_request",
    ],
    ["no client_id", { grant_type: TOKEN_EXCHANGE, ...SUBJECT }, 400, "invalid_request"],
    [
      "actor_token without its type",
      { grant_type: TOKEN_EXCHANGE, ...SUBJECT, client_id: "x", actor_token: "a.b.c" },
      400,
      "invalid_request",
    ],
    [
      "actor_token_type alone",
      { grant_type: TOKEN_EXCHANGE, ...SUBJECT, client_id: "x", actor_token_type: JWT_TYPE },
      400,
      "invalid_request",
    ],
    [
      "an ID token is not on offer",
      {
        grant_type: TOKEN_EXCHANGE,
        ...SUBJECT,
        client_id: "x",
        requested_token_type: "urn:ietf:params:oauth:token-type:id_token",
      },
      400,
      "invalid_request",
    ],
    [
      "two JWTs",
      { grant_type: TOKEN_EXCHANGE, ...SUBJECT, client_id: "x", client_assertion: "a.b.c" },
      400,
      "invalid_request",
    ],
    [
      "a client secret",
      { grant_type: "client_credentials", client_id: "x", client_secret: "y" },
      401,
      "invalid_client",
    ],
    [
      "another assertion type",
      {
        grant_type: "client_credentials",
        client_id: "x",
        client_assertion: "a.b.c",
        client_assertion_type: "urn:x",
      },
      400,
      "invalid_request",
    ],
    [
      "a relative resource",
      { grant_type: TOKEN_EXCHANGE, ...SUBJECT, client_id: "x", resource: "/api" },
      400,
      "invalid_target",
    ],
    [
      "a resource with a fragment",
      { grant_type: TOKEN_EXCHANGE, ...SUBJECT, client_id: "x", resource: "https://api.example/#" },
      400,
      "invalid_target",
    ],
  ])("%s", async (_name, form, status, error) => {
    const answer = await service.exchange(form as Record<string, string>);
    expect([answer.status, answer.body.error]).toEqual([status, error]);
  });

  it("a parameter that comes twice is refused, audience may repeat", async () => {
    const twice = new URLSearchParams(exchangeOf(token, given.account.email));
    twice.append("client_id", given.account.id);
    expect((await service.exchange(twice)).body.error_description).toContain("client_id came twice");
    const repeated = new URLSearchParams(exchangeOf(token, given.account.email));
    repeated.append("audience", service.url);
    repeated.append("audience", service.url);
    repeated.append("resource", service.url);
    expect((await service.exchange(repeated)).status).toBe(200);
  });

  const post = (init: RequestInit, path = "/oauth/v2/token") =>
    service.fetch(path, { method: "POST", ...init });
  it.each([
    [
      "JSON in place of a form",
      () => post({ body: "{}", headers: { "content-type": "application/json" } }),
      400,
    ],
    [
      "bytes that are no UTF-8",
      () =>
        post({
          body: new Uint8Array([0xff]),
          headers: { "content-type": "application/x-www-form-urlencoded" },
        }),
      400,
    ],
    [
      "percent-encoding that is no UTF-8",
      () =>
        post({ body: "grant_type=%ff", headers: { "content-type": "application/x-www-form-urlencoded" } }),
      400,
    ],
    [
      "a token in the URL",
      () =>
        post(
          { body: new URLSearchParams(exchangeOf(token, given.account.email)) },
          "/oauth/v2/token?subject_token=x",
        ),
      400,
    ],
    [
      "Basic authentication",
      () => post({ body: new URLSearchParams(), headers: { authorization: "Basic eDp5" } }),
      401,
    ],
    ["a form beyond its bound", () => post({ body: new URLSearchParams({ a: "x".repeat(200_000) }) }), 413],
    ["GET", () => service.fetch("/oauth/v2/token"), 405],
  ])("%s", async (_name, send, status) => {
    const response = await send();
    expect(response.status).toBe(status);
    expect(await response.json()).toHaveProperty("error");
    expect(response.headers.get("cache-control")).toBe("no-store");
    if (status === 405) expect(response.headers.get("allow")).toBe("POST");
    if (status === 401) expect(response.headers.get("www-authenticate")).toContain("Basic");
  });
});

describe("what the token is for", () => {
  const ask = (more: Record<string, string>) =>
    service.exchange(exchangeOf(token, given.account.email, more));

  it("our issuer URL unless asked otherwise, or one of allowedAudiences; anything else is invalid_target", async () => {
    const path = `${given.accounts}/deployer`;
    expect((await ask({ audience: "https://api.example" })).body.error).toBe("invalid_target");
    await service.call("PATCH", path, { allowedAudiences: ["https://api.example"] });
    const allowed = await ask({ audience: "https://api.example" });
    expect(decodeJwt(allowed.body.access_token).aud).toBe("https://api.example");
    expect((await ask({ resource: "https://api.example" })).status).toBe(200);
    expect(decodeJwt((await ask({})).body.access_token).aud).toBe(service.url);
    expect((await ask({ audience: "https://api.example/" })).body.error).toBe("invalid_target");
    expect((await ask({ audience: service.url, resource: "https://api.example" })).body.error).toBe(
      "invalid_target",
    );
    expect(await lastEvent()).toMatchObject({ reason: "target_not_allowed" });
  });

  it("no role grants a scope yet, so asking for one is invalid_scope", async () => {
    expect((await ask({ scope: "orders:write" })).body.error).toBe("invalid_scope");
    expect(await lastEvent()).toMatchObject({ reason: "scope_not_granted" });
  });
});

describe("an account that is switched off gets nothing, at once", () => {
  it.each([
    ["disabled", "deployer", { disabled: true }, { disabled: false }, "account_disabled"],
    [
      "expired",
      "deployer",
      { expiresAt: "2020-01-01T00:00:00.123456789Z" },
      { expiresAt: null },
      "account_expired",
    ],
    ["of a disabled project", "", { disabled: true }, { disabled: false }, "project_disabled"],
  ])("%s", async (_name, account, off, on, reason) => {
    const path = account === "" ? `/v1/projects/${given.project}` : `${given.accounts}/${account}`;
    expect((await service.call("PATCH", path, off)).status).toBe(200);
    expect((await service.exchange(exchangeOf(token, given.account.email))).status).toBe(400);
    expect(await lastEvent()).toMatchObject({ reason });
    expect((await service.call("PATCH", path, on)).status).toBe(200);
    expect((await service.exchange(exchangeOf(token, given.account.email))).status).toBe(200);
  });

  it("a token never outlives its account, and lives no longer than account and trust say", async () => {
    const soon = new Date(Date.now() + 400_000).toISOString();
    await service.call("PATCH", `${given.accounts}/deployer`, { expiresAt: soon });
    const { body } = await service.exchange(exchangeOf(token, given.account.email));
    expect(body.expires_in).toBeLessThanOrEqual(400);
    await service.call("PATCH", `${given.accounts}/deployer`, { expiresAt: null, tokenLifetime: 900 });
    expect((await service.exchange(exchangeOf(token, given.account.email))).body.expires_in).toBe(900);
    await service.call("PATCH", `${given.providers}/${given.provider.id}`, { tokenLifetime: 300 });
    expect((await service.exchange(exchangeOf(token, given.account.email))).body.expires_in).toBe(300);
  });
});

describe("the record", () => {
  it("holds the token's row, its hash and the judged claims, and no token", async () => {
    const { body } = await service.exchange(exchangeOf(token, given.account.email));
    const { jti } = decodeJwt(body.access_token);
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(body.access_token));
    const sha256 = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const row = await env.DB.prepare("SELECT * FROM access_token WHERE jti = ?").bind(jti).first();
    expect(row).toMatchObject({ token_sha256: sha256, audience: service.url, auth_method: "federation" });
    const event = await lastEvent();
    expect(event).toMatchObject({
      action: "access_token.exchange",
      outcome: "granted",
      serviceAccountId: given.account.id,
      jti,
      tokenSha256: sha256,
      kid: decodeProtectedHeader(token).kid,
      issuer: issuer.url,
      claims: { repository_id: "777001" },
      actor: { type: "workload" },
    });
    const dump = JSON.stringify((await env.DB.prepare("SELECT * FROM audit_event").all()).results);
    for (const secret of [token, token.split(".")[2] ?? "", body.access_token])
      expect(dump).not.toContain(secret);
    expect(JSON.stringify(service.log)).not.toMatch(/eyJ[\w-]+\.[\w-]+\./);
  });

  it("another tenant reads nothing of it", async () => {
    const other = await givenTrust(service);
    const { body } = await service.call("GET", `/v1/projects/${other.project}/audit-events?pageSize=200`);
    expect(body.items.every((event: { projectId: string }) => event.projectId !== given.account.id)).toBe(
      true,
    );
    expect(JSON.stringify(body)).not.toContain(given.account.id);
  });
});
