import { base64url, SignJWT } from "jose";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { issuer as foreign, givenTrust, startService } from "./harness.ts";
import {
  type GivenIdentityProvider,
  givenBindingRow,
  givenIdentityProvider,
  givenProject,
  newIssuerKey,
} from "./identity_provider_kit.ts";
import { callAs, comparable, hmacJwt } from "./project_token_kit.ts";
import { freshName } from "./token_holders.ts";

/** Persons by their ID tokens: who is believed, as whom, and what he may do. */

const service = startService();
let provider: GivenIdentityProvider;
let project: Awaited<ReturnType<typeof givenProject>>;
beforeAll(async () => {
  provider = await givenIdentityProvider(service);
});
beforeEach(async () => {
  project = await givenProject(service);
});

/** Binds the viewer's role, or what is told, to somebody whom the provider vouches for. */
async function bind(principal: Record<string, unknown>, more: Record<string, unknown> = {}, by = provider) {
  const body = { principal: { identityProvider: by.id, ...principal }, role: "viewer", ...more };
  const made = await service.call("POST", project.bindings, body);
  if (made.status !== 201) throw new Error(JSON.stringify(made.body));
}

/** What the bearer of this token gets of the project. */
async function statusOf(token: string, at = service) {
  return (await callAs(at, token, "GET", project.path)).status;
}

describe("a person", () => {
  it("without a binding sees no project, in the words of one that is nowhere", async () => {
    const token = await provider.idToken();
    const there = await callAs(service, token, "GET", project.path);
    expect([there.status, there.body.code]).toEqual([404, "not_found"]);
    const nowhere = await callAs(service, token, "GET", `/v1/projects/${crypto.randomUUID()}`);
    expect(comparable(there)).toBe(comparable(nowhere));
    const list = await callAs(service, token, "GET", "/v1/projects");
    expect(JSON.stringify(list.body)).not.toContain(project.id);
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ["his subject", { type: "person", subject: "ada" }, {}],
    [
      "his e-mail",
      { type: "person", email: "ada@x.example" },
      { email: "ada@x.example", email_verified: true },
    ],
    ["his group", { type: "group", name: "staff" }, { groups: ["all", "staff"] }],
    ["his only group", { type: "group", name: "staff" }, { groups: "staff" }],
  ])("bound by %s reads the project, and is told what else he lacks", async (_by, principal, claims) => {
    await bind(principal);
    const token = await provider.idToken(claims);
    expect((await callAs(service, token, "GET", project.path)).body).toMatchObject({ id: project.id });
    const change = await callAs(service, token, "PATCH", project.path, { displayName: "x" });
    expect([change.status, change.body.code]).toEqual([403, "permission_denied"]);
    expect(change.body.detail).toContain(` projects:update on project ${project.id} `);
    expect(await statusOf(await provider.idToken({ sub: "eve" }))).toBe(404);
    const elsewhere = await givenProject(service);
    expect((await callAs(service, token, "GET", elsewhere.path)).status).toBe(404);
  });

  it("stands in the record, by issuer and subject", async () => {
    await bind({ type: "person", subject: "ada" }, { role: "editor" });
    const token = await provider.idToken();
    expect((await callAs(service, token, "PATCH", project.path, { displayName: "x" })).status).toBe(200);
    const refused = await callAs(service, token, "DELETE", project.path);
    expect(refused.status).toBe(403);
    const { body } = await service.call("GET", `${project.path}/audit-events?pageSize=2`);
    const actor = { type: "person", id: `${provider.issuer} ada` };
    expect(body.items).toMatchObject([
      { action: "project.delete", outcome: "refused", reason: "permission_denied", actor },
      { action: "project.update", outcome: "granted", actor },
    ]);
  });

  it("is the provider's own: the same names of another provider are somebody else", async () => {
    const other = await givenIdentityProvider(service);
    await bind({ type: "person", subject: "ada" });
    await bind({ type: "person", email: "ada@x.example" });
    await bind({ type: "group", name: "staff" });
    const claims = { email: "ada@x.example", email_verified: true, groups: ["staff"] };
    expect(await statusOf(await provider.idToken(claims))).toBe(200);
    expect(await statusOf(await other.idToken(claims))).toBe(404);
    expect(await statusOf(await other.idToken({ ...claims, iss: provider.issuer }))).toBe(401);
    expect(await statusOf(await provider.idToken({ ...claims, iss: other.issuer }))).toBe(401);
  });

  it("is no subject by his e-mail or group, and no group by his subject", async () => {
    await bind({ type: "person", subject: "staff" });
    await bind({ type: "group", name: "ada" });
    const claims = { email: "staff", email_verified: true, groups: ["staff"] };
    expect(await statusOf(await provider.idToken(claims))).toBe(404);
  });

  it("may be fetched keys for, of an issuer that publishes them", async () => {
    const made = await service.call("POST", "/v1/identity-providers", {
      name: freshName(),
      issuer: foreign.url,
      audience: "cli",
    });
    expect(made.status).toBe(201);
    const principal = { type: "person", identityProvider: made.body.id, subject: "ada" };
    await service.call("POST", project.bindings, { principal, role: "viewer" });
    const token = await foreign.token({ sub: "ada" }, "cli");
    expect(await statusOf(token)).toBe(200);
    const { privateKey } = await newIssuerKey();
    const forged = await new SignJWT({ iss: foreign.url, sub: "ada", aud: "cli", exp: 9e9 })
      .setProtectedHeader({ alg: "ES256", kid: "unknown" })
      .sign(privateKey);
    expect(await statusOf(forged), "a kid that nobody published").toBe(401);
    expect(await statusOf(token), "a known key still is").toBe(200);
    await service.call("DELETE", `/v1/identity-providers/${made.body.id}?cascade=true`);
    expect(await statusOf(token)).toBe(401);
  });
});

describe("an e-mail is his", () => {
  const ADA = "ada@x.example";
  const principal = { type: "person", email: "Ada@X.example" };
  it.each<[string, Record<string, unknown>, number]>([
    ["verified", { email: ADA, email_verified: true }, 200],
    ["in other letters", { email: "ADA@x.EXAMPLE", email_verified: true }, 200],
    ["unverified", { email: ADA, email_verified: false }, 404],
    ["of which nothing is said", { email: ADA }, 404],
    ["verified by a text", { email: ADA, email_verified: "true" }, 404],
    ["verified by a number", { email: ADA, email_verified: 1 }, 404],
    ["in a list", { email: [ADA], email_verified: true }, 404],
    ["elsewhere", { mail: ADA, email: "eve@x.example", email_verified: true }, 404],
    ["his that begins alike", { email: `${ADA}.org`, email_verified: true }, 404],
    ["with a space", { email: ` ${ADA}`, email_verified: true }, 404],
  ])("%s", async (_how, claims, status) => {
    await bind(principal);
    expect(await statusOf(await provider.idToken({ sub: "x", ...claims }))).toBe(status);
  });

  it("with a letter that lower case makes another one of is another one", async () => {
    await bind({ type: "person", email: "mike@x.example" });
    const claims = {
      sub: "x",
      email: "mi\u212ae@x.example",
      email_verified: true,
      nickname: "mike@x.example",
    };
    expect(await statusOf(await provider.idToken(claims))).toBe(404);
  });

  it("unverified where the provider is trusted with it", async () => {
    const trusted = await givenIdentityProvider(service, { trustsEmail: true });
    await bind(principal, {}, trusted);
    expect(await statusOf(await trusted.idToken({ sub: "x", email: ADA }))).toBe(200);
  });

  it("by another claim only where the provider is trusted: email_verified speaks of email", async () => {
    const mapped = await givenIdentityProvider(service, { mapping: { email: "/profile/mail" } });
    await bind(principal, {}, mapped);
    const claims = { sub: "x", profile: { mail: ADA }, email: "eve@x.example", email_verified: true };
    expect(await statusOf(await mapped.idToken(claims))).toBe(404);
    await service.call("PATCH", mapped.path, { trustsEmail: true });
    expect(await statusOf(await mapped.idToken(claims))).toBe(200);
  });

  it("enough to be denied, verified or not", async () => {
    await bind({ type: "group", name: "staff" });
    await bind(principal, { effect: "deny" });
    const claims = { sub: "x", groups: ["staff"] };
    expect(await statusOf(await provider.idToken({ ...claims, email: "eve@x.example" }))).toBe(200);
    expect(await statusOf(await provider.idToken({ ...claims, email: ADA }))).toBe(403);
  });

  it.each<[string, Record<string, unknown>]>([
    ["left out", {}],
    ["null", { email: null }],
    ["a list", { email: [ADA] }],
    ["with a blank behind", { email: `${ADA} ` }],
  ])("not to be escaped by leaving it unknown: %s", async (_name, claims) => {
    await bind({ type: "person", subject: "ada" });
    await bind(principal, { effect: "deny" });
    expect(await statusOf(await provider.idToken({ groups: [], ...claims }))).toBe(403);
    await bind({ type: "person", subject: "eve" });
    expect(await statusOf(await provider.idToken({ sub: "eve", email: "eve@x.example" }))).toBe(200);
  });
});

describe("groups", () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => `g${index}`);
  beforeEach(() => bind({ type: "group", name: "staff" }));

  it.each<[string, Record<string, unknown>]>([
    ["left out", {}],
    ["null", { groups: null }],
    ["no texts", { groups: [{ name: "banned" }] }],
  ])("that are denied are not escaped by leaving them unknown: %s", async (_name, claims) => {
    await bind({ type: "person", subject: "ada" });
    await bind({ type: "group", name: "banned" }, { effect: "deny" });
    expect(await statusOf(await provider.idToken(claims))).toBe(403);
    expect(await statusOf(await provider.idToken({ groups: [] }))).toBe(200);
  });

  it.each<[string, Record<string, unknown>, number]>([
    ["one of 200", { groups: [...many(199), "staff"] }, 200],
    ["one of 201: one could be denied", { groups: [...many(200), "staff"] }, 401],
    ["left out for their number", { _claim_names: { groups: "src1" }, _claim_sources: {} }, 401],
    ["left out, by a flag", { hasgroups: true }, 401],
    ["other claims left out", { groups: "staff", _claim_names: { address: "src1" } }, 200],
    ["in other letters", { groups: ["Staff"] }, 404],
    ["a list in a list", { groups: [["staff"]] }, 404],
    ["an object", { groups: { staff: true } }, 404],
    ["no texts", { groups: [1, null, true, {}] }, 404],
    ["joined by a comma", { groups: "all,staff" }, 404],
    ["in another claim", { roles: ["staff"] }, 404],
    ["none", {}, 404],
    ["null", { groups: null }, 404],
  ])("%s", async (_how, claims, status) => {
    expect(await statusOf(await provider.idToken(claims))).toBe(status);
  });

  it.each(["/realm_access/roles", "https://x.example/roles", "/a~1b/0/~0c"])("at %s", async (item) => {
    const mapped = await givenIdentityProvider(service, { mapping: { groups: item } });
    await bind({ type: "group", name: "staff" }, {}, mapped);
    const claims = {
      realm_access: { roles: ["staff"] },
      "https://x.example/roles": ["staff"],
      "a/b": [{ "~c": "staff" }],
    };
    expect(await statusOf(await mapped.idToken(claims))).toBe(200);
    expect(await statusOf(await mapped.idToken({ groups: ["staff"] }))).toBe(404);
  });

  it("one denied is enough", async () => {
    await bind({ type: "group", name: "leavers" }, { effect: "deny" });
    expect(await statusOf(await provider.idToken({ groups: ["staff"] }))).toBe(200);
    expect(await statusOf(await provider.idToken({ groups: ["staff", "leavers"] }))).toBe(403);
  });
});

describe("nobody by a token", () => {
  const now = () => Math.floor(Date.now() / 1000);
  beforeEach(() => bind({ type: "person", subject: "ada" }));

  it.each<[string, Record<string, unknown>, Record<string, unknown>?]>([
    ["for another client", { aud: "other" }],
    ["for us as a workload's", { aud: service.url }],
    ["for a list without us", { aud: ["other"] }],
    ["for several clients, and no azp", { aud: ["countersign", "other"] }],
    ["for several clients, asked for by another", { aud: ["countersign", "other"], azp: "other" }],
    ["for us, asked for by another", { azp: "other" }],
    ["whose azp is no text", { azp: ["countersign"] }],
    ["that is over", { exp: now() - 61 }],
    ["that lives too long", { exp: now() + 8 * 86_400 }],
    ["that begins later", { nbf: now() + 120 }],
    ["from the future", { iat: now() + 120 }],
    ["without exp", { exp: undefined }],
    ["without aud", { aud: undefined }],
    ["without sub", { sub: undefined }],
    ["without iss", { iss: undefined }],
    ["of our own", { iss: service.url }],
    ["of our own with a slash", { iss: `${service.url}/` }],
    ["of an issuer that nobody registered", { iss: "https://elsewhere.example.com" }],
    ["that logs out", { events: {} }],
    ["that is an access token", {}, { typ: "at+jwt" }],
    ["that authenticates a client", {}, { typ: "client-authentication+jwt" }],
    ["with an unknown kid", {}, { kid: "other" }],
    ["without a kid", {}, { kid: undefined }],
    ["with critical headers", {}, { crit: ["b64"], b64: true }],
  ])("%s", async (_what, claims, header = {}) => {
    expect(await statusOf(await provider.idToken())).toBe(200);
    expect(await statusOf(await provider.idToken(claims, header))).toBe(401);
  });

  it.each<[string, Record<string, unknown>]>([
    ["for us alone, in a list", { aud: ["countersign"] }],
    ["for several, asked for by us", { aud: ["other", "countersign"], azp: "countersign" }],
    ["that ended within the leeway", { exp: now() - 30 }],
  ])("but somebody by one %s", async (_what, claims) => {
    expect(await statusOf(await provider.idToken(claims))).toBe(200);
  });

  it("without a signature, with another's, with an HMAC of the public key, or changed", async () => {
    const token = await provider.idToken();
    const [header = "", payload = "", signature = ""] = token.split(".");
    const part = (value: unknown) => base64url.encode(JSON.stringify(value));
    const claims = JSON.parse(new TextDecoder().decode(base64url.decode(payload)));
    const stranger = await newIssuerKey(provider.key.kid);
    const forged = await new SignJWT(claims)
      .setProtectedHeader({ alg: "ES256", kid: provider.key.kid })
      .sign(stranger.privateKey);
    const secret = JSON.stringify(provider.key.jwk);
    const later = part({ ...claims, groups: ["owners"] });
    for (const bad of [
      `${part({ alg: "none", kid: provider.key.kid })}.${payload}.`,
      `${part({ alg: "none", kid: provider.key.kid })}.${payload}.${signature}`,
      await hmacJwt(claims, secret, { alg: "HS256", kid: provider.key.kid }),
      forged,
      `${header}.${later}.${signature}`,
      `${part({ alg: "ES256", kid: provider.key.kid, jwk: stranger.jwk })}.${forged.split(".").slice(1).join(".")}`,
      `${token}=`,
      `${token}.x`,
      token.slice(0, -1),
    ]) {
      expect(await statusOf(bad)).toBe(401);
    }
  });

  it("beyond 16 KiB, and whatever it says up to there", async () => {
    expect(await statusOf(await provider.idToken({ pad: "x".repeat(13_000) }))).toBe(401);
    const names = Array.from({ length: 1800 }, (_, index) => index.toString(36));
    expect(await statusOf(await provider.idToken({ names }))).toBe(200);
    const odd = { a: "\ud800", b: "\u0000", c: "\"'\\", d: { e: [[null, { f: "g" }]] } };
    expect(await statusOf(await provider.idToken(odd))).toBe(200);
    expect(await statusOf(await provider.idToken({ __proto__: { groups: "x" }, constructor: "y" }))).toBe(
      200,
    );
  });

  it("that a workload's trust would believe", async () => {
    const trust = await givenTrust(service, {
      issuer: "https://ci.example.com",
      jwks: { keys: [provider.key.jwk] },
      assertions: [{ item: "sub", operator: "equals", value: "ada" }],
    });
    const token = await provider.idToken({ iss: "https://ci.example.com", aud: service.url });
    expect((await service.exchange({ ...exchange(token), client_id: trust.account.id })).status).toBe(200);
    expect(await statusOf(token)).toBe(401);
  });

  it("of a provider that is disabled or gone, and at once", async () => {
    const own = await givenIdentityProvider(service);
    await bind({ type: "person", subject: "ada" }, {}, own);
    const token = await own.idToken();
    expect(await statusOf(token)).toBe(200);
    await service.call("PATCH", own.path, { disabled: true });
    expect(await statusOf(token)).toBe(401);
    await service.call("PATCH", own.path, { disabled: false });
    expect(await statusOf(token)).toBe(200);
    await service.call("PATCH", own.path, { audience: "other" });
    expect(await statusOf(token)).toBe(401);
    await service.call("PATCH", own.path, {
      audience: "countersign",
      jwks: { keys: [(await newIssuerKey("k2")).jwk] },
    });
    expect(await statusOf(token)).toBe(401);
    await service.call("DELETE", `${own.path}?cascade=true`);
    expect(await statusOf(token)).toBe(401);
  });

  it("of an issuer that does not answer now: nobody can tell, and the answer says so", async () => {
    const silent = startService({ fetch: () => Promise.reject(new Error("down")) });
    const own = await givenIdentityProvider(silent);
    await silent.call("PATCH", own.path, { jwks: null });
    const answer = await callAs(silent, await own.idToken(), "GET", project.path);
    expect([answer.status, answer.body.code]).toEqual([503, "unavailable"]);
    expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
  });

  it("and the log says why, the answer does not", async () => {
    const logging = startService();
    const answers = [];
    for (const claims of [{ aud: "other" }, { exp: 1 }, { iss: "https://elsewhere.example.com" }]) {
      answers.push(await callAs(logging, await provider.idToken(claims), "GET", project.path));
    }
    expect(new Set(answers.map(comparable)).size).toBe(1);
    expect(logging.log.filter(({ event }) => event === "person_refused")).toEqual(
      ["audience_mismatch", "token_expired"].map((reason) => ({
        level: "info",
        event: "person_refused",
        identityProvider: provider.id,
        reason,
      })),
    );
  });

  it("at the endpoints for clients, where no person is one", async () => {
    const token = await provider.idToken();
    for (const path of ["/oauth/v2/introspect", "/oauth/v2/revoke"]) {
      const body = new URLSearchParams({ token });
      const headers = { authorization: `Bearer ${token}` };
      expect((await service.fetch(path, { method: "POST", body, headers })).status).toBe(401);
    }
  });
});

function exchange(token: string) {
  return {
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token: token,
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
  };
}

describe("a condition", () => {
  it("that is over gives a person nothing", async () => {
    const row = { principal_id: "ada", identity_provider_id: provider.id };
    await givenBindingRow(project.id, { ...row, condition: '{"notAfter":1}' });
    expect(await statusOf(await provider.idToken())).toBe(403);
  });
});
