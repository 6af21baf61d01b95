import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { givenTrust, startService } from "./harness.ts";
import { freshName } from "./token_holders.ts";

const service = startService();
let given: Awaited<ReturnType<typeof givenTrust>>;
beforeAll(async () => {
  given = await givenTrust(service);
});

describe("who may call", () => {
  const get = (headers: Record<string, string>) => service.fetch("/v1/projects", { headers });
  it.each([
    ["nobody", {}, 401, "unauthenticated"],
    ["another scheme", { authorization: "Basic eDp5" }, 401, "invalid_token"],
    ["a wrong token", { authorization: "Bearer nope" }, 401, "invalid_token"],
    ["an empty token", { authorization: "Bearer " }, 401, "invalid_token"],
    [
      "the right token with more behind it",
      { authorization: `Bearer ${env.BOOTSTRAP_TOKEN}x` },
      401,
      "invalid_token",
    ],
    ["two tokens", { authorization: `Bearer ${env.BOOTSTRAP_TOKEN} x` }, 401, "invalid_token"],
  ])("not %s", async (_name, headers, status, code) => {
    const response = await get(headers as Record<string, string>);
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(response.headers.get("www-authenticate")).toContain("Bearer");
    expect(await response.json()).toMatchObject({ code, status });
  });

  it("without a bootstrap token nobody gets in, not even with an empty one", async () => {
    const retired = startService({}, { BOOTSTRAP_TOKEN: "" });
    for (const authorization of ["Bearer ", "Bearer undefined", `Bearer ${env.BOOTSTRAP_TOKEN}`]) {
      expect((await retired.fetch("/v1/projects", { headers: { authorization } })).status).toBe(401);
    }
  });
});

describe("a project", () => {
  it("is created, read by name and id, changed, listed, deleted", async () => {
    const name = freshName();
    const created = await service.call("POST", "/v1/projects", {
      name,
      displayName: "Shop",
      labels: { team: "a" },
    });
    expect(created.status).toBe(201);
    expect(created.headers.get("location")).toBe(`/v1/projects/${created.body.id}`);
    const byName = await service.call("GET", `/v1/projects/${name}`);
    const byId = await service.call("GET", `/v1/projects/${created.body.id}`);
    expect(byName.body).toEqual(created.body);
    expect(byId.headers.get("etag")).toBe(created.headers.get("etag"));
    const renamed = freshName();
    const patched = await service.call("PATCH", `/v1/projects/${name}`, {
      name: renamed,
      displayName: null,
      labels: { team: null, tier: "1" },
    });
    expect(patched.body).toMatchObject({
      id: created.body.id,
      name: renamed,
      displayName: null,
      labels: { tier: "1" },
    });
    expect((await service.call("GET", `/v1/projects/${name}`)).status).toBe(404);
    expect((await service.call("DELETE", `/v1/projects/${renamed}`)).status).toBe(204);
    expect((await service.call("GET", `/v1/projects/${created.body.id}`)).body.code).toBe("not_found");
  });

  it("takes along what it holds, and leaves its record", async () => {
    const doomed = await givenTrust(service);
    const { id } = (await service.call("GET", `/v1/projects/${doomed.project}`)).body;
    expect((await service.call("DELETE", `/v1/projects/${doomed.project}`)).status).toBe(204);
    for (const table of ["service_account", "federated_identity_provider", "access_token", "key_purge"]) {
      const row = await env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE project_id = ?`)
        .bind(id)
        .first();
      expect(row, table).toEqual({ n: 0 });
    }
    const events = await env.DB.prepare("SELECT action FROM audit_event WHERE project_id = ? ORDER BY id")
      .bind(id)
      .all();
    expect(events.results.map(({ action }) => action)).toContain("project.delete");
  });
});

describe("a service account", () => {
  it("keeps id and e-mail when it is renamed; deleted and made anew it gets others", async () => {
    const name = freshName();
    const first = (await service.call("POST", given.accounts, { name, owner: "team-a" })).body;
    expect(first.email).toMatch(new RegExp(`^${name}-[a-z0-9]{7}@sa\\.countersign\\.internal$`));
    const renamed = (await service.call("PATCH", `${given.accounts}/${first.email}`, { name: freshName() }))
      .body;
    expect([renamed.id, renamed.email]).toEqual([first.id, first.email]);
    expect((await service.call("GET", `${given.accounts}/${encodeURIComponent(first.email)}`)).status).toBe(
      200,
    );
    expect((await service.call("DELETE", `${given.accounts}/${first.id}`)).status).toBe(204);
    const second = (await service.call("POST", given.accounts, { name })).body;
    expect(second.id).not.toBe(first.id);
    expect(second.email).not.toBe(first.email);
    const kept = await env.DB.prepare("SELECT email FROM issued_email WHERE email = ?")
      .bind(first.email)
      .first();
    expect(kept).toEqual({ email: first.email });
  });

  it("of another project is not there, under any of its names", async () => {
    const other = await givenTrust(service);
    const theirs = [other.account.id, other.account.email, "nobody"];
    const answers = await Promise.all(theirs.map((ref) => service.call("GET", `${given.accounts}/${ref}`)));
    const texts = answers.map(({ status, body }) => JSON.stringify([status, body.code, body.detail]));
    expect(new Set(texts).size).toBe(1);
    expect(answers[0]?.status).toBe(404);
    const provider = `${given.providers}/${other.provider.id}`;
    for (const method of ["GET", "PATCH", "DELETE"]) {
      expect(
        (await service.call(method, provider, method === "PATCH" ? { name: "x" } : undefined)).status,
      ).toBe(404);
    }
    expect((await service.call("POST", `${provider}/purge-keys`)).status).toBe(404);
  });

  it("pages without losing or repeating one", async () => {
    const home = await givenTrust(service);
    for (let index = 0; index < 7; index++) await service.call("POST", home.accounts, { name: `a${index}` });
    const names: string[] = [];
    let pageToken = "";
    do {
      const { body } = await service.call(
        "GET",
        `${home.accounts}?pageSize=3${pageToken && `&pageToken=${pageToken}`}`,
      );
      names.push(...body.items.map((item: { name: string }) => item.name));
      pageToken = body.nextPageToken ?? "";
    } while (pageToken !== "");
    expect(names).toEqual(["deployer", "a0", "a1", "a2", "a3", "a4", "a5", "a6"]);
    const foreign = (await service.call("GET", "/v1/projects?pageSize=1")).body.nextPageToken;
    expect((await service.call("GET", `${home.accounts}?pageToken=${foreign}`)).body.code).toBe(
      "invalid_page_token",
    );
  });
});

describe("If-Match", () => {
  it("a change or deletion of another state is 412 and recorded; of this state goes through", async () => {
    const path = `${given.accounts}/deployer`;
    const read = await service.call("GET", path);
    const etag = read.headers.get("etag") ?? "";
    const changed = await service.call("PATCH", path, { description: "one" }, { "if-match": etag });
    expect(changed.status).toBe(200);
    for (const [method, body] of [
      ["PATCH", { description: "two" }],
      ["DELETE", undefined],
    ] as const) {
      const stale = await service.call(method, path, body, { "if-match": etag });
      expect([stale.status, stale.body.code]).toEqual([412, "precondition_failed"]);
    }
    const { body } = await service.call("GET", `/v1/projects/${given.project}/audit-events?pageSize=1`);
    expect(body.items[0]).toMatchObject({
      action: "service_account.delete",
      outcome: "refused",
      reason: "precondition_failed",
    });
    const now = changed.headers.get("etag") ?? "";
    expect(
      (await service.call("PATCH", path, { description: null }, { "if-match": `"other", ${now}` })).status,
    ).toBe(200);
    expect((await service.call("PATCH", path, { description: null }, { "if-match": "*" })).status).toBe(200);
    expect((await service.call("GET", path, undefined, { "if-none-match": etag })).status).toBe(200);
  });

  it("20 changes at once from one state: one wins", async () => {
    const path = `${given.accounts}/deployer`;
    const etag = (await service.call("GET", path)).headers.get("etag") ?? "";
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        service.call("PATCH", path, { description: `${index}` }, { "if-match": etag }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 412 || status === 409)).toHaveLength(19);
  });
});

describe("bad input is named, member by member", () => {
  const project = "/v1/projects";
  it.each([
    ["no JSON", project, "{", 400, "invalid_json", undefined],
    ["no object", project, "[]", 400, "invalid_body", ""],
    ["null", project, "null", 400, "invalid_body", ""],
    ["no name", project, {}, 400, "invalid_body", "/name"],
    ["a member nobody knows", project, { name: "a", colour: 1 }, 400, "invalid_body", "/colour"],
    ["__proto__", project, '{"name":"a","__proto__":{"disabled":true}}', 400, "invalid_body", "/__proto__"],
    [
      "an id as a name",
      project,
      { name: "a1b2c3d4-e5f6-7890-abcd-ef1234567890" },
      400,
      "invalid_body",
      "/name",
    ],
    ["upper case", project, { name: "Shop" }, 400, "invalid_body", "/name"],
    ["a hyphen at the end", project, { name: "shop-" }, 400, "invalid_body", "/name"],
    ["a name that never ends", project, { name: "a".repeat(64) }, 400, "invalid_body", "/name"],
    [
      "a direction override",
      project,
      { name: "a", displayName: "a\u202eb" },
      400,
      "invalid_body",
      "/displayName",
    ],
    [
      "a label key with a slash at its end",
      project,
      { name: "a", labels: { "b/": "c" } },
      400,
      "invalid_body",
      "/labels/b~1",
    ],
    ["a number for a flag", project, { name: "a", disabled: 1 }, 400, "invalid_body", "/disabled"],
  ])("%s", async (_name, path, body, status, code, pointer) => {
    const answer = await service.call("POST", path, body);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    if (pointer !== undefined)
      expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
  });

  it.each([
    ["an instant that is none", { expiresAt: "tomorrow" }, "/expiresAt"],
    ["an instant without a zone", { expiresAt: "2027-01-01T00:00:00" }, "/expiresAt"],
    ["a lifetime of a minute", { tokenLifetime: 60 }, "/tokenLifetime"],
    ["a lifetime of a day", { tokenLifetime: 86400 }, "/tokenLifetime"],
    ["an audience with a space", { allowedAudiences: ["a b"] }, "/allowedAudiences/0"],
    ["its id", { id: "x" }, "/id"],
    ["its e-mail", { email: "a@b.c" }, "/email"],
    ["a null name", { name: null }, "/name"],
  ])("an account's change with %s", async (_name, change, pointer) => {
    const answer = await service.call("PATCH", `${given.accounts}/deployer`, change);
    expect([answer.status, answer.body.errors?.[0]?.pointer]).toEqual([400, pointer]);
  });

  it.each([
    ["pageSize=0", "?pageSize=0"],
    ["pageSize=201", "?pageSize=201"],
    ["pageSize twice", "?pageSize=1&pageSize=2"],
    ["an unknown parameter", "?offset=3"],
    ["a page token of nobody", "?pageToken=AAAA"],
  ])("%s", async (_name, query) => {
    expect((await service.call("GET", `/v1/projects${query}`)).status).toBe(400);
  });

  it.each([
    ["another media type", { "content-type": "text/plain" }, "{}", 415],
    ["a form", { "content-type": "application/x-www-form-urlencoded" }, "name=a", 415],
    ["a body beyond its bound", {}, JSON.stringify({ name: "a".repeat(300_000) }), 413],
    ["deep nesting", {}, `{"name":${"[".repeat(50_000)}${"]".repeat(50_000)}}`, 400],
  ])("%s", async (_name, headers, body, status) => {
    expect((await service.call("POST", "/v1/projects", body, headers as Record<string, string>)).status).toBe(
      status,
    );
  });

  it("a method that a path does not take is 405 with Allow; a path that is not there is 404", async () => {
    const put = await service.call("PUT", `/v1/projects/${given.project}`);
    expect([put.status, put.headers.get("allow")]).toEqual([405, "GET, PATCH, DELETE"]);
    expect((await service.call("GET", "/v1/nothing")).status).toBe(404);
    expect((await service.fetch("/nothing")).status).toBe(404);
  });
});

describe("a trust that would let the world in, or nobody, is not stored", () => {
  const good = {
    name: "t",
    issuer: "https://ci.example.com",
    assertions: [{ item: "sub", operator: "equals", value: "a" }],
  };
  const key = { kty: "OKP", crv: "Ed25519", kid: "a", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };
  it.each([
    ["no assertion", { assertions: [] }, "/assertions"],
    ["aud alone", { assertions: [{ item: "aud", operator: "equals", value: "a" }] }, "/assertions"],
    [
      "aud and iss as pointers alone",
      {
        assertions: [
          { item: "/aud", operator: "equals", value: "a" },
          { item: "/iss", operator: "equals", value: "b" },
        ],
      },
      "/assertions",
    ],
    [
      "an operator nobody knows",
      { assertions: [{ item: "sub", operator: "matches", value: "a" }] },
      "/assertions/0/operator",
    ],
    [
      "a value that is no string",
      { assertions: [{ item: "sub", operator: "equals", value: null }] },
      "/assertions/0/value",
    ],
    [
      "a wildcard",
      { assertions: [{ item: "sub", operator: "equals", value: "repo:acme/*" }] },
      "/assertions/0/value",
    ],
    [
      "a contradiction",
      {
        assertions: [
          { item: "sub", operator: "equals", value: "a" },
          { item: "/sub", operator: "equals", value: "b" },
        ],
      },
      "/assertions/1",
    ],
    ["http", { issuer: "http://ci.example.com" }, "/issuer"],
    ["an IP address", { issuer: "https://10.0.0.1" }, "/issuer"],
    ["ourselves", { issuer: "http://127.0.0.1:8787" }, "/issuer"],
    ["ourselves under another name", { issuer: "http://localhost:8787" }, "/issuer"],
    [
      "a private key",
      { jwks: { keys: [{ ...key, d: "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A" }] } },
      "/jwks/keys/0",
    ],
    ["a symmetric key", { jwks: { keys: [{ kty: "oct", kid: "a", k: "AAAA" }] } }, "/jwks/keys/0"],
    ["a key twice", { jwks: { keys: [key, key] } }, "/jwks/keys/1"],
    ["no key", { jwks: { keys: [] } }, "/jwks/keys"],
  ])("%s", async (_name, change, pointer) => {
    const answer = await service.call("POST", given.providers, { ...good, ...change });
    expect([answer.status, answer.body.code]).toEqual([400, "invalid_body"]);
    expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
  });

  it("in production http and loopback are refused too, and in a change as well", async () => {
    const production = startService({}, { ENVIRONMENT: "production", ISSUER_URL: "https://sts.example.com" });
    for (const issuer of [
      "http://127.0.0.1:9000",
      "http://localhost",
      "https://localhost",
      "https://a.internal",
    ]) {
      const answer = await production.call("POST", given.providers, { ...good, issuer });
      expect([answer.status, answer.body.errors?.[0]?.pointer], issuer).toEqual([400, "/issuer"]);
      const patched = await production.call("PATCH", `${given.providers}/${given.provider.id}`, { issuer });
      expect([patched.status, patched.body.errors?.[0]?.pointer], issuer).toEqual([400, "/issuer"]);
    }
  });

  it("with its key set uploaded, a private cluster's issuer is fine, and only public members are kept", async () => {
    const issuer = "https://kubernetes.default.svc.cluster.local";
    const answer = await service.call("POST", given.providers, {
      ...good,
      name: freshName(),
      issuer,
      jwks: { keys: [{ ...key, extra: 1 }] },
    });
    expect(answer.status).toBe(201);
    expect(answer.body.jwks).toEqual({ keys: [key] });
    const dropped = await service.call("PATCH", `${given.providers}/${answer.body.id}`, { jwks: null });
    expect(dropped.body.errors?.[0]?.pointer).toBe("/issuer");
  });

  it("two of one name on one account are one too many", async () => {
    expect((await service.call("POST", given.providers, { ...good, name: "github-main" })).body.code).toBe(
      "name_taken",
    );
  });
});

describe("around it", () => {
  it("every answer carries a request id and the headers that keep browsers out; CORS is off", async () => {
    const response = await service.fetch("/v1/projects", {
      headers: { origin: "https://evil.example", "x-request-id": "mine" },
    });
    expect(response.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
  });

  it("one log line per request, with its id and without a credential", async () => {
    const quiet = startService();
    const response = await quiet.fetch("/v1/projects?pageToken=secret", {
      headers: { authorization: `Bearer ${env.BOOTSTRAP_TOKEN}` },
    });
    const lines = quiet.log.filter(({ event }) => event === "request");
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      requestId: response.headers.get("x-request-id"),
      status: 400,
      route: "/v1/projects",
    });
    expect(JSON.stringify(quiet.log)).not.toMatch(/secret|csb_/);
  });

  it("OpenAPI 3.1 describes every route with the schemas that validate", async () => {
    const document = (await (await service.fetch("/openapi.json")).json()) as {
      openapi: string;
      paths: object;
    };
    expect(document.openapi).toBe("3.1.0");
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        "/v1/projects",
        "/v1/projects/{project}/audit-events",
        "/v1/signing-keys/rotate",
      ]),
    );
    expect(JSON.stringify(document)).toContain('"additionalProperties":false');
  });

  it("filters the record by time, actor, action, outcome and account", async () => {
    const events = `/v1/projects/${given.project}/audit-events`;
    const count = async (query: string) =>
      (await service.call("GET", `${events}?pageSize=200&${query}`)).body.items.length;
    const all = await count("");
    expect(await count("action=project.create")).toBe(1);
    expect(await count("actor=bootstrap")).toBe(all);
    expect(await count("actor=nobody")).toBe(0);
    expect((await count("outcome=granted")) + (await count("outcome=refused"))).toBe(all);
    const own = await count("serviceAccount=deployer");
    expect(own).toBeGreaterThan(0);
    expect(own).toBeLessThan(all);
    expect(await count("until=2020-01-01T00:00:00Z")).toBe(0);
    expect(await count("from=2020-01-01T00:00:00Z")).toBe(all);
  });

  it("shows the operator also what belongs to no project, or to one that is gone", async () => {
    const gone = await givenTrust(service);
    const { id } = (await service.call("GET", `/v1/projects/${gone.project}`)).body;
    const removed = await service.call("DELETE", `/v1/projects/${gone.project}`);
    const all = async (requestId: string | null) =>
      (await service.call("GET", `/v1/audit-events?requestId=${requestId}`)).body.items;
    expect(await all(removed.headers.get("x-request-id"))).toMatchObject([
      { action: "project.delete", projectId: id, outcome: "granted" },
    ]);
    const form = { grant_type: "client_credentials", client_id: "nobody@x", client_assertion: "a.b.c" };
    const type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    const refused = await service.exchange({ ...form, client_assertion_type: type });
    expect(await all(refused.headers.get("x-request-id"))).toMatchObject([
      { projectId: null, reason: "account_not_found" },
    ]);
    expect(service.log.some(({ outcome }) => outcome === "account_not_found")).toBe(true);
  });
});
