import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import {
  accountSubject,
  ask,
  type Entity,
  EVALUATION,
  EVALUATIONS,
  type GivenApi,
  givenApi,
  server,
  tokenSubject,
} from "./authzen_kit.ts";
import { post } from "./credentials.ts";
import { startService } from "./harness.ts";
import { givenIdentityProvider } from "./identity_provider_kit.ts";
import { givenHolder, givenProjectToken, must, tokenByKey } from "./token_holders.ts";

const service = startService();
const NOT_FOUND = '{"decision":false,"context":{"reason":"not_found"}}';
const ACTION = { name: "orders:read" };

let ours: GivenApi;
let theirs: GivenApi;
let token: string;
let api: string;
beforeAll(async () => {
  [ours, theirs] = [await givenApi(service), await givenApi(service)];
  await ours.bind(ours.caller);
  await theirs.bind(theirs.caller);
  token = await ours.tokenFor(ours.caller);
  api = await tokenByKey(service, ours.api);
});

const about = async (subject: Entity, resource: Entity, bearer: string, name = ACTION.name) =>
  (await ask(service, { subject, action: { name }, resource }, bearer)).text;

describe("who may not ask learns nothing", () => {
  const NOWHERE: readonly (readonly [name: string, resource: () => Entity, instead: Entity])[] = [
    ["an API by URI", () => server(ours.audience), server("https://nowhere.example.com")],
    ["an API by id", () => server(ours.id), server(crypto.randomUUID())],
    ["a project", () => ({ type: "project", id: ours.home.id }), { type: "project", id: "nowhere" }],
    ["an account", () => accountSubject(ours.caller.id), accountSubject(crypto.randomUUID())],
  ];

  it.each(NOWHERE)("of %s: the same bytes as of none", async (_name, resource, instead) => {
    const strangers = [
      await tokenByKey(service, ours.stranger),
      await tokenByKey(service, theirs.api),
      await tokenByKey(service, theirs.caller),
    ];
    for (const bearer of strangers) {
      for (const action of [ACTION.name, "projects:read", "nothing"]) {
        expect(await about(tokenSubject(token), resource(), bearer, action)).toBe(NOT_FOUND);
        expect(await about(tokenSubject(token), instead, bearer, action)).toBe(NOT_FOUND);
      }
    }
  });

  it("until it is permitted there, and there alone", async () => {
    const holder = await givenHolder(service, ours.home);
    const { text } = await givenProjectToken(service, holder);
    expect(await about(tokenSubject(token), server(ours.audience), text)).toBe(NOT_FOUND);
    await ours.bind(holder, { role: "asker" });
    expect(JSON.parse(await about(tokenSubject(token), server(ours.audience), text)).decision).toBe(true);
    expect(await about(tokenSubject(token), { type: "project", id: ours.home.id }, text)).toBe(NOT_FOUND);
    expect(await about(tokenSubject(token), server(theirs.id), text)).toBe(NOT_FOUND);
  });

  it("with a token whose scope leaves the permission out", async () => {
    const holder = await givenHolder(service, ours.home);
    await ours.bind(holder, { role: "editor", resource: { type: "project" } });
    const whole = await tokenByKey(service, holder);
    expect(JSON.parse(await about(tokenSubject(token), server(ours.audience), whole)).decision).toBe(true);
    const cut = await tokenByKey(service, holder, { scope: "projects:read" });
    expect(await about(tokenSubject(token), server(ours.audience), cut)).toBe(NOT_FOUND);
  });

  it("of accounts elsewhere: one that is there is told no other than one that is not", async () => {
    const answers = [theirs.caller.id, theirs.caller.email, ours.stranger.email, crypto.randomUUID()].map(
      (id) => about(accountSubject(id), server(ours.audience), api),
    );
    expect(new Set(await Promise.all(answers)).size).toBe(1);
  });

  it("of tokens that were not made for it", async () => {
    const answers = [
      await theirs.tokenFor(theirs.caller),
      await tokenByKey(service, ours.caller),
      token.slice(0, -4),
      `${token.slice(0, -4)}AAAA`,
      "nothing",
      api,
      env.BOOTSTRAP_TOKEN,
    ].map((text) => about(tokenSubject(text), server(ours.audience), api));
    expect([...new Set(await Promise.all(answers))]).toEqual([
      '{"decision":false,"context":{"reason":"subject_unknown"}}',
    ]);
  });

  it("by registering what lies below another project's API", async () => {
    const below = `${ours.audience}/orders`;
    const input = { name: "thief", audience: below, permissions: [{ ...ACTION, description: "x" }] };
    const thief = (await must(service, "POST", `${theirs.home.path}/resource-servers`, input)).body;
    const resource = { type: "resource_server", resourceServer: thief.id };
    await theirs.bind(theirs.caller, { role: "reader", resource });
    const stolen = tokenSubject(await tokenByKey(service, theirs.caller, { resource: below }));
    const reason = (answer: string) => JSON.parse(answer).context.reason;
    expect(reason(await about(stolen, server(below), api))).toBe("subject_unknown");
    expect(reason(await about(tokenSubject(token), server(below), api))).toBe("granted");
    expect(reason(await about(stolen, server(below), env.BOOTSTRAP_TOKEN))).toBe("ambiguous");
  });
});

describe("a token that ended", () => {
  it("says no at once, revoked or with its account", async () => {
    const holder = await givenHolder(service, ours.home);
    await ours.bind(holder);
    const [first, second] = [await ours.tokenFor(holder), await ours.tokenFor(holder)];
    const decision = async (text: string) =>
      JSON.parse(await about(tokenSubject(text), server(ours.audience), api)).decision;
    expect(await decision(first)).toBe(true);
    await post(service, "/oauth/v2/revoke", { token: first }, env.BOOTSTRAP_TOKEN);
    expect([await decision(first), await decision(second)]).toEqual([false, true]);
    await must(service, "PATCH", holder.path, { disabled: true });
    expect(await decision(second)).toBe(false);
  });

  it("says no when its time is over", async () => {
    const late = startService({ nowMs: () => Date.now() + 3_700_000 });
    const question = { subject: tokenSubject(token), action: ACTION, resource: server(ours.audience) };
    const { body } = await ask(late, question, env.BOOTSTRAP_TOKEN);
    expect(body.context.reason).toBe("subject_unknown");
  });
});

describe("a request that is none", () => {
  const good = () => ({ subject: tokenSubject(token), action: ACTION, resource: server(ours.audience) });

  it.each([
    ["", 401, "unauthenticated"],
    ["nobody", 401, "invalid_token"],
  ])("as %j: %i", async (bearer, status, code) => {
    const answer = await ask(service, good(), bearer, { headers: { "x-request-id": "mine" } });
    expect([answer.status, answer.body.code, answer.headers.get("x-request-id")]).toEqual([
      status,
      code,
      "mine",
    ]);
    expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer realm="countersign"/);
  });

  it("as an access token that was made for an API", async () => {
    expect((await ask(service, good(), token)).status).toBe(401);
  });

  it("a person may ask by his ID token, at a second read", async () => {
    const provider = await givenIdentityProvider(service);
    expect((await ask(service, good(), await provider.idToken())).text).toBe(NOT_FOUND);
  });

  const person = (properties: unknown) => ({ subject: { type: "person", id: "ada", properties } });
  it.each<readonly [name: string, change: Record<string, unknown>, pointers: readonly string[]]>([
    ["without a subject", { subject: undefined }, ["/subject"]],
    [
      "without all three",
      { subject: undefined, action: undefined, resource: undefined },
      ["/subject", "/action", "/resource"],
    ],
    ["with a subject that is text", { subject: "alice" }, ["/subject"]],
    ["with a subject that is null", { subject: null }, ["/subject"]],
    ["with an id that is a number", { subject: { type: "user", id: 7 } }, ["/subject/id"]],
    ["without a type", { resource: { id: "x" } }, ["/resource/type"]],
    ["with an action that is text", { action: "read" }, ["/action"]],
    [
      "with properties that are a list",
      { resource: { ...server("x"), properties: [] } },
      ["/resource/properties"],
    ],
    ["with a person of nowhere", person({}), ["/subject/properties/issuer"]],
    [
      "with groups that are text",
      person({ issuer: "https://x", groups: "ops" }),
      ["/subject/properties/groups"],
    ],
    [
      "with a group that is a number",
      person({ issuer: "https://x", groups: ["a", 1] }),
      ["/subject/properties/groups/1"],
    ],
    [
      "with too many groups",
      person({ issuer: "https://x", groups: Array(201).fill("a") }),
      ["/subject/properties/groups"],
    ],
    ["with a path of dots", { resource: server("x", "/a/../b") }, ["/resource/properties/path"]],
    ["with an address that is none", { context: { ip: "203.0.113.900" } }, ["/context/ip"]],
    ["with a block of addresses", { context: { ip: "203.0.113.0/24" } }, ["/context/ip"]],
    ["with an address that is null", { context: { ip: null } }, ["/context/ip"]],
  ])("%s: 400", async (_name, change, pointers) => {
    const { status, body, headers } = await ask(service, { ...good(), ...change }, api);
    expect([status, body.code, headers.get("content-type")]).toEqual([
      400,
      "invalid_body",
      "application/problem+json",
    ]);
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(pointers);
    expect(JSON.stringify(body)).not.toContain(token);
  });

  it.each<readonly [name: string, body: string]>([
    ["no JSON", "{"],
    ["nothing", ""],
  ])("that is %s: 400", async (_name, body) => {
    const answer = await ask(service, body, api);
    expect([answer.status, answer.body.code]).toEqual([400, "invalid_json"]);
  });

  it.each(["[]", "null", '"x"', "7"])("that is %s: 400", async (body) => {
    for (const path of [EVALUATION, EVALUATIONS]) {
      expect((await ask(service, body, api, { path })).body.code).toBe("invalid_body");
    }
  });

  it("of another media type: 415; of more than 64 KiB: 413", async () => {
    const headers = { "content-type": "text/plain" };
    expect((await ask(service, good(), api, { headers })).status).toBe(415);
    const large = { ...good(), context: { filler: "x".repeat(65_536) } };
    expect((await ask(service, large, api)).status).toBe(413);
  });

  it("of 51: 400, of 50: answered", async () => {
    const of = (length: number) =>
      ask(service, { ...good(), evaluations: Array(length).fill({}) }, api, { path: EVALUATIONS });
    expect((await of(50)).body.evaluations).toHaveLength(50);
    const { status, body } = await of(51);
    expect([status, body.errors[0].pointer]).toEqual([400, "/evaluations"]);
  });

  it("with another semantic, or one question that is not whole: 400", async () => {
    const errorsOf = async (body: unknown) => {
      const answer = await ask(service, body, api, { path: EVALUATIONS });
      expect(answer.status).toBe(400);
      return answer.body.errors.map(({ pointer }: { pointer: string }) => pointer);
    };
    const options = { evaluations_semantic: "toString" };
    expect(await errorsOf({ ...good(), evaluations: [{}], options })).toEqual([
      "/options/evaluations_semantic",
    ]);
    expect(await errorsOf({ evaluations: [] })).toEqual(["/subject", "/action", "/resource"]);
  });

  it("with a question of many that cannot be read: no to that one, and the others are answered", async () => {
    const { subject, action } = good();
    const resource = server(ours.audience);
    const context = { ip: "203.0.113.0/24" };
    const evaluations = [{ resource }, {}, 7, { resource, action: {} }, { resource, context }, { resource }];
    const asked = async (options: object) =>
      (await ask(service, { subject, action, evaluations, options }, api, { path: EVALUATIONS })).body;
    const answers = (await asked({})).evaluations as readonly {
      decision: boolean;
      context: { reason: string; errors?: readonly { pointer: string }[] };
    }[];
    expect(answers.map(({ decision }) => decision)).toEqual([true, false, false, true, false, true]);
    expect(answers.map(({ context }) => context.errors?.map(({ pointer }) => pointer))).toEqual([
      undefined,
      ["/evaluations/1/resource"],
      ["/evaluations/2"],
      undefined,
      ["/evaluations/4/context/ip"],
      undefined,
    ]);
    expect(answers[1]?.context.reason).toBe("invalid");
    const first = await asked({ evaluations_semantic: "deny_on_first_deny" });
    expect(first.evaluations).toEqual(answers.slice(0, 2));
  });

  it("writes no token into the log", async () => {
    service.log.length = 0;
    await ask(service, good(), api);
    await ask(service, { ...good(), subject: tokenSubject("a-dead-token-of-nobody") }, api);
    const log = JSON.stringify(service.log);
    expect(log).toContain("/access/v1/evaluation");
    for (const text of [token, api, "a-dead-token-of-nobody"]) expect(log).not.toContain(text);
  });

  it("echoes no id that is longer than a header should be", async () => {
    const headers = { "x-request-id": "x".repeat(257) };
    const answer = await ask(service, good(), api, { headers });
    expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });
});
