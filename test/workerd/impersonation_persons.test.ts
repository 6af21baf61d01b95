import { beforeAll, describe, expect, it } from "vitest";
import { exchangeOf, startService } from "./harness.ts";
import { type GivenIdentityProvider, givenIdentityProvider } from "./identity_provider_kit.ts";
import { claimsIn, givenProject, withStatus } from "./impersonation_kit.ts";

const ID_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:id_token";

const service = startService();
let provider: GivenIdentityProvider;
beforeAll(async () => {
  provider = await givenIdentityProvider(service);
});

/** A project where Ada may act as `release`. */
async function givenAda(principal: Record<string, unknown> = { type: "person", subject: "ada" }) {
  const project = await givenProject(service);
  const release = await project.addAccount("release");
  const bound = await withStatus(
    project.operator("POST", "/role-bindings", {
      principal: { identityProvider: provider.name, ...principal },
      role: "token-creator",
      resource: { type: "service_account", serviceAccount: "release" },
    }),
    201,
  );
  /** Both ways to act: a call of `/v1`, and a token exchange. */
  const ways = {
    call: async (idToken: string, account = "release") =>
      project.as(idToken)("POST", `/service-accounts/${account}/access-tokens`, { reason: "INC-1" }),
    exchange: async (idToken: string, email = release.email) =>
      service.exchange(exchangeOf(idToken, email, { subject_token_type: ID_TOKEN_TYPE, reason: "INC-1" })),
  };
  return { ...project, release, ways, binding: bound.body as { id: string } };
}

const tokenOf = (body: Record<string, unknown>) => claimsIn(body.accessToken ?? body.access_token);

describe.each(["call", "exchange"] as const)("a person, by %s", (way) => {
  it("gets the account's token, stands in act and in the record, and no longer than his ID token lives", async () => {
    const { ways, release, operator } = await givenAda();
    const exp = Math.floor(Date.now() / 1000) + 120;
    const { status, body } = await ways[way](await provider.idToken({ exp }));
    expect(status, JSON.stringify(body)).toBe(way === "call" ? 201 : 200);
    const claims = tokenOf(body);
    expect(claims).toMatchObject({ sub: release.id, act: { sub: "ada", iss: provider.issuer } });
    expect(claims).not.toHaveProperty("federated");
    expect(claims.exp).toBeLessThanOrEqual(exp);
    const { body: record } = await operator("GET", "/audit-events?action=access_token.impersonate");
    expect(record.items[0]).toMatchObject({
      actor: { type: "person", id: `${provider.issuer} ada` },
      detail: "INC-1",
      jti: claims.jti,
      serviceAccountId: release.id,
    });
  });

  it("gets nothing where he may not, with a token for another client, or when the binding has gone", async () => {
    const { ways, account, binding, operator } = await givenAda();
    const other = way === "call" ? "deployer" : account.email;
    expect((await ways[way](await provider.idToken(), other)).status).toBeGreaterThanOrEqual(400);
    expect((await ways[way](await provider.idToken({ aud: "another" }))).status).toBeGreaterThanOrEqual(400);
    expect((await ways[way](await provider.idToken({ sub: "eve" }))).status).toBeGreaterThanOrEqual(400);
    await withStatus(operator("DELETE", `/role-bindings/${binding.id}`), 204);
    expect((await ways[way](await provider.idToken())).status).toBeGreaterThanOrEqual(400);
  });

  it("loses what he got with the binding that let him", async () => {
    const { ways, bind, binding, operator, as } = await givenAda();
    await bind("release", "viewer");
    const { body } = await ways[way](await provider.idToken());
    const call = as(String(body.accessToken ?? body.access_token));
    await withStatus(call("GET", ""), 200);
    await withStatus(operator("DELETE", `/role-bindings/${binding.id}`), 204);
    expect((await call("GET", "")).status).toBe(401);
  });
});

it("a token that says who may act for its subject is good for that account alone", async () => {
  const { ways, release } = await givenAda();
  expect((await ways.exchange(await provider.idToken({ may_act: { sub: release.id } }))).status).toBe(200);
  expect((await ways.exchange(await provider.idToken({ may_act: { sub: release.email } }))).status).toBe(200);
  for (const may_act of [
    { sub: "another" },
    {},
    "release",
    null,
    { sub: release.id, iss: "https://x.example" },
  ]) {
    const idToken = await provider.idToken({ may_act });
    expect((await ways.exchange(idToken)).status, JSON.stringify(may_act)).toBe(400);
    expect((await ways.call(idToken)).status, JSON.stringify(may_act)).toBeGreaterThanOrEqual(400);
  }
});

it("is no person where the account trusts the issuer itself", async () => {
  const { ways, operator } = await givenAda();
  await withStatus(
    operator("POST", "/service-accounts/release/federated-identity-providers", {
      name: "own",
      issuer: provider.issuer,
      assertions: [{ item: "sub", operator: "equals", value: "robot" }],
      jwks: { keys: [provider.key.jwk] },
    }),
    201,
  );
  expect((await ways.exchange(await provider.idToken())).status).toBe(400);
});
