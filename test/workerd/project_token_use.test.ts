import { base64url, decodeJwt, exportJWK, generateKeyPair, SignJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { CLIENT_ASSERTION, JWT_BEARER } from "./credentials.ts";
import { exchangeOf, startService, TOKEN_EXCHANGE } from "./harness.ts";
import {
  accessTokenOf,
  DEAD,
  eventsOf,
  type GivenAccount,
  type GivenToken,
  GOOD,
  givenAccount,
  givenToken,
  hmacJwt,
  stateOf,
} from "./project_token_kit.ts";

const service = startService();
const ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token";
const WORKLOAD_JWT = "urn:schwarz:params:oauth:client-assertion-type:workload-jwt";
/** What is none of ours but says so is an access token of ours to the record: an impersonation that came to nothing. */
const lastRefusal = async ({ project }: GivenAccount) =>
  (await eventsOf(service, project, "outcome=refused")).find(({ action }) =>
    ["access_token.exchange", "access_token.impersonate"].includes(String(action)),
  );

describe("a project token gets an access token", () => {
  const API = "https://api.example.com";
  let given: GivenAccount;
  let made: GivenToken;
  beforeAll(async () => {
    given = await givenAccount(service, { allowedAudiences: [API] });
    made = await givenToken(service, given);
  });
  const exchange = (more: Record<string, string>) => ({
    grant_type: TOKEN_EXCHANGE,
    subject_token_type: ACCESS_TOKEN_TYPE,
    ...more,
  });
  const asClient = (more: Record<string, string>) => ({ grant_type: "client_credentials", ...more });

  it.each<[string, (token: string) => Record<string, string>]>([
    ["subject_token", (token) => exchange({ subject_token: token })],
    ["subject_token with the e-mail", (t) => exchange({ subject_token: t, client_id: given.account.email })],
    ["subject_token with the id", (t) => exchange({ subject_token: t, client_id: given.account.id })],
    [
      "subject_token of type jwt",
      (token) =>
        exchange({ subject_token: token, subject_token_type: "urn:ietf:params:oauth:token-type:jwt" }),
    ],
    ["subject_token for itself by name", (t) => exchange({ subject_token: t, audience: service.url })],
    ["subject_token and a line end", (token) => exchange({ subject_token: `${token}\n` })],
    ["subject_token and line ends around", (token) => exchange({ subject_token: `\r\n${token}\r\n` })],
    ["assertion", (assertion) => ({ grant_type: JWT_BEARER, assertion })],
    ["client_assertion", (t) => asClient({ client_assertion_type: CLIENT_ASSERTION, client_assertion: t })],
    [
      "client_assertion of the STACKIT SDKs",
      (token) =>
        asClient({
          client_assertion_type: WORKLOAD_JWT,
          client_assertion: `${token}\n`,
          client_id: given.account.email,
        }),
    ],
  ])("as %s, again and again", async (_name, form) => {
    for (let time = 0; time < 2; time++) {
      const { status, body } = await service.exchange(form(made.token));
      expect(status, JSON.stringify(body)).toBe(200);
      const claims = decodeJwt(body.access_token);
      expect(claims).toMatchObject({
        sub: given.account.id,
        client_id: given.account.id,
        email: given.account.email,
        project_id: given.projectId,
        auth_method: "project_token",
        aud: service.url,
      });
      expect(claims.jti).not.toBe(made.id);
      expect(claims).not.toHaveProperty("federated");
      expect(Number(claims.exp) - Number(claims.iat)).toBe(body.expires_in);
      expect(body.expires_in).toBe(3600);
    }
    const [event] = await eventsOf(service, given.project, "outcome=granted&action=access_token.exchange");
    expect(event).toMatchObject({
      actor: { type: "service_account", id: given.account.id },
      issuer: service.url,
      subject: given.account.id,
      claims: { jti: made.id },
    });
  });

  it("for an allowed audience, and for no other", async () => {
    expect(decodeJwt(await accessTokenOf(service, given, made.token, { audience: API })).aud).toBe(API);
    for (const [more, error, reason] of [
      [{ audience: "https://other.example.com" }, "invalid_target", "target_not_allowed"],
      [{ audience: `${API}/` }, "invalid_target", "target_not_allowed"],
      [{ scope: "projects:read" }, "invalid_scope", "scope_not_granted"],
    ] as const) {
      const { status, body } = await service.exchange(exchangeOf(made.token, given.account.id, more));
      expect([status, body.error]).toEqual([400, error]);
      expect(await lastRefusal(given)).toMatchObject({ reason });
    }
  });

  it.each([
    ["its own end", {}, { expiresAt: "2027-05-06T00:02:00Z" }, 120],
    ["the account's end", { expiresAt: "2027-05-06T00:01:00Z" }, {}, 60],
    ["the account's word", { tokenLifetime: 900 }, {}, 900],
  ])("that lives no longer than %s", async (_name, account, token, seconds) => {
    const clock = startService({ nowMs: () => Date.parse("2027-05-06T00:00:00Z") });
    const bounded = await givenAccount(clock, account);
    const { body } = await clock.exchange(
      exchangeOf((await givenToken(clock, bounded, token)).token, bounded.account.id),
    );
    expect(body.expires_in).toBe(seconds);
    expect(decodeJwt(body.access_token).exp).toBe(Date.parse("2027-05-06T00:00:00Z") / 1000 + seconds);
  });
});

describe("what is no project token gets nothing", () => {
  const swap = (text: string, at: number) =>
    `${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`;

  it("with one character changed, wherever it stands", async () => {
    const given = await givenAccount(service);
    const { token } = await givenToken(service, given);
    const step = (token.length - 1) / 39;
    for (let sample = 0; sample < 40; sample++) {
      const at = Math.round(sample * step);
      const changed = swap(token, at);
      expect(await stateOf(service, given, changed), `position ${at}`).toEqual(DEAD);
      expect((await lastRefusal(given))?.reason, `position ${at}`).toMatch(
        /^(?:token_malformed|token_type_not_allowed|signature_invalid|project_token_unknown|issuer_not_trusted|own_token_rejected)$/,
      );
    }
    expect(await stateOf(service, given, token)).toEqual(GOOD);
  });

  const reheaded = (token: string, header: object) =>
    [base64url.encode(JSON.stringify(header)), ...token.split(".").slice(1)].join(".");
  const TYP = "project-token+jwt";
  const rsaSigned = async (token: string, typ: string) => {
    const { privateKey } = await generateKeyPair("RS256", { extractable: true });
    const header = { alg: "RS256", typ, kid: "x", jwk: await exportJWK(privateKey) };
    return new SignJWT(decodeJwt(token)).setProtectedHeader(header).sign(privateKey);
  };

  it.each<[string, (token: string, of: GivenAccount) => string | Promise<string>, string]>([
    ["cut by one character", (token) => token.slice(0, -1), "signature_invalid"],
    ["cut to half its signature", (token) => token.slice(0, -20), "signature_invalid"],
    ["without a signature", (token) => token.slice(0, token.lastIndexOf(".") + 1), "signature_invalid"],
    ["without the last part", (token) => token.slice(0, token.lastIndexOf(".")), "token_malformed"],
    ["with a part more", (token) => `${token}.x`, "token_malformed"],
    ["with padding", (token) => `${token}=`, "project_token_unknown"],
    ["with a space behind", (token) => `${token} `, "project_token_unknown"],
    ["with a space before", (token) => ` ${token}`, "own_token_rejected"],
    ["with a tab inside", (token) => `${token.slice(0, -9)}\t${token.slice(-9)}`, "project_token_unknown"],
    ["with stray bits in its last character", withStrayBits, "project_token_unknown"],
    ["under another typ", (token) => reheaded(token, { alg: "HS256", typ: "JWT" }), "own_token_rejected"],
    ["under alg none", (token) => reheaded(token, { alg: "none", typ: TYP }), "own_token_rejected"],
    [
      "under alg none without a typ",
      (token) => reheaded(token, { alg: "none" }).replace(/[^.]*$/, "AA"),
      "own_token_rejected",
    ],
    [
      "under the header in another order",
      (token) => reheaded(token, { typ: TYP, alg: "HS256" }),
      "own_token_rejected",
    ],
    ["signed by an RSA key of its own, same typ", (token) => rsaSigned(token, TYP), "own_token_rejected"],
    ["signed by an RSA key of its own", (token) => rsaSigned(token, "JWT"), "own_token_rejected"],
    ["signed by an RSA key, as ours", (token) => rsaSigned(token, "at+jwt"), "own_token_rejected"],
    ["signed by another secret", (token) => hmacJwt(decodeJwt(token), "x".repeat(32)), "signature_invalid"],
    ["signed by the secret, but with a later exp", withLaterExp, "project_token_revoked"],
    [
      "signed by the secret, but of no row",
      (token) => hmacJwt({ ...decodeJwt(token), jti: crypto.randomUUID() }),
      "project_token_unknown",
    ],
    [
      "signed by the secret under another header",
      (token) => hmacJwt(decodeJwt(token), undefined, { alg: "HS256", typ: "JWT", kid: "x" }),
      "own_token_rejected",
    ],
    [
      "of another account, made over to this one by the secret",
      async (token, { account }) => {
        const other = decodeJwt((await givenToken(service, await givenAccount(service))).token);
        return hmacJwt({ ...decodeJwt(token), jti: other.jti, sub: account.id });
      },
      "project_token_unknown",
    ],
  ])("%s", async (_name, forge, reason) => {
    const given = await givenAccount(service);
    const { token, path } = await givenToken(service, given);
    const forged = await forge(token, given);
    expect(await stateOf(service, given, forged)).toEqual(
      forged.trim() === token ? [400, expect.any(String)] : DEAD,
    );
    // What our secret did sign for this account is its own record's to tell.
    const claims = reason === "project_token_revoked" ? expect.anything() : null;
    expect(await lastRefusal(given)).toMatchObject({ reason, claims });
    const unnamed = await service.exchange({
      grant_type: TOKEN_EXCHANGE,
      subject_token: forged,
      subject_token_type: ACCESS_TOKEN_TYPE,
    });
    expect([unnamed.status, unnamed.body.error]).toEqual([400, "invalid_request"]);
    expect(JSON.stringify([unnamed.body, await lastRefusal(given)])).not.toContain(token.slice(-20));
    if (forged.trim() !== token) expect((await service.call("GET", path)).body.lastUsedAt).toBeNull();
  });

  function withStrayBits(token: string): string {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    return `${token.slice(0, -1)}${alphabet[alphabet.indexOf(token.slice(-1)) + 1]}`;
  }
  function withLaterExp(token: string): Promise<string> {
    const claims = decodeJwt(token);
    return hmacJwt({ ...claims, exp: Number(claims.exp) + 1 });
  }
});
