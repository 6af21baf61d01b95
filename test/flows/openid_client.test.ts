import { decodeJwt, decodeProtectedHeader, importPKCS8 } from "jose";
import * as client from "openid-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalWorker, startLocalWorker } from "../../scripts/local_worker.ts";
import { type ForeignIssuer, githubClaims, startForeignIssuer } from "../support/foreign_issuer.ts";
import { givenKey, refusalsOf } from "./accounts.ts";
import { givenTrust } from "./clients.ts";

const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const JWT_TYPE = "urn:ietf:params:oauth:token-type:jwt";
const ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token";

let service: LocalWorker;
let issuer: ForeignIssuer;
beforeAll(async () => {
  [service, issuer] = await Promise.all([startLocalWorker(), startForeignIssuer()]);
});
afterAll(async () => {
  await Promise.all([service.close(), issuer.close()]);
});

/** What the library sent: path, headers and form of each request that has one. */
interface Sent {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly form: URLSearchParams;
}

/** A client that knows our URL and who it is; everything else it discovers. */
async function discover(clientId: string, auth: client.ClientAuth, algorithm: "oidc" | "oauth2" = "oidc") {
  const sent: Sent[] = [];
  const config = await client.discovery(new URL(service.url), clientId, undefined, auth, {
    algorithm,
    execute: [client.allowInsecureRequests],
  });
  config[client.customFetch] = (url, options) => {
    if (options.body instanceof URLSearchParams) {
      const form = new URLSearchParams(options.body);
      sent.push({ path: new URL(url).pathname, headers: options.headers, form });
    }
    return fetch(url, options as RequestInit);
  };
  return { config, sent };
}

/** An account with a key, and how the library authenticates with that key file. */
async function givenClient(algorithm: string, alg: string) {
  const given = await givenKey(service, { algorithm });
  const { kid, privateKey } = JSON.parse(given.text).credentials as { kid: string; privateKey: string };
  return { ...given, kid, auth: client.PrivateKeyJwt({ key: await importPKCS8(privateKey, alg), kid }) };
}

describe.each([
  ["by its e-mail", (account: { id: string; email: string }) => account.email],
  ["by its id", (account: { id: string; email: string }) => account.id],
])("an account that names itself %s", (_name, nameOf) => {
  it.each([
    ["RSA_2048", "RS256"],
    ["RSA_2048", "PS256"],
    ["RSA_4096", "RS512"],
    ["EC_P256", "ES256"],
    ["ED25519", "Ed25519"],
  ])("gets a token with its %s key and %s (client credentials, private_key_jwt)", async (algorithm, alg) => {
    const { account, kid, auth } = await givenClient(algorithm, alg);
    const { config, sent } = await discover(nameOf(account), auth);
    const tokens = await client.clientCredentialsGrant(config);
    expect(tokens).toMatchObject({ token_type: "bearer", expires_in: 3600, scope: "" });
    expect(decodeJwt(tokens.access_token)).toMatchObject({ sub: account.id, auth_method: "key" });

    const assertion = sent[0]?.form.get("client_assertion") ?? "";
    expect([...(sent[0]?.form.keys() ?? [])].sort()).toEqual([
      "client_assertion",
      "client_assertion_type",
      "client_id",
      "grant_type",
    ]);
    expect(decodeProtectedHeader(assertion)).toEqual({ alg, kid });
    const { iss, sub, aud, iat = 0, nbf, exp, jti } = decodeJwt(assertion);
    const name = nameOf(account);
    expect({ iss, sub, aud, nbf, exp }).toEqual({
      iss: name,
      sub: name,
      aud: service.url,
      nbf: iat,
      exp: iat + 60,
    });
    expect(jti).toMatch(/^[\w-]{43}$/);
  });

  it("asks about its token and takes it back, with the same authentication", async () => {
    const { account, auth } = await givenClient("RSA_2048", "RS256");
    const { config, sent } = await discover(nameOf(account), auth);
    const { access_token: token } = await client.clientCredentialsGrant(config);
    expect(await client.tokenIntrospection(config, token)).toMatchObject({
      active: true,
      iss: service.url,
      sub: account.id,
      client_id: account.id,
      token_type: "Bearer",
    });
    expect(await client.tokenRevocation(config, token, { token_type_hint: "access_token" })).toBeUndefined();
    expect(await client.tokenIntrospection(config, token)).toEqual({ active: false });
    expect(await client.tokenRevocation(config, token)).toBeUndefined();
    const assertions = sent.map(({ form }) => form.get("client_assertion") ?? "");
    expect(sent.map(({ path }) => path.replace("/oauth/v2/", ""))).toEqual([
      ...["token", "introspect", "revoke", "introspect", "revoke"],
    ]);
    expect(new Set(assertions.map((assertion) => decodeJwt(assertion).jti)).size).toBe(5);
    expect(new Set(assertions.map((assertion) => decodeJwt(assertion).aud))).toEqual(new Set([service.url]));
  });

  it("presents a foreign token for itself (token exchange), as often as it likes", async () => {
    const email = await givenTrust(service, issuer.issuer, `t${crypto.randomUUID().slice(0, 8)}`);
    const token = await issuer.token(githubClaims(), { audience: service.url });
    const id = decodeJwt((await exchanged(email, token)).access_token).sub ?? "";
    const tokens = await exchanged(nameOf({ id, email }), token);
    expect(tokens).toMatchObject({ token_type: "bearer", issued_token_type: ACCESS_TOKEN_TYPE });
    expect(decodeJwt(tokens.access_token)).toMatchObject({ email, auth_method: "federation" });
  });

  it("presents a foreign token and its own assertion by jwt-bearer", async () => {
    const email = await givenTrust(service, issuer.issuer, `b${crypto.randomUUID().slice(0, 8)}`);
    const assertion = await issuer.token(githubClaims(), { audience: service.url });
    const foreign = await discover(email, client.None());
    const got = await client.genericGrantRequest(foreign.config, JWT_BEARER, { assertion });
    expect(got).not.toHaveProperty("refresh_token");
    expect(decodeJwt(got.access_token)).toMatchObject({ email, auth_method: "federation" });

    const { account, auth } = await givenClient("EC_P256", "ES256");
    const { config } = await discover(nameOf(account), client.None());
    const own = new URLSearchParams();
    await auth(config.serverMetadata(), config.clientMetadata(), own, new Headers());
    const present = () =>
      client.genericGrantRequest(config, JWT_BEARER, { assertion: own.get("client_assertion") ?? "" });
    expect(decodeJwt((await present()).access_token)).toMatchObject({ sub: account.id, auth_method: "key" });
    await expect(present()).rejects.toMatchObject({ error: "invalid_grant", status: 400 });
  });
});

async function exchanged(clientId: string, token: string) {
  const { config } = await discover(clientId, client.None());
  return client.genericGrantRequest(config, TOKEN_EXCHANGE, {
    subject_token: token,
    subject_token_type: JWT_TYPE,
  });
}

describe("what the library makes of us", () => {
  it.each(["oidc", "oauth2"] as const)("it discovers by %s all that it needs", async (algorithm) => {
    const { account, auth } = await givenClient("EC_P256", "ES256");
    const { config } = await discover(account.email, auth, algorithm);
    expect(config.serverMetadata()).toMatchObject({ issuer: service.url });
    expect((await client.clientCredentialsGrant(config)).access_token).toMatch(/^eyJ/);
  });

  it("a refusal is an error with our code and words", async () => {
    const { account, project, keys, kid, auth } = await givenClient("RSA_2048", "RS256");
    await fetch(`${service.url}${keys}/${kid}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${service.bootstrapToken}` },
    });
    const { config } = await discover(account.email, auth);
    const words = expect.stringMatching(/^Key with kid .*? was not found/);
    await expect(client.clientCredentialsGrant(config)).rejects.toMatchObject({
      ...{ error: "invalid_client", status: 401, error_description: words },
    });
    await expect(client.tokenIntrospection(config, "x")).rejects.toMatchObject({ error: "invalid_client" });
    await expect(client.tokenRevocation(config, "x")).rejects.toMatchObject({ error: "invalid_client" });
    expect(await refusalsOf(service, project)).toEqual(Array(3).fill("key_not_found"));
  });

  it("one JWT at a time: whoever exchanges a token does not authenticate besides", async () => {
    const { account, auth } = await givenClient("EC_P256", "ES256");
    const { config } = await discover(account.email, auth);
    const both = { subject_token: "a.b.c", subject_token_type: JWT_TYPE };
    await expect(client.genericGrantRequest(config, TOKEN_EXCHANGE, both)).rejects.toMatchObject({
      ...{ error: "invalid_request", error_description: expect.stringContaining("without client_assertion") },
    });
  });

  it("asked for an audience that is not allowed it hears invalid_target", async () => {
    const { account, auth } = await givenClient("RSA_2048", "RS256");
    const { config } = await discover(account.email, auth);
    const asked = client.clientCredentialsGrant(config, { resource: "https://other.example" });
    await expect(asked).rejects.toMatchObject({ error: "invalid_target", status: 400 });
  });
});
