import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import {
  accountSubject,
  ask,
  EVALUATION,
  EVALUATIONS,
  type GivenApi,
  givenApi,
  type Question,
  server,
  tokenSubject,
} from "./authzen_kit.ts";
import { startService } from "./harness.ts";
import { givenBindingRow, givenIdentityProvider } from "./identity_provider_kit.ts";
import { givenHolder, givenProjectToken, must, tokenByKey } from "./token_holders.ts";

const service = startService();
const READ = { name: "orders:read" };
const WRITE = { name: "orders:write" };

let given: GivenApi;
let asker: string;
let bound: string;
let token: string;
beforeAll(async () => {
  given = await givenApi(service);
  bound = await given.bind(given.caller);
  asker = await tokenByKey(service, given.api);
  token = await given.tokenFor(given.caller);
});

/** As the API's own account: may the caller's token read there? */
const asked = async (question: Question = {}, bearer = asker) => {
  const whole = { subject: tokenSubject(token), action: READ, resource: server(given.audience), ...question };
  const { status, body } = await ask(service, whole, bearer);
  expect(status).toBe(200);
  return body;
};
const reasonOf = async (question: Question = {}, bearer = asker) =>
  (await asked(question, bearer)).context.reason;

describe("the standard's shapes", () => {
  it("publishes where it is", async () => {
    const response = await service.fetch("/.well-known/authzen-configuration");
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toEqual({
      policy_decision_point: service.url,
      access_evaluation_endpoint: `${service.url}${EVALUATION}`,
      access_evaluations_endpoint: `${service.url}${EVALUATIONS}`,
    });
  });

  it("answers one decision, for nobody to keep, under the request's own id", async () => {
    const question = { subject: tokenSubject(token), action: READ, resource: server(given.audience) };
    const headers = { "x-request-id": "bfe9eb29 of the gateway" };
    const answer = await ask(service, question, asker, { headers });
    expect(answer.text).toBe('{"decision":true,"context":{"reason":"granted"}}');
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("x-request-id")).toBe("bfe9eb29 of the gateway");
  });

  it("lets be what it does not know, and decides by its own clock", async () => {
    const question = {
      subject: { ...tokenSubject(token), properties: { groups: 7, device_id: "x" }, more: 1 },
      action: { ...READ, properties: { method: "GET" } },
      resource: { ...server(given.audience), properties: { isbn: 1 } },
      context: { time: "1985-10-26T01:22-07:00", other: [] },
      options: { evaluations_semantic: 3 },
      more: {},
    };
    expect((await ask(service, question, asker)).body.decision).toBe(true);
  });

  it.each([EVALUATION, EVALUATIONS])("%s takes POST alone", async (path) => {
    const response = await service.fetch(path);
    expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
  });
});

describe("an access token", () => {
  it("may on its API, named by URI, by what is below, and by id", async () => {
    expect((await asked()).decision).toBe(true);
    expect((await asked({ resource: server(`${given.audience}/orders/7`) })).decision).toBe(true);
    expect((await asked({ resource: server(given.id) })).decision).toBe(true);
    expect((await asked({ resource: server(given.id, "/orders/7") })).decision).toBe(true);
  });

  it("may not what no binding gives, nor what nobody registered", async () => {
    expect(await asked({ action: WRITE })).toEqual({ decision: false, context: { reason: "no_binding" } });
    expect(await reasonOf({ action: { name: "orders:fly" } })).toBe("action_unknown");
  });

  it("may not beyond its scope, nor beside its path", async () => {
    const writer = await givenHolder(service, given.home);
    await given.bind(writer, { role: "editor" });
    const cut = tokenSubject(await given.tokenFor(writer, "", { scope: "orders:write" }));
    expect(await reasonOf({ subject: cut })).toBe("scope");
    expect(await reasonOf({ subject: cut, action: WRITE })).toBe("granted");
    const part = tokenSubject(await given.tokenFor(writer, "/orders"));
    const orders = server(`${given.audience}/orders/7`);
    expect(await reasonOf({ subject: part, resource: orders })).toBe("granted");
    expect(await reasonOf({ subject: part })).toBe("scope");
    expect(await reasonOf({ subject: part, resource: server(`${given.audience}/invoices`) })).toBe("scope");
  });

  it("may not after its binding ended, was denied, or its condition no more holds", async () => {
    const holder = await givenHolder(service, given.home);
    const first = await given.bind(holder, { condition: { ipRanges: ["203.0.113.0/24"] } });
    const second = await given.bind(holder);
    const subject = tokenSubject(await given.tokenFor(holder));
    expect(await reasonOf({ subject })).toBe("granted");
    await must(service, "DELETE", `${given.home.path}/role-bindings/${second}`);
    expect(await reasonOf({ subject })).toBe("condition");
    expect(await reasonOf({ subject, context: { ip: "203.0.113.9" } })).toBe("granted");
    expect(await reasonOf({ subject, context: { ip: "2001:db8::1" } })).toBe("condition");
    await given.bind(holder, { effect: "deny", resource: { ...given.resource, path: "/orders/eu" } });
    const context = { ip: "203.0.113.9" };
    expect(await reasonOf({ subject, context, resource: server(given.id, "/orders/eu/7") })).toBe("denied");
    expect(await reasonOf({ subject, context, resource: server(given.id, "/orders/us") })).toBe("granted");
    await must(service, "DELETE", `${given.home.path}/role-bindings/${first}`);
    expect(await reasonOf({ subject, context, resource: server(given.id, "/orders/us") })).toBe("no_binding");
  });

  it("brings what its workload was bound", async () => {
    const holder = await givenHolder(service, given.home);
    await given.bind(holder);
    const subject = tokenSubject(await given.tokenFor(holder));
    const workload = await givenBindingRow(given.home.id, {
      principal_type: "workloads",
      principal_id: "https://issuer.example.com",
      built_in_role: "editor",
      resource_type: "resource_server",
      resource_id: given.id,
    });
    const carries = env.DB.prepare(
      "UPDATE access_token SET workload_bindings = ?, scope = 'orders:write' WHERE service_account_id = ? AND resource_server_id = ?",
    );
    await carries.bind(JSON.stringify([workload]), holder.id, given.id).run();
    expect(await reasonOf({ subject, action: WRITE })).toBe("granted");
    expect(await reasonOf({ subject: accountSubject(holder.id), action: WRITE })).toBe("no_binding");
  });
});

describe("other subjects", () => {
  it("an account, by id and by e-mail", async () => {
    expect((await asked({ subject: accountSubject(given.caller.id) })).decision).toBe(true);
    expect((await asked({ subject: accountSubject(given.caller.email) })).decision).toBe(true);
    expect(await reasonOf({ subject: accountSubject(given.stranger.id) })).toBe("no_binding");
  });

  it("an account that is switched off", async () => {
    const holder = await givenHolder(service, given.home);
    await given.bind(holder);
    await must(service, "PATCH", holder.path, { disabled: true });
    expect(await reasonOf({ subject: accountSubject(holder.id) })).toBe("subject_disabled");
  });

  it("a person, as the API vouches for him", async () => {
    const provider = await givenIdentityProvider(service);
    const row = {
      identity_provider_id: provider.id,
      built_in_role: "editor",
      resource_type: "resource_server",
      resource_id: given.id,
    };
    await givenBindingRow(given.home.id, { ...row, principal_id: "ada" });
    await givenBindingRow(given.home.id, { ...row, principal_type: "group", principal_id: "ops" });
    await givenBindingRow(given.home.id, {
      ...row,
      principal_type: "person_email",
      principal_id: "eve@example.com",
      effect: "deny",
    });
    const person = (id: string, more: Record<string, unknown> = {}) =>
      reasonOf({
        subject: { type: "person", id, properties: { issuer: provider.issuer, dept: 1, ...more } },
      });
    expect(await person("ada")).toBe("granted");
    expect(await person("bob")).toBe("no_binding");
    expect(await person("ops")).toBe("no_binding");
    expect(await person("bob", { groups: ["dev", "ops"] })).toBe("granted");
    expect(await person("ada", { email: "Eve@Example.com" })).toBe("denied");
    expect(await person("ada", { issuer: "https://other.example.com" })).toBe("subject_unknown");
    await must(service, "PATCH", provider.path, { disabled: true });
    expect(await person("ada")).toBe("subject_unknown");
  });
});

describe("our own resources", () => {
  const on = async (subject: Question["subject"], name: string, resource: Question["resource"]) =>
    reasonOf(
      {
        ...(subject === undefined ? {} : { subject }),
        action: { name },
        ...(resource === undefined ? {} : { resource }),
      },
      env.BOOTSTRAP_TOKEN,
    );

  it("a project and a service account, for tokens made for us", async () => {
    const holder = await givenHolder(service, given.home);
    const project = { type: "project", id: given.home.id };
    await given.bind(holder, { role: "viewer", resource: { type: "project" } });
    const own = tokenSubject(await tokenByKey(service, holder));
    const lasting = tokenSubject((await givenProjectToken(service, holder)).text);
    for (const subject of [own, lasting, accountSubject(holder.id)]) {
      expect(await on(subject, "projects:read", project)).toBe("granted");
      expect(await on(subject, "service-accounts:read", accountSubject(given.api.id))).toBe("granted");
      expect(await on(subject, "projects:delete", project)).toBe("no_binding");
    }
    expect(await on(tokenSubject(token), "projects:read", project)).toBe("subject_unknown");
    expect(await on(own, "orders:read", project)).toBe("action_unknown");
    expect(await on(lasting, "orders:read", server(given.id))).toBe("subject_unknown");
    const cut = tokenSubject(await tokenByKey(service, holder, { scope: "projects:read" }));
    expect(await on(cut, "projects:read", { ...project, id: given.home.name })).toBe("granted");
    expect(await on(cut, "service-accounts:read", project)).toBe("scope");
  });

  it("what decided is named to who may read it", async () => {
    expect(await asked({}, env.BOOTSTRAP_TOKEN)).toEqual({
      decision: true,
      context: { reason: "granted", binding: bound },
    });
  });
});

describe("many at once", () => {
  const many = async (semantic: string | undefined, names: readonly string[]) => {
    const options = semantic === undefined ? {} : { options: { evaluations_semantic: semantic, other: 1 } };
    const evaluations = names.map((name) => ({ action: { name } }));
    const defaults = { subject: tokenSubject(token), resource: server(given.audience) };
    const answer = await ask(service, { ...defaults, evaluations, ...options }, asker, { path: EVALUATIONS });
    expect(Object.keys(answer.body)).toEqual(["evaluations"]);
    return answer.body.evaluations.map(({ decision }: { decision: boolean }) => decision);
  };
  const [read, write] = [READ.name, WRITE.name];

  it.each<readonly [semantic: string | undefined, names: readonly string[], decisions: readonly boolean[]]>([
    [undefined, [read, write, read], [true, false, true]],
    ["execute_all", [write, read], [false, true]],
    ["deny_on_first_deny", [read, write, read], [true, false]],
    ["deny_on_first_deny", [read, read], [true, true]],
    ["permit_on_first_permit", [write, read, write], [false, true]],
    ["permit_on_first_permit", [write, write], [false, false]],
  ])("%s of %j", async (semantic, names, decisions) => {
    expect(await many(semantic, names)).toEqual(decisions);
  });

  it("one's own member takes the place of the whole default", async () => {
    const body = {
      subject: tokenSubject(token),
      action: READ,
      resource: server(given.audience),
      context: { ip: "203.0.113.9" },
      evaluations: [
        {},
        { subject: { type: "user", id: "alice" } },
        { resource: server("https://nowhere.example.com") },
        { subject: accountSubject(given.caller.id), context: {} },
      ],
    };
    const { body: answer } = await ask(service, body, asker, { path: EVALUATIONS });
    expect(answer.evaluations.map(({ context }: { context: { reason: string } }) => context.reason)).toEqual([
      "granted",
      "subject_unknown",
      "not_found",
      "granted",
    ]);
  });

  it("what names a question's subject or resource may be left to the default, their properties not", async () => {
    const body = {
      subject: { type: "service_account", properties: { more: 1 } },
      action: READ,
      resource: { ...server(given.id, "/nowhere/../"), id: given.id },
      evaluations: [
        { subject: { id: given.caller.id }, resource: { properties: { path: "/orders" } } },
        { subject: { id: given.stranger.id }, resource: { properties: {} } },
        { subject: { id: given.caller.id } },
      ],
    };
    const { body: answer } = await ask(service, body, asker, { path: EVALUATIONS });
    const reasons = answer.evaluations.map(({ context }: { context: { reason: string } }) => context.reason);
    expect(reasons).toEqual(["granted", "no_binding", "invalid"]);
  });

  it.each([{}, { evaluations: [] }])("without any it is one question: %j", async (more) => {
    const body = { subject: tokenSubject(token), action: READ, resource: server(given.audience), ...more };
    const { text } = await ask(service, body, asker, { path: EVALUATIONS });
    expect(text).toBe('{"decision":true,"context":{"reason":"granted"}}');
  });
});

describe("what an evaluation costs", () => {
  function counting() {
    const sizes: number[] = [];
    const DB = new Proxy(env.DB, {
      get(target, member) {
        const value = Reflect.get(target, member);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          if (member === "batch") sizes.push((args[0] as unknown[]).length);
          else if (member !== "prepare") throw new Error(`${String(member)} beside a batch`);
          return Reflect.apply(value, target, args);
        };
      },
    });
    return { sizes, service: startService({}, { DB }) };
  }

  it("one read batch of three statements for a token on an API", async () => {
    const { sizes, service: counted } = counting();
    const question = { subject: tokenSubject(token), action: READ, resource: server(given.audience) };
    expect((await ask(counted, question, asker)).body.decision).toBe(true);
    expect(sizes).toEqual([3]);
  });

  it("one read batch for fifty questions of every kind", async () => {
    const { sizes, service: counted } = counting();
    const subjects = [
      tokenSubject(token),
      accountSubject(given.caller.id),
      { type: "person", id: "ada", properties: { issuer: "https://x.example.com" } },
    ];
    const resources = [
      server(given.audience),
      { type: "project", id: given.home.id },
      accountSubject(given.api.id),
    ];
    const evaluations = Array.from({ length: 50 }, (_, index) => ({
      subject: subjects[index % 3],
      resource: resources[Math.floor(index / 3) % 3],
    }));
    const { body } = await ask(counted, { action: READ, evaluations }, asker, { path: EVALUATIONS });
    expect(body.evaluations).toHaveLength(50);
    expect(sizes).toEqual([6]);
  });
});
