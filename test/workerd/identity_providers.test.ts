import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type Answer, startService } from "./harness.ts";
import {
  givenBindingRow,
  givenIdentityProvider,
  givenProject,
  newIssuerKey,
} from "./identity_provider_kit.ts";
import { callAs, comparable, givenAccount, givenToken } from "./project_token_kit.ts";
import { freshName } from "./token_holders.ts";

const service = startService();
const PATH = "/v1/identity-providers";
const OTHER_KEY = (await newIssuerKey("k2")).jwk;
const DEFAULTS = { email: "email", name: "name", groups: "groups" };
const fresh = () => {
  const name = freshName();
  return { name, issuer: `https://${name}.example.com`, audience: "countersign" };
};

/** What a refusal says: status, code, and of each member its place and why. */
function saidBy({ status, body }: Answer) {
  const errors = (body.errors ?? []) as readonly { pointer: string; code: string }[];
  return [status, body.code, ...errors.map(({ pointer, code }) => `${pointer} ${code}`)];
}

async function lastEvent() {
  return (await service.call("GET", "/v1/audit-events?pageSize=1")).body.items[0];
}

describe("an identity provider", () => {
  it("is created, read by id and name, changed, listed, deleted, and each write leaves its event", async () => {
    const input = fresh();
    const created = await service.call("POST", PATH, input);
    expect(created.status).toBe(201);
    expect(created.body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      ...input,
      mapping: DEFAULTS,
      trustsEmail: false,
      jwks: null,
      disabled: false,
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      updatedAt: created.body.createdAt,
    });
    const path = `${PATH}/${created.body.id}`;
    expect(created.headers.get("location")).toBe(path);
    const target = { type: "identity_provider", id: created.body.id };
    expect(await lastEvent()).toMatchObject({ action: "identity_provider.create", target, projectId: null });

    const read = await service.call("GET", path);
    expect(read.body).toEqual(created.body);
    expect((await service.call("GET", `${PATH}/${input.name}`)).body).toEqual(created.body);
    const etag = read.headers.get("etag") ?? "";
    expect(etag).toBe(created.headers.get("etag"));
    expect((await service.call("GET", path, undefined, { "if-none-match": etag })).status).toBe(304);

    const change = { ...fresh(), audience: "other", trustsEmail: true, disabled: true };
    const changed = await service.call("PATCH", path, change, { "if-match": etag });
    expect([changed.status, changed.body]).toEqual([
      200,
      { ...created.body, ...change, updatedAt: expect.any(String) },
    ]);
    expect(changed.headers.get("etag")).not.toBe(etag);
    expect((await service.call("GET", path)).body).toEqual(changed.body);
    const detail = "name, issuer, audience, trustsEmail, disabled";
    expect(await lastEvent()).toMatchObject({ action: "identity_provider.update", detail, target });

    expect((await service.call("GET", PATH)).body.items).toContainEqual(changed.body);
    expect((await service.call("DELETE", path)).status).toBe(204);
    expect(await lastEvent()).toMatchObject({ action: "identity_provider.delete", target });
    expect(saidBy(await service.call("GET", path))).toEqual([404, "not_found"]);
    expect(saidBy(await service.call("DELETE", path))).toEqual([404, "not_found"]);
    expect((await service.call("POST", PATH, change)).status, "name and issuer are free again").toBe(201);
  });

  it("merges its mapping member by member, and null takes back to the usual claim", async () => {
    const { path } = await givenIdentityProvider(service, { mapping: { groups: "/realm/roles" } });
    const mappingAfter = async (mapping: unknown) =>
      (await service.call("PATCH", path, { mapping })).body.mapping;
    expect((await service.call("GET", path)).body.mapping).toEqual({ ...DEFAULTS, groups: "/realm/roles" });
    const both = { ...DEFAULTS, email: "upn", groups: "/realm/roles" };
    expect(await mappingAfter({ email: "upn" })).toEqual(both);
    expect(await mappingAfter({})).toEqual(both);
    expect(await mappingAfter({ groups: null })).toEqual({ ...DEFAULTS, email: "upn" });
    expect(await mappingAfter(null)).toEqual(DEFAULTS);
  });

  it("keeps of uploaded keys what is public, and lets them go for fetched ones", async () => {
    const { jwk } = await newIssuerKey("only");
    const keys = [{ ...jwk, x5u: "https://elsewhere.example" }];
    const issuer = `https://${freshName()}.internal`;
    const { path } = await givenIdentityProvider(service, { issuer, jwks: { keys } });
    const kept = (await service.call("GET", path)).body.jwks.keys;
    const { kty, crv, x, y } = jwk;
    expect(kept).toEqual([{ kty, crv, x, y, kid: "only", alg: "ES256" }]);
    const fetched = await service.call("PATCH", path, { jwks: null });
    expect(saidBy(fetched), "a private host needs them").toEqual([
      400,
      "invalid_body",
      "/issuer issuer_not_allowed",
    ]);
    const moved = await service.call("PATCH", path, { jwks: null, issuer: fresh().issuer });
    expect([moved.status, moved.body.jwks]).toEqual([200, null]);
  });

  it("pages without losing or repeating one", async () => {
    const mine: string[] = [];
    for (let index = 0; index < 4; index++) mine.push((await givenIdentityProvider(service)).id);
    const found: string[] = [];
    let pageToken = "";
    do {
      const { body } = await service.call(
        "GET",
        `${PATH}?pageSize=3${pageToken && `&pageToken=${pageToken}`}`,
      );
      found.push(...body.items.map(({ id }: { id: string }) => id));
      pageToken = body.nextPageToken ?? "";
    } while (pageToken !== "");
    expect(found.filter((id) => mine.includes(id))).toEqual(mine);
    expect(new Set(found).size).toBe(found.length);
  });

  it("is not changed at another state than If-Match names", async () => {
    const { path, etag } = await givenIdentityProvider(service);
    expect((await service.call("PATCH", path, { audience: "b" }, { "if-match": etag })).status).toBe(200);
    for (const [method, body] of [["PATCH", { audience: "c" }], ["DELETE"]] as const) {
      const stale = await service.call(method, path, body, { "if-match": etag });
      expect(saidBy(stale)).toEqual([412, "precondition_failed"]);
    }
  });
});

describe("a bad member is named", () => {
  const either: readonly [string, Record<string, unknown>, string][] = [
    ["an empty name", { name: "" }, "/name too_small, /name custom"],
    ["a name in the form of an id", { name: crypto.randomUUID() }, "/name custom"],
    ["a null name", { name: null }, "/name invalid_type"],
    ["a name of 129 characters", { name: "a".repeat(129) }, "/name too_big"],
    ["an issuer that is no URL", { issuer: "corp" }, "/issuer issuer_not_allowed"],
    ["an issuer over http", { issuer: "http://login.example.com" }, "/issuer issuer_not_allowed"],
    ["an issuer of a private host", { issuer: "https://dex.svc" }, "/issuer issuer_not_allowed"],
    ["our own issuer", { issuer: service.url }, "/issuer issuer_not_allowed"],
    ["our own issuer with a slash", { issuer: `${service.url}/` }, "/issuer issuer_not_allowed"],
    ["our own issuer by another name", { issuer: "http://localhost:8787" }, "/issuer issuer_not_allowed"],
    ["a null issuer", { issuer: null }, "/issuer invalid_type"],
    ["an empty audience", { audience: "" }, "/audience too_small, /audience custom"],
    ["a null audience", { audience: null }, "/audience invalid_type"],
    ["several audiences", { audience: ["a"] }, "/audience invalid_type"],
    ["a claim nobody maps", { mapping: { phone: "tel" } }, "/mapping/phone unknown_member"],
    ["an empty claim", { mapping: { email: "" } }, "/mapping/email too_small"],
    ["a broken pointer", { mapping: { groups: "/a~2b" } }, "/mapping/groups invalid_pointer"],
    ["a text as trustsEmail", { trustsEmail: "true" }, "/trustsEmail invalid_type"],
    ["no keys", { jwks: { keys: [] } }, "/jwks/keys too_small"],
    ["a key that is none", { jwks: { keys: [{ kty: "EC" }] } }, "/jwks/keys/0 unusable_key"],
    ["a secret key", { jwks: { keys: [{ kty: "oct", kid: "k", k: "AAAA" }] } }, "/jwks/keys/0 unusable_key"],
    ["a member nobody knows", { clientSecret: "x" }, "/clientSecret unknown_member"],
  ];

  it.each([
    ["no name", { name: undefined }, "/name invalid_type"],
    ["no issuer", { issuer: undefined }, "/issuer invalid_type"],
    ["no audience", { audience: undefined }, "/audience invalid_type"],
    ["a null key set", { jwks: null }, "/jwks invalid_type"],
    ...either,
  ])("on creation: %s", async (_name, members, said) => {
    const answer = await service.call("POST", PATH, { ...fresh(), ...members });
    expect(saidBy(answer)).toEqual([400, "invalid_body", ...said.split(", ")]);
  });

  it.each(either)("in a change: %s", async (_name, members, said) => {
    const created = await service.call("POST", PATH, fresh());
    const path = `${PATH}/${created.body.id}`;
    expect(saidBy(await service.call("PATCH", path, members))).toEqual([
      400,
      "invalid_body",
      ...said.split(", "),
    ]);
    expect((await service.call("GET", path)).headers.get("etag")).toBe(created.headers.get("etag"));
  });

  it("all that is wrong at once", async () => {
    const body = { ...fresh(), issuer: service.url, mapping: { email: "/~", name: "/~9" } };
    expect(saidBy(await service.call("POST", PATH, body)).slice(2)).toEqual([
      "/issuer issuer_not_allowed",
      "/mapping/email invalid_pointer",
      "/mapping/name invalid_pointer",
    ]);
  });
});

describe("what another one has is taken", () => {
  it("name and issuer, on creation and by a change, but not by itself", async () => {
    const [first, second] = [await givenIdentityProvider(service), await givenIdentityProvider(service)];
    const { name, issuer } = first;
    const taken = [409, "name_taken"];
    for (const call of [
      (body: object) => service.call("POST", PATH, { ...fresh(), ...body }),
      (body: object) => service.call("PATCH", second.path, body),
    ]) {
      expect(saidBy(await call({ name }))).toEqual([...taken, "/name name_taken"]);
      expect(saidBy(await call({ issuer }))).toEqual([...taken, "/issuer name_taken"]);
      expect(saidBy(await call({ name, issuer }))).toEqual([
        ...taken,
        "/name name_taken",
        "/issuer name_taken",
      ]);
    }
    expect((await service.call("PATCH", first.path, { name, issuer })).status).toBe(200);
  });
});

describe("it is the operator's", () => {
  it("nobody gets in without a token", async () => {
    const { path } = await givenIdentityProvider(service);
    for (const at of [PATH, path]) expect((await service.fetch(at)).status).toBe(401);
  });

  it("an account and a person, owners of a project though they are, are told what they lack, and never which there are", async () => {
    const provider = await givenIdentityProvider(service);
    const own = await givenAccount(service);
    const token = await givenToken(service, own);
    await givenBindingRow(own.projectId, {
      principal_type: "service_account",
      principal_id: own.account.id,
      built_in_role: "owner",
    });
    await givenBindingRow(own.projectId, {
      principal_id: "ada",
      identity_provider_id: provider.id,
      built_in_role: "owner",
    });
    for (const bearer of [token.token, await provider.idToken()]) {
      expect((await callAs(service, bearer, "GET", `/v1/projects/${own.project}`)).status).toBe(200);
      for (const [method, path, body, permission] of [
        ["POST", PATH, fresh(), "create"],
        ["GET", PATH, undefined, "read"],
      ] as const) {
        const answer = await callAs(service, bearer, method, path, body);
        expect([answer.status, answer.body.code]).toEqual([403, "permission_denied"]);
        expect(answer.body.detail).toBe(
          `The permission identity-providers:${permission} on this service is missing: it is the operator's, who calls with the bootstrap token.`,
        );
      }
      for (const [method, query, body] of [
        ["GET", "", undefined],
        ["PATCH", "", { disabled: true }],
        ["DELETE", "?cascade=true", undefined],
      ] as const) {
        const there = await callAs(service, bearer, method, `${provider.path}${query}`, body);
        const nowhere = await callAs(service, bearer, method, `${PATH}/${crypto.randomUUID()}${query}`, body);
        expect(there.status).toBe(404);
        expect(comparable(there)).toBe(comparable(nowhere));
      }
    }
    expect((await service.call("GET", provider.path)).headers.get("etag")).toBe(provider.etag);
  });
});

async function grantsVersionOf(projectId: string) {
  const row = await env.DB.prepare("SELECT grants_version AS n FROM project WHERE id = ?")
    .bind(projectId)
    .first<{ n: number }>();
  return row?.n;
}

async function bindingsOf(providerId: string) {
  const row = await env.DB.prepare("SELECT count(*) AS n FROM role_binding WHERE identity_provider_id = ?")
    .bind(providerId)
    .first<{ n: number }>();
  return row?.n;
}

describe("role bindings that name it", () => {
  it("hold back another issuer, and say why; all else may change", async () => {
    const [provider, project] = [await givenIdentityProvider(service), await givenProject(service)];
    const id = await givenBindingRow(project.id, {
      principal_id: "ada",
      identity_provider_id: provider.id,
    });
    const { issuer } = fresh();
    const refused = await service.call("PATCH", provider.path, { issuer });
    expect(saidBy(refused)).toEqual([409, "in_use", "/issuer in_use"]);
    expect(refused.body.detail).toContain(`One role binding names it: ${id} in ${project.name}.`);
    const rest = { issuer: provider.issuer, audience: "b", trustsEmail: true, mapping: { email: "upn" } };
    expect((await service.call("PATCH", provider.path, rest)).status).toBe(200);
    await env.DB.prepare("DELETE FROM role_binding WHERE id = ?").bind(id).run();
    expect((await service.call("PATCH", provider.path, { issuer })).status).toBe(200);
  });

  it("hold back its end, unless they are taken along", async () => {
    const [provider, other] = [await givenIdentityProvider(service), await givenIdentityProvider(service)];
    const projects = [await givenProject(service), await givenProject(service), await givenProject(service)];
    const [one, two, three] = projects.map(({ id }) => id) as [string, string, string];
    const his = { identity_provider_id: provider.id };
    for (const index of [1, 2, 3, 4]) await givenBindingRow(one, { ...his, principal_id: `p${index}` });
    const group = { ...his, principal_type: "group", principal_id: "staff", effect: "deny" };
    for (const _index of [1, 2]) await givenBindingRow(two, group);
    await givenBindingRow(three, { identity_provider_id: other.id, principal_id: "p1" });
    const before = await Promise.all([one, two, three].map(grantsVersionOf));

    for (const query of ["", "?cascade=false", "?acknowledge=last_owner"]) {
      const refused = await service.call("DELETE", `${provider.path}${query}`);
      expect(saidBy(refused)).toEqual([409, "in_use"]);
      expect(refused.body.detail).toMatch(/^6 role bindings name it: .* and more\. .*cascade=true/);
      expect(refused.body.detail).toContain(` in ${projects[0]?.name}`);
    }
    expect(await bindingsOf(provider.id)).toBe(6);

    expect((await service.call("DELETE", `${provider.path}?cascade=true`)).status).toBe(204);
    expect(await lastEvent()).toMatchObject({ action: "identity_provider.delete", detail: "cascade" });
    expect(await bindingsOf(provider.id)).toBe(0);
    expect(await bindingsOf(other.id)).toBe(1);
    const after = await Promise.all([one, two, three].map(grantsVersionOf));
    expect(after).toEqual([Number(before[0]) + 1, Number(before[1]) + 1, before[2]]);
  });

  it("leave no project without an owner, unless that is acknowledged", async () => {
    const [provider, other] = [await givenIdentityProvider(service), await givenIdentityProvider(service)];
    const [lonely, shared] = [await givenProject(service), await givenProject(service)];
    const his = { identity_provider_id: provider.id, principal_id: "ada", built_in_role: "owner" };
    for (const { id } of [lonely, shared]) await givenBindingRow(id, his);
    await givenBindingRow(shared.id, { ...his, identity_provider_id: other.id });
    // None of these is an owner for good.
    await givenBindingRow(lonely.id, { ...his, identity_provider_id: other.id, condition: '{"notAfter":1}' });
    await givenBindingRow(lonely.id, { ...his, identity_provider_id: other.id, effect: "deny" });
    await givenBindingRow(lonely.id, { ...his, identity_provider_id: other.id, built_in_role: "editor" });
    const off = await givenIdentityProvider(service, { disabled: true });
    await givenBindingRow(lonely.id, { ...his, identity_provider_id: off.id });

    expect(saidBy(await service.call("DELETE", provider.path))).toEqual([409, "in_use"]);
    expect((await service.call("PATCH", provider.path, { disabled: true })).status).toBe(200);
    const refused = await service.call("DELETE", `${provider.path}?cascade=true`);
    expect(saidBy(refused)).toEqual([409, "last_owner"]);
    expect(refused.body.detail).toContain(`every owner of ${lonely.name}:`);
    expect(await bindingsOf(provider.id)).toBe(2);
    const both = `${provider.path}?cascade=true&acknowledge=last_owner`;
    expect((await service.call("DELETE", both)).status).toBe(204);
    expect(await bindingsOf(provider.id)).toBe(0);
  });

  it.each(["cascade=yes", "cascade", "acknowledge=all", "force=true"])("take no ?%s", async (query) => {
    const { path } = await givenIdentityProvider(service);
    expect(saidBy(await service.call("DELETE", `${path}?${query}`)).slice(0, 2)).toEqual([
      400,
      "invalid_query",
    ]);
  });
});

describe("access tokens that persons got through it", () => {
  async function givenTokens(providerId: string) {
    const { projectId, account } = await givenAccount(service);
    const [direct, child, unrelated] = [freshName(), freshName(), freshName()];
    const insert = env.DB.prepare(`INSERT INTO access_token (jti, project_id, service_account_id, auth_method,
      audience, scope, token_sha256, issued_at, expires_at, identity_provider_id, parent_jti)
      VALUES (?1, ?2, ?3, 'impersonation', 'a', '', ?1, 1, ?4, ?5, ?6)`);
    const bound = (jti: string, provider: string | null, parent: string | null) =>
      insert.bind(jti, projectId, account.id, Math.floor(Date.now() / 1000) + 600, provider, parent);
    await env.DB.batch([
      bound(direct, providerId, null),
      bound(child, null, direct),
      bound(unrelated, null, null),
    ]);
    const revoked = async () => {
      const { results } = await env.DB.prepare("SELECT jti FROM revoked_token WHERE jti IN (?, ?, ?)")
        .bind(direct, child, unrelated)
        .all<{ jti: string }>();
      return results.map(({ jti }) => jti).toSorted();
    };
    return { revoked, all: [direct, child].toSorted() };
  }

  it.each([
    ["it is disabled", "PATCH", { disabled: true }],
    ["it gets another issuer", "PATCH", { issuer: `https://${freshName()}.example.com` }],
    ["it gets another audience", "PATCH", { audience: "b" }],
    ["it gets other keys", "PATCH", { jwks: { keys: [OTHER_KEY] } }],
    ["it says elsewhere who somebody is", "PATCH", { mapping: { email: "upn" } }],
    ["it is believed another e-mail", "PATCH", { trustsEmail: true }],
    ["it is deleted", "DELETE", undefined],
  ] as const)("are revoked when %s, with those got by showing one", async (_when, method, body) => {
    const { id, path } = await givenIdentityProvider(service);
    const tokens = await givenTokens(id);
    expect((await service.call(method, path, body)).status).toBeLessThan(300);
    expect(await tokens.revoked()).toEqual(tokens.all);
  });

  it("live on when nothing of that changes", async () => {
    const { id, path, issuer, audience, key } = await givenIdentityProvider(service);
    const tokens = await givenTokens(id);
    const rest = { disabled: false, trustsEmail: false, mapping: { email: "email" } };
    const same = { issuer, audience, name: freshName(), jwks: { keys: [key.jwk] }, ...rest };
    expect((await service.call("PATCH", path, same)).status).toBe(200);
    expect((await service.call("PATCH", path, { issuer: service.url })).status).toBe(400);
    expect(await tokens.revoked()).toEqual([]);
  });
});

describe("there is room for 100", () => {
  it("and of 6 that race for the last two places two get one", async () => {
    const [row] = (await env.DB.prepare("SELECT count(*) AS n FROM identity_provider").all<{ n: number }>())
      .results;
    await env.DB.prepare(`INSERT INTO identity_provider (id, name, issuer, audience, mapping, created_at, updated_at)
      SELECT 'fill-' || value, 'fill-' || value, 'urn:' || value, 'a', '{}', 1, 1 FROM json_each(?)`)
      .bind(JSON.stringify(Array.from({ length: 98 - Number(row?.n) }, (_, index) => index)))
      .run();
    const answers = await Promise.all(Array.from({ length: 6 }, () => service.call("POST", PATH, fresh())));
    await env.DB.prepare("DELETE FROM identity_provider WHERE id LIKE 'fill-%'").run();
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(2);
    const lost = answers.filter(({ status }) => status !== 201).map(saidBy);
    expect(lost).toEqual(Array.from({ length: 4 }, () => [409, "limit_reached"]));
  });
});
