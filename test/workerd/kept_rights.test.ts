import { beforeEach, describe, expect, it } from "vitest";
import { exchangeOf, startService } from "./harness.ts";
import { type GivenIdentityProvider, givenIdentityProvider, newIssuerKey } from "./identity_provider_kit.ts";
import { bind, type Caller, callsWith, givenCaller, givenRoleHome, type RoleHome } from "./role_kit.ts";
import { givenTrustIn, must, type Trust } from "./token_holders.ts";

/** Nobody keeps, by a token that he got before, what was taken from him since. */

const service = startService();
const EMAIL = "ada@example.com";
const on = ({ id }: { readonly id: string }) => ({
  resource: { type: "service_account", serviceAccount: id },
});

let home: RoleHome;
/** Whom the tokens are for. */
let account: Caller;
beforeEach(async () => {
  home = await givenRoleHome(service);
  account = await givenCaller(service, home, "viewer");
});

const statusOf = async (token: string) => (await callsWith(service, token).call("GET", home.path)).status;

describe("a token that a person got as an account", () => {
  let provider: GivenIdentityProvider;
  beforeEach(async () => {
    provider = await givenIdentityProvider(service, { trustsEmail: true });
  });

  const bindPerson = (principal: object, more: object = {}, identityProvider = provider.name) =>
    must(service, "POST", home.bindings, {
      principal: { identityProvider, ...principal },
      role: "token-creator",
      ...on(account),
      ...more,
    });
  const get = async () =>
    callsWith(service, await provider.idToken({ email: EMAIL, groups: ["ops"] })).call(
      "POST",
      `${account.path}/access-tokens`,
      { reason: "INC-1" },
    );

  async function givenToken(principal: object): Promise<string> {
    await bindPerson(principal);
    const { body } = await get();
    expect(await statusOf(body.accessToken)).toBe(200);
    return body.accessToken;
  }

  it.each<readonly [string, object]>([
    ["he is", { type: "person", subject: "ada" }],
    ["his e-mail is", { type: "person", email: EMAIL }],
    ["his group is", { type: "group", name: "ops" }],
  ])("ends when %s denied", async (_what, principal) => {
    const token = await givenToken({ type: "person", subject: "ada" });
    await bindPerson(principal, { effect: "deny" });
    expect((await get()).status).toBeGreaterThanOrEqual(400);
    expect(await statusOf(token)).toBe(401);
  });

  it("stays when somebody of his name at another provider is denied", async () => {
    const token = await givenToken({ type: "person", subject: "ada" });
    const { name } = await givenIdentityProvider(service);
    await bindPerson({ type: "person", subject: "ada" }, { effect: "deny" }, name);
    expect(await statusOf(token)).toBe(200);
  });

  it.each<readonly [string, () => Promise<object>]>([
    ["trusts e-mails no more", async () => ({ trustsEmail: false })],
    ["has other keys", async () => ({ jwks: { keys: [(await newIssuerKey("k2")).jwk] } })],
    ["finds the e-mail elsewhere", async () => ({ mapping: { email: "upn" } })],
  ])("ends when his provider %s", async (_what, change) => {
    const token = await givenToken({ type: "person", email: EMAIL });
    await must(service, "PATCH", provider.path, await change());
    expect((await get()).status).toBeGreaterThanOrEqual(400);
    expect(await statusOf(token)).toBe(401);
  });
});

describe("a token that a workload got", () => {
  let trust: Trust;
  beforeEach(async () => {
    trust = await givenTrustIn(service, account);
  });

  const exchanged = async () => service.exchange(exchangeOf(await trust.stranger.sign(), account.email));
  const denyWorkloads = (issuer: string) => {
    const assertions = [{ item: "team", operator: "equals", value: "shop" }];
    const principal = { type: "workloads", issuer, assertions };
    return bind(service, home, account, "viewer", { principal, effect: "deny" });
  };

  it("ends when such workloads are denied, and so does what they held by their account", async () => {
    const { access_token: token } = (await exchanged()).body;
    expect(await statusOf(token)).toBe(200);
    await denyWorkloads(trust.stranger.issuer);
    expect(await statusOf(token)).toBe(401);
    // By keys that were uploaded they are given nothing, but denied all the same.
    const { status, body } = await exchanged();
    expect([status, body.scope]).toEqual([200, ""]);
  });

  it("stays when another issuer's are", async () => {
    const { access_token: token } = (await exchanged()).body;
    await denyWorkloads("https://elsewhere.example.com");
    expect(await statusOf(token)).toBe(200);
  });
});
