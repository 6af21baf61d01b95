import { decodeJwt } from "jose";
import { beforeEach, describe, expect, it } from "vitest";
import { assertionOf, CLIENT_ASSERTION, givenKey, JWT_BEARER, keyFlow, lastEvent } from "./credentials.ts";
import { exchangeOf, issuer, startService } from "./harness.ts";
import { givenNeighbour } from "./own_keys.ts";

/** What a self-signed assertion may say: whom it is of, for whom, when, and how often. */

const service = startService();
let given: Awaited<ReturnType<typeof givenKey>>;
let neighbour: Awaited<ReturnType<typeof givenNeighbour>>;
beforeEach(async () => {
  given = await givenKey(service);
  neighbour = await givenNeighbour(service, given.accounts);
});

const now = () => Math.floor(Date.now() / 1000);
const endpoint = `${service.url}/oauth/v2/token`;

describe("an assertion is believed with", () => {
  it.each<[string, () => object]>([
    ["what the SDKs send", () => ({})],
    ["iss the id, sub the e-mail", () => ({ iss: given.account.id, sub: given.account.email })],
    ["iss and sub the id", () => ({ iss: given.account.id, sub: given.account.id })],
    ["iss and sub the e-mail", () => ({ iss: given.account.email, sub: given.account.email })],
    ["our URL in an array of one", () => ({ aud: [service.url] })],
    ["the token endpoint as aud", () => ({ aud: endpoint })],
    ["the token endpoint in an array", () => ({ aud: [endpoint] })],
    ["exactly an hour of life", () => ({ iat: now(), exp: now() + 3600 })],
    ["an end less than a minute ago", () => ({ iat: now() - 600, exp: now() - 55 })],
    ["a beginning less than a minute ahead", () => ({ iat: now() + 55, nbf: now() + 55, exp: now() + 600 })],
    ["no iat and an end within the hour", () => ({ iat: undefined, exp: now() + 3600 })],
    ["seconds with fractions", () => ({ iat: now() - 0.5, exp: now() + 600.75 })],
    ["a jti of one character", () => ({ jti: "~" })],
    ["a jti of 256 characters", () => ({ jti: "j".repeat(256) })],
    ["a jti that objects have", () => ({ jti: "__proto__" })],
    ["a jti that is SQL", () => ({ jti: "');--" })],
    [
      "claims that mean nothing to us",
      () => ({ scope: "admin", client_id: "x", roles: ["a"], act: { sub: "x" } }),
    ],
  ])("%s", async (_name, claims) => {
    const { status, body } = await keyFlow(service, await assertionOf(given.file, { ...claims() }));
    expect(status, JSON.stringify(body)).toBe(200);
    expect(decodeJwt(body.access_token)).toMatchObject({ sub: given.account.id, aud: service.url });
    expect(decodeJwt(body.access_token)).not.toHaveProperty("act");
    expect(body.scope).toBe("");
  });

  it.each(["client-authentication+jwt", "application/client-authentication+jwt", "jwt", undefined])(
    "the typ %s",
    async (typ) => {
      expect((await keyFlow(service, await assertionOf(given.file, {}, { typ }))).status).toBe(200);
    },
  );
});

describe("an assertion is refused with", () => {
  it.each<[string, () => object, string]>([
    ["the iss of another account", () => ({ iss: neighbour.account.email }), "subject_mismatch"],
    ["the sub of another account", () => ({ sub: neighbour.account.id }), "subject_mismatch"],
    [
      "iss and sub of another",
      () => ({ iss: neighbour.account.email, sub: neighbour.account.id }),
      "subject_mismatch",
    ],
    ["iss in capitals", () => ({ iss: given.account.email.toUpperCase() }), "subject_mismatch"],
    ["sub in capitals", () => ({ sub: given.account.id.toUpperCase() }), "subject_mismatch"],
    ["sub with white space", () => ({ sub: `${given.account.id} ` }), "subject_mismatch"],
    ["sub the account's name", () => ({ sub: "deployer" }), "subject_mismatch"],
    ["sub with a NUL", () => ({ sub: `${given.account.id}\0` }), "subject_mismatch"],
    [
      "iss in full-width letters",
      () => ({ iss: given.account.email.replace("d", "ｄ") }),
      "subject_mismatch",
    ],
    ["iss with white space", () => ({ iss: ` ${given.account.email}` }), "issuer_not_trusted"],
    ["our URL as iss", () => ({ iss: service.url }), "issuer_not_trusted"],
    ["the account's name as iss", () => ({ iss: "deployer" }), "issuer_not_trusted"],
    ["no iss", () => ({ iss: undefined }), "claim_missing"],
    ["no sub", () => ({ sub: undefined }), "claim_missing"],
    ["an empty sub", () => ({ sub: "" }), "claim_malformed"],
    ["subs in an array", () => ({ sub: [given.account.id] }), "claim_malformed"],
    ["no aud", () => ({ aud: undefined }), "claim_missing"],
    ["aud null", () => ({ aud: null }), "claim_malformed"],
    ["no aud in the array", () => ({ aud: [] }), "claim_malformed"],
    ["another aud", () => ({ aud: "https://elsewhere.example" }), "audience_mismatch"],
    ["our URL and another", () => ({ aud: [service.url, "https://elsewhere.example"] }), "audience_mismatch"],
    ["our URL twice", () => ({ aud: [service.url, service.url] }), "audience_mismatch"],
    ["our URL and the endpoint", () => ({ aud: [service.url, endpoint] }), "audience_mismatch"],
    ["our URL cut short", () => ({ aud: service.url.slice(0, -1) }), "audience_mismatch"],
    ["our URL and a slash", () => ({ aud: `${service.url}/` }), "audience_mismatch"],
    ["our URL and more", () => ({ aud: `${service.url}.evil.example` }), "audience_mismatch"],
    ["our URL in capitals", () => ({ aud: service.url.toUpperCase() }), "audience_mismatch"],
    ["the endpoint and a query", () => ({ aud: `${endpoint}?` }), "audience_mismatch"],
    [
      "the introspection endpoint",
      () => ({ aud: `${service.url}/oauth/v2/introspect` }),
      "audience_mismatch",
    ],
    ["no exp", () => ({ exp: undefined }), "claim_missing"],
    ["exp as text", () => ({ exp: String(now() + 60) }), "claim_malformed"],
    ["exp null", () => ({ exp: null }), "claim_malformed"],
    ["an end a minute ago", () => ({ iat: now() - 600, exp: now() - 60 }), "token_expired"],
    ["exp 0", () => ({ exp: 0 }), "token_expired"],
    ["a second more than an hour", () => ({ iat: now(), exp: now() + 3601 }), "token_lifetime_excessive"],
    [
      "an hour that began long ago",
      () => ({ iat: now() - 4000, exp: now() + 10 }),
      "token_lifetime_excessive",
    ],
    ["iat 0", () => ({ iat: 0, exp: now() + 10 }), "token_lifetime_excessive"],
    ["no iat and a far end", () => ({ iat: undefined, exp: now() + 3700 }), "token_lifetime_excessive"],
    ["no iat and an end in years", () => ({ iat: undefined, exp: 4102444800 }), "token_lifetime_excessive"],
    ["milliseconds", () => ({ iat: Date.now(), exp: Date.now() + 600_000 }), "token_lifetime_excessive"],
    ["an iat two minutes ahead", () => ({ iat: now() + 120, exp: now() + 600 }), "token_not_yet_valid"],
    [
      "a far iat that makes a far exp short",
      () => ({ iat: now() + 86400, exp: now() + 90000 }),
      "token_not_yet_valid",
    ],
    ["an nbf two minutes ahead", () => ({ nbf: now() + 120 }), "token_not_yet_valid"],
    ["iat as text", () => ({ iat: "0" }), "claim_malformed"],
    ["nbf null", () => ({ nbf: null }), "claim_malformed"],
    ["no jti", () => ({ jti: undefined }), "claim_missing"],
    ["an empty jti", () => ({ jti: "" }), "claim_malformed"],
    ["a jti that is a number", () => ({ jti: 7 }), "claim_malformed"],
    ["a jti that is null", () => ({ jti: null }), "claim_malformed"],
    ["jtis in an array", () => ({ jti: ["a"] }), "claim_malformed"],
    ["a jti of 257 characters", () => ({ jti: "j".repeat(257) }), "claim_malformed"],
    ["a jti with a NUL", () => ({ jti: "a\0b" }), "claim_malformed"],
    ["a jti with white space", () => ({ jti: "a b" }), "claim_malformed"],
    ["a jti with a line end", () => ({ jti: "a\n" }), "claim_malformed"],
    ["a jti that is not ASCII", () => ({ jti: "ü" }), "claim_malformed"],
    ["a jti of half a character", () => ({ jti: "\ud800" }), "claim_malformed"],
    ["the events of a logout token", () => ({ events: {} }), "token_type_not_allowed"],
  ])("%s", async (_name, claims, reason) => {
    const assertion = await assertionOf(given.file, { ...claims() });
    const form = { grant_type: JWT_BEARER, assertion, client_id: given.account.email };
    const { status, body } = await service.exchange(form);
    const event = await lastEvent(service, given.project);
    expect(event).toMatchObject({ reason, serviceAccountId: given.account.id, outcome: "refused" });
    expect([status, body.error]).toEqual([400, "invalid_grant"]);
    expect((await keyFlow(service, assertion)).status).toBe(400);
    expect(JSON.stringify([event, service.log])).not.toContain(assertion.split(".")[2]);
  });
});

describe("the account that is named", () => {
  it.each<[string, () => Record<string, string>, string]>([
    ["another account's e-mail", () => ({ client_id: neighbour.account.email }), "key_not_found"],
    ["another account's id", () => ({ client_id: neighbour.account.id }), "key_not_found"],
  ])("%s as client_id: refused, on that account's record", async (_name, more, reason) => {
    const answer = await keyFlow(service, await assertionOf(given.file), more());
    expect([answer.status, answer.body.error]).toEqual([400, "invalid_grant"]);
    expect(await lastEvent(service, given.project)).toMatchObject({
      reason,
      serviceAccountId: neighbour.account.id,
      kid: given.file.id,
    });
  });

  it.each(["deployer", "nobody-1234567@example.org", "*", "DEPLOYER@X"])(
    "as %s: nobody",
    async (client_id) => {
      const before = await lastEvent(service, given.project);
      const answer = await keyFlow(service, await assertionOf(given.file), { client_id });
      expect(answer.body.error_description).toContain(`Key with kid ${given.file.id} was not found`);
      expect(await lastEvent(service, given.project)).toEqual(before);
      const { body } = await service.call(
        "GET",
        `/v1/audit-events?requestId=${answer.headers.get("x-request-id")}`,
      );
      expect(body.items).toMatchObject([{ reason: "account_not_found", projectId: null }]);
    },
  );

  it("must be, for a foreign token: it says nothing of our accounts", async () => {
    const token = await issuer.token({ repository_id: "777001" }, service.url);
    const { client_id, ...exchanged } = exchangeOf(token, "");
    const asClient = { client_assertion_type: CLIENT_ASSERTION, client_assertion: token };
    const forms = [
      { grant_type: JWT_BEARER, assertion: token },
      { grant_type: "client_credentials", ...asClient },
      { ...exchanged, client_id },
    ];
    for (const form of forms) {
      const { status, body, headers } = await service.exchange(form as Record<string, string>);
      expect([status, body.error]).toEqual([400, "invalid_request"]);
      expect(body.error_description).toContain("client_id is missing");
      const path = `/v1/audit-events?requestId=${headers.get("x-request-id")}`;
      const { items } = (await service.call("GET", path)).body;
      expect(items).toMatchObject([{ reason: "account_not_named", projectId: null, claims: null }]);
    }
  });

  it("is what client_id says, and both spellings do", async () => {
    for (const client_id of [given.account.email, given.account.id, ""]) {
      expect((await keyFlow(service, await assertionOf(given.file), { client_id })).status).toBe(200);
    }
  });
});
