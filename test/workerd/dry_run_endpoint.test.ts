import { describe, expect, it } from "vitest";
import { CLIENT_ASSERTION, JWT_BEARER } from "./credentials.ts";
import { exchangeOf } from "./harness.ts";
import { ACCESS_TOKEN_TYPE } from "./impersonation_kit.ts";
import { dryRun, givenStage, homeOf, newIssuer, stageIn } from "./receipt_kit.ts";
import { bind, givenCaller, givenRoleHome } from "./role_kit.ts";
import { must } from "./token_holders.ts";

/** `dry_run=true` at the token endpoint: for whoever may read whom the account trusts. */

describe("at the token endpoint", () => {
  it("of every grant, and of who acts as the account", async () => {
    const stage = await givenStage();
    const { email, id } = stage.account;
    const jwt = await stage.issuer.sign();
    const other = (await must(stage.service, "POST", stage.accounts, { name: "other" })).body;
    await bind(stage.service, homeOf(stage), { id }, "token-creator");
    const { access_token: access } = (await stage.exchange(jwt)).body;
    const before = await stage.service.call("GET", `${stage.root}/audit-events?action=access_token.exchange`);
    for (const form of [
      exchangeOf(jwt, email),
      { grant_type: JWT_BEARER, assertion: jwt, client_id: email },
      {
        grant_type: "client_credentials",
        client_id: id,
        client_assertion_type: CLIENT_ASSERTION,
        client_assertion: jwt,
      },
      exchangeOf(access, other.email, { subject_token_type: ACCESS_TOKEN_TYPE }),
    ]) {
      const { status, body } = await dryRun(stage, form);
      expect([status, body.outcome, body.dryRun]).toEqual([200, "granted", true]);
    }
    const events = `${stage.root}/audit-events?action=access_token.`;
    expect((await stage.service.call("GET", `${events}exchange`)).body).toEqual(before.body);
    expect((await stage.service.call("GET", `${events}impersonate`)).body.items).toEqual([]);
    expect((await stage.service.call("GET", `${events}evaluate`)).body.items).toHaveLength(4);
  });

  it.each(["maybe", "1", "TRUE"])("dry_run=%s is no answer", async (dry_run) => {
    const stage = await givenStage();
    const { status, body } = await dryRun(stage, {
      ...exchangeOf(await stage.issuer.sign(), stage.account.email),
      dry_run,
    });
    expect([status, body.error, body.error_description]).toEqual([
      400,
      "invalid_request",
      "dry_run is true or false.",
    ]);
  });

  it("dry_run=false and an empty one are an exchange", async () => {
    const stage = await givenStage();
    for (const dry_run of ["false", ""])
      expect((await stage.exchange(await stage.issuer.sign(), { dry_run })).body).toHaveProperty(
        "access_token",
      );
  });

  it("opens to who may read the account's trusts, and to nobody else", async () => {
    const stage = await givenStage();
    const { service } = stage;
    const other = await stageIn(service, await newIssuer());
    const tenant = await givenCaller(service, await givenRoleHome(service), "owner");
    const [viewer, auditor] = [
      await givenCaller(service, homeOf(stage), "viewer"),
      await givenCaller(service, homeOf(stage), "auditor"),
    ];
    const jwt = await stage.issuer.sign();
    const ask = async (account: string, bearer: string | null) => {
      const { status, body } = await dryRun(stage, exchangeOf(jwt, account), bearer);
      return [status, body.error ?? body.outcome, body.error_description];
    };
    const { email } = stage.account;
    expect((await ask(email, viewer.token)).slice(0, 2)).toEqual([200, "granted"]);
    const [refused] = [await ask(email, tenant.token)];
    expect(refused.slice(0, 2)).toEqual([400, "unauthorized_client"]);
    for (const account of [email, other.account.email, crypto.randomUUID(), "nobody@x"])
      for (const bearer of [tenant.token, auditor.token]) expect(await ask(account, bearer)).toEqual(refused);
    expect(await ask(other.account.email, viewer.token)).toEqual(refused);
    expect(await ask(crypto.randomUUID(), viewer.token)).toEqual(refused);
    for (const bearer of [null, "x.y.z", jwt])
      expect((await ask(email, bearer)).slice(0, 2)).toEqual([401, "invalid_client"]);
  });
});
