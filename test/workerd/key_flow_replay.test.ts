import { describe, expect, it } from "vitest";
import {
  assertionOf,
  CLIENT_ASSERTION,
  givenKey,
  JWT_BEARER,
  keyFlow,
  lastEvent,
  post,
} from "./credentials.ts";
import { exchangeOf, type Service, startService } from "./harness.ts";

/** An assertion is good once: whoever shows it again, wherever and whenever, gets nothing. */

const service = startService();

type Form = Record<string, string>;
const asBearer = (assertion: string): Form => ({ grant_type: JWT_BEARER, assertion });
const asClient = (assertion: string): Form => ({
  client_assertion_type: CLIENT_ASSERTION,
  client_assertion: assertion,
});
const asCredentials = (assertion: string): Form => ({
  grant_type: "client_credentials",
  ...asClient(assertion),
});

type Given = Awaited<ReturnType<typeof givenKey>>;
const refusedAsReplay = async ({ project, file }: Given, action = "access_token.exchange") => {
  expect(await lastEvent(service, project)).toMatchObject({
    action,
    reason: "assertion_replayed",
    kid: file.id,
    jti: null,
    tokenSha256: null,
    serviceAccountId: file.credentials.sub,
  });
};

describe("an assertion is refused a second time", () => {
  it.each<[string, (assertion: string, given: Given) => Form]>([
    ["in the same way", asBearer],
    ["with client_id", (assertion, { account }) => ({ ...asBearer(assertion), client_id: account.id })],
    ["as client_credentials", asCredentials],
    [
      "as STACKIT's client_credentials",
      (assertion) => ({
        ...asCredentials(assertion),
        client_assertion_type: "urn:schwarz:params:oauth:client-assertion-type:workload-jwt",
      }),
    ],
    ["as a token exchange", (assertion, { account }) => exchangeOf(assertion, account.email)],
    ["with a line end behind it", (assertion) => asBearer(`${assertion}\n`)],
    ["for a target, in another instance", (assertion) => ({ ...asBearer(assertion), resource: service.url })],
  ])("%s", async (_name, form) => {
    const given = await givenKey(service);
    const assertion = await assertionOf(given.file);
    expect((await keyFlow(service, assertion)).status).toBe(200);
    for (const instance of [service, startService()]) {
      const { status, body } = await instance.exchange(form(assertion, given));
      expect([400, 401]).toContain(status);
      expect(body.error_description).toContain(`Key with kid ${given.file.id} was not found`);
      await refusedAsReplay(given);
    }
  });

  it.each<[string, (given: Given) => readonly [string, object, object]]>([
    [
      "its account was disabled and enabled",
      ({ accounts }) => [`${accounts}/deployer`, { disabled: true }, { disabled: false }],
    ],
    [
      "its project was",
      ({ project }) => [`/v1/projects/${project}`, { disabled: true }, { disabled: false }],
    ],
    [
      "its key was switched off and on",
      ({ keys, file }) => [`${keys}/${file.id}`, { active: false }, { active: true }],
    ],
    [
      "its account was renamed",
      ({ accounts }) => [`${accounts}/deployer`, { displayName: "a" }, { displayName: null }],
    ],
  ])("after %s", async (_name, change) => {
    const given = await givenKey(service);
    const assertion = await assertionOf(given.file);
    expect((await keyFlow(service, assertion)).status).toBe(200);
    const [path, ...bodies] = change(given);
    for (const body of bodies) expect((await service.call("PATCH", path, body)).status).toBe(200);
    expect((await keyFlow(service, assertion)).status).toBe(400);
    await refusedAsReplay(given);
    expect((await keyFlow(service, await assertionOf(given.file))).status).toBe(200);
  });

  it("with its jti in another assertion, whatever else that says", async () => {
    const given = await givenKey(service);
    const jti = crypto.randomUUID();
    expect((await keyFlow(service, await assertionOf(given.file, { jti }))).status).toBe(200);
    const { email, id } = given.account;
    for (const claims of [
      { exp: Math.floor(Date.now() / 1000) + 900 },
      { iss: id, sub: email },
      { aud: [service.url] },
    ]) {
      expect((await keyFlow(service, await assertionOf(given.file, { jti, ...claims }))).status).toBe(400);
      await refusedAsReplay(given);
    }
    expect((await keyFlow(service, await assertionOf(given.file, { jti: jti.toUpperCase() }))).status).toBe(
      200,
    );
  });

  it("as long as it could be believed, even when the clock has purged meanwhile", async () => {
    let nowMs = Date.now();
    const late = startService({ nowMs: () => nowMs });
    const given = await givenKey(late);
    const iat = Math.floor(nowMs / 1000);
    const assertion = await assertionOf(given.file, { iat, exp: iat + 60.9 });
    expect((await keyFlow(late, assertion)).status).toBe(200);
    for (const seconds of [1, 60, 119, 120]) {
      nowMs = (iat + seconds) * 1000;
      await late.tend();
      expect((await keyFlow(late, assertion)).status).toBe(400);
      expect(await lastEvent(late, given.project)).toMatchObject({ reason: "assertion_replayed" });
    }
    nowMs = (iat + 121) * 1000;
    expect((await keyFlow(late, assertion)).status).toBe(400);
    expect(await lastEvent(late, given.project)).toMatchObject({ reason: "token_expired" });
  });
});

describe("a jti is spent", () => {
  it("for its key alone", async () => {
    const { file, keys } = await givenKey(service);
    const second = (await service.call("POST", keys, { algorithm: "ED25519" })).body;
    const other = await givenKey(service);
    const jti = "the-same";
    for (const key of [file, second, other.file]) {
      expect((await keyFlow(service, await assertionOf(key, { jti }))).status).toBe(200);
    }
  });

  it.each<[string, Form, string, string]>([
    ["an unknown scope", { scope: "admin" }, "invalid_scope", "scope_not_granted"],
    [
      "an unknown audience",
      { audience: "https://elsewhere.example" },
      "invalid_target",
      "target_not_allowed",
    ],
    [
      "two audiences",
      { audience: "a", resource: "https://b.example" },
      "invalid_target",
      "target_not_allowed",
    ],
  ])("not when %s is refused", async (_name, more, error, reason) => {
    const { file, project } = await givenKey(service);
    const assertion = await assertionOf(file);
    expect((await keyFlow(service, assertion, more)).body.error).toBe(error);
    expect(await lastEvent(service, project)).toMatchObject({ reason, kid: file.id });
    expect((await keyFlow(service, assertion)).status).toBe(200);
  });

  it("not by who may not be believed yet: disabled, then enabled", async () => {
    const { file, accounts } = await givenKey(service);
    const assertion = await assertionOf(file);
    await service.call("PATCH", `${accounts}/deployer`, { disabled: true });
    expect((await keyFlow(service, assertion)).status).toBe(400);
    await service.call("PATCH", `${accounts}/deployer`, { disabled: false });
    expect((await keyFlow(service, assertion)).status).toBe(200);
  });

  it.each(["introspect", "revoke"])("by %s as well, and the other way about", async (endpoint) => {
    const given = await givenKey(service);
    const ask = (assertion: string) =>
      post(service, `/oauth/v2/${endpoint}`, { token: "x", ...asClient(assertion) });
    const [first, second] = [await assertionOf(given.file), await assertionOf(given.file)];
    expect((await ask(first)).status).toBe(200);
    expect((await keyFlow(service, first)).status).toBe(400);
    await refusedAsReplay(given);
    expect((await keyFlow(service, second)).status).toBe(200);
    expect((await ask(second)).status).toBe(401);
    await refusedAsReplay(given, "client.authenticate");
    expect((await ask(first)).status).toBe(401);
  });
});

describe("fifty at a time, over three instances", () => {
  const instances = [startService(), startService(), startService()];
  const granted = async (project: string) =>
    (
      await service.call(
        "GET",
        `/v1/projects/${project}/audit-events?pageSize=200&action=access_token.exchange&outcome=granted`,
      )
    ).body.items;

  it("of one assertion: one token, and one event of it", async () => {
    const { file, project } = await givenKey(service);
    const assertion = await assertionOf(file);
    const racing = Array.from({ length: 50 }, (_, at) => keyFlow(instances[at % 3] as Service, assertion));
    const answers = await Promise.all(racing);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(49).fill(400)]);
    expect(await granted(project)).toHaveLength(1);
  });

  it("of one assertion in all ways: one is served", async () => {
    const { file, project, account } = await givenKey(service);
    const assertion = await assertionOf(file);
    const racing = Array.from({ length: 50 }, async (_, at) => {
      const instance = instances[at % 3] as Service;
      if (at % 4 === 0)
        return (await post(instance, "/oauth/v2/introspect", { token: "x", ...asClient(assertion) })).status;
      const forms = [asBearer(assertion), asCredentials(assertion), exchangeOf(assertion, account.id)];
      return (await instance.exchange(forms[at % 3] as Form)).status;
    });
    const statuses = await Promise.all(racing);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => ![200, 400, 401].includes(status))).toEqual([]);
    expect((await granted(project)).length).toBeLessThanOrEqual(1);
  });

  it("of fifty assertions: fifty tokens", async () => {
    const { file, project } = await givenKey(service);
    const assertions = await Promise.all(Array.from({ length: 50 }, () => assertionOf(file)));
    const answers = await Promise.all(assertions.map((a, at) => keyFlow(instances[at % 3] as Service, a)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(50);
    expect(new Set(answers.map(({ body }) => body.access_token)).size).toBe(50);
    expect(await granted(project)).toHaveLength(50);
  });
});
