import { env } from "cloudflare:workers";
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import { PROJECT_TOKEN_PREFIX } from "../../src/keyring/index.ts";
import { exchangeOf, startService } from "./harness.ts";
import {
  callAs,
  dumpDatabase,
  eventsOf,
  givenAccount,
  givenToken,
  hasHmac,
  sha256Of,
} from "./project_token_kit.ts";

const service = startService();

describe("a project token is made", () => {
  it("with itself in the answer, a place, and an event without it", async () => {
    const given = await givenAccount(service);
    const { status, headers, body } = await service.call("POST", given.tokens, { name: "nightly" });
    expect(status).toBe(201);
    expect(headers.get("location")).toBe(`${given.tokens}/${body.id}`);
    expect(headers.get("cache-control")).toBe("no-store");
    const { token, ...item } = body;
    expect(item).toMatchObject({
      name: "nightly",
      projectId: given.projectId,
      serviceAccountId: given.account.id,
      lastUsedAt: null,
      lastUsedBy: null,
      warnings: [],
    });
    expect(decodeProtectedHeader(token)).toEqual({ alg: "HS256", typ: "project-token+jwt" });
    expect(decodeJwt(token)).toMatchObject({
      iss: service.url,
      aud: service.url,
      sub: given.account.id,
      jti: body.id,
      exp: Date.parse(body.expiresAt) / 1000,
      auth_method: "project_token",
      project_id: given.projectId,
    });
    const [event] = await eventsOf(service, given.project, "action=project_token.create");
    expect(event).toMatchObject({
      outcome: "granted",
      target: { type: "project_token", id: body.id },
      serviceAccountId: given.account.id,
      detail: "nightly",
    });
    const got = await service.call("GET", headers.get("location") ?? "");
    expect(got.body).toEqual(item);
    expect(got.headers.get("etag")).toBe(headers.get("etag"));
  });

  it.each([
    ["2027-05-06T07:08:09Z", undefined, "2030-05-06T07:08:09Z"],
    ["2028-02-29T12:00:00Z", undefined, "2031-03-01T12:00:00Z"],
    ["2027-02-28T23:59:59Z", undefined, "2030-02-28T23:59:59Z"],
    ["2027-05-06T07:08:09Z", "2027-05-06T07:08:10Z", "2027-05-06T07:08:10Z"],
    ["2027-05-06T07:08:09Z", "2040-01-01T02:00:00+02:00", "2040-01-01T00:00:00Z"],
  ])("at %s, asked for %s: until %s", async (now, expiresAt, end) => {
    const clock = startService({ nowMs: () => Date.parse(now) });
    const made = await givenToken(clock, await givenAccount(clock), { expiresAt });
    expect(made.expiresAt).toBe(end);
    expect(decodeJwt(made.token)).toMatchObject({
      iat: Date.parse(now) / 1000,
      exp: Date.parse(end) / 1000,
    });
  });

  it.each([
    ["no name", {}, "invalid_body", "/name"],
    ["an empty name", { name: "" }, "invalid_body", "/name"],
    ["a name with a line break", { name: "a\nb" }, "invalid_body", "/name"],
    ["a past end", { name: "x", expiresAt: "2020-01-01T00:00:00Z" }, "invalid_body", "/expiresAt"],
    ["an end without a zone", { name: "x", expiresAt: "2099-01-01T00:00:00" }, "invalid_body", "/expiresAt"],
    ["an unknown member", { name: "x", token: "mine" }, "invalid_body", "/token"],
  ])("not with %s", async (_name, input, code, pointer) => {
    const given = await givenAccount(service);
    const { status, body } = await service.call("POST", given.tokens, input);
    expect(status).toBe(400);
    expect([body.code, body.errors[0].pointer]).toEqual([code, pointer]);
    expect((await service.call("GET", given.tokens)).body.items).toEqual([]);
  });

  it("not with an end that is now: the record says why", async () => {
    const clock = startService({ nowMs: () => Date.parse("2027-05-06T07:08:09Z") });
    const given = await givenAccount(clock);
    const { body } = await clock.call("POST", given.tokens, { name: "x", expiresAt: "2027-05-06T07:08:09Z" });
    expect(body).toMatchObject({
      code: "invalid_body",
      errors: [{ pointer: "/expiresAt", code: "in_the_past" }],
    });
    const [event] = await eventsOf(clock, given.project, "outcome=refused");
    expect(event).toMatchObject({ action: "project_token.create", reason: "invalid_body" });
  });

  it("signed by PROJECT_TOKEN_KEY alone, with one beginning for all", async () => {
    const first = await givenToken(service, await givenAccount(service));
    const second = await givenToken(service, await givenAccount(service), {
      expiresAt: "2099-01-01T00:00:00Z",
    });
    const keySet = createLocalJWKSet(await (await service.fetch("/.well-known/jwks.json")).json());
    for (const { token } of [first, second]) {
      expect(token.startsWith(PROJECT_TOKEN_PREFIX)).toBe(true);
      expect(await hasHmac(token, env.PROJECT_TOKEN_KEY)).toBe(true);
      expect(await hasHmac(token, `${env.PROJECT_TOKEN_KEY}x`)).toBe(false);
      await expect(jwtVerify(token, keySet)).rejects.toThrow();
    }
    expect(PROJECT_TOKEN_PREFIX).toBe("eyJhbGciOiJIUzI1NiIsInR5cCI6InByb2plY3QtdG9rZW4rand0In0.");
  });
});

describe("a project token is shown once", () => {
  it("and stands in no later answer, event, log line or row", async () => {
    const loud = startService();
    const given = await givenAccount(loud);
    const { token, path, id } = await givenToken(loud, given);
    const shown: string[] = [];
    const keep = async (answer: Promise<{ body: unknown }>) =>
      shown.push(JSON.stringify((await answer).body) ?? "");
    await keep(loud.call("PATCH", path, { name: "renamed" }));
    await keep(loud.call("GET", path));
    await keep(loud.call("GET", given.tokens));
    await keep(callAs(loud, token, "GET", given.path));
    await keep(loud.exchange(exchangeOf(token, given.account.id, { scope: "x" })));
    await keep(loud.exchange(exchangeOf(`${token}x`, given.account.id)));
    await loud.exchange(exchangeOf(token, given.account.id));
    await keep(loud.call("POST", `${path}/regenerate`));
    await keep(loud.exchange(exchangeOf(token, given.account.id)));
    await keep(loud.call("GET", `/v1/projects/${given.project}/audit-events?pageSize=200`));
    await keep(loud.call("GET", "/v1/audit-events?pageSize=200"));
    const database = await dumpDatabase();
    const everything = [...shown, JSON.stringify(loud.log), database].join("\n");
    const [, payload = "", signature = ""] = token.split(".");
    for (const part of [token, payload, signature]) expect(everything.includes(part)).toBe(false);
    expect(everything).toContain(id);
    expect(database).toContain(await sha256Of(JSON.parse(shown[6] ?? "").token));
  });
});

describe("names of an account's project tokens", () => {
  it("are unique: of 50 that race for one, one is made", async () => {
    const given = await givenAccount(service);
    const other = await givenAccount(service);
    const race = Array.from({ length: 50 }, () => service.call("POST", given.tokens, { name: "nightly" }));
    const answers = await Promise.all(race);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    const refused = answers.filter(({ status, body }) => status === 409 && body.code === "name_taken");
    expect(refused).toHaveLength(49);
    expect(refused[0]?.body.errors).toMatchObject([{ pointer: "/name", code: "name_taken" }]);
    expect((await service.call("GET", given.tokens)).body.items).toHaveLength(1);
    const [event] = await eventsOf(service, given.project, "outcome=refused");
    expect(event).toMatchObject({ action: "project_token.create", reason: "name_taken" });
    await givenToken(service, other, { name: "nightly" });
    const sibling = await service.call("POST", given.accounts, { name: "sibling" });
    const beside = `${given.accounts}/${sibling.body.id}/project-tokens`;
    expect((await service.call("POST", beside, { name: "nightly" })).status).toBe(201);
  });

  it("are unique after a rename too", async () => {
    const given = await givenAccount(service);
    await givenToken(service, given, { name: "nightly" });
    const { path } = await givenToken(service, given, { name: "daily" });
    const { status, body } = await service.call("PATCH", path, { name: "nightly" });
    expect([status, body.code]).toEqual([409, "name_taken"]);
    expect((await service.call("PATCH", path, { name: "daily" })).status).toBe(200);
  });
});

describe("an account has 50 project tokens at most", () => {
  it("of those that race for the last place one gets it; a revoked one makes room", async () => {
    const given = await givenAccount(service);
    const first = await givenToken(service, given);
    await Promise.all(Array.from({ length: 48 }, () => givenToken(service, given)));
    const race = Array.from({ length: 5 }, (_, n) =>
      service.call("POST", given.tokens, { name: `last-${n}` }),
    );
    const answers = await Promise.all(race);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    const codes = answers.filter(({ status }) => status !== 201).map(({ body }) => body.code);
    expect(codes).toEqual(Array(4).fill("limit_reached"));
    const [event] = await eventsOf(service, given.project, "outcome=refused");
    expect(event).toMatchObject({ action: "project_token.create", reason: "limit_reached" });
    const pages = await service.call("GET", `${given.tokens}?pageSize=30`);
    const rest = await service.call(
      "GET",
      `${given.tokens}?pageSize=30&pageToken=${pages.body.nextPageToken}`,
    );
    expect([pages.body.items.length, rest.body.items.length]).toEqual([30, 20]);
    expect(rest.body.nextPageToken).toBeUndefined();
    await service.call("DELETE", first.path);
    await givenToken(service, given);
    const { body } = await service.call("POST", given.tokens, { name: "one-too-many" });
    expect(body.code).toBe("limit_reached");
  });
});
