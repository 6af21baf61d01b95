import { describe, expect, it } from "vitest";
import { CLIENT_ASSERTION, JWT_BEARER } from "./credentials.ts";
import { exchangeOf, startService } from "./harness.ts";
import {
  accessTokenOf,
  callAs,
  DEAD,
  eventsOf,
  GOOD,
  givenAccount,
  givenToken,
  stateOf,
} from "./project_token_kit.ts";

const service = startService();
const lastRefusal = async (project: string) =>
  (await eventsOf(service, project, "outcome=refused&action=access_token.exchange"))[0];

describe("a project token is good while its owner is", () => {
  it.each([
    ["account is disabled", "account", { disabled: true }, { disabled: false }, "account_disabled"],
    ["project is disabled", "project", { disabled: true }, { disabled: false }, "project_disabled"],
    [
      "account has expired",
      "account",
      { expiresAt: "2020-01-01T00:00:00Z" },
      { expiresAt: null },
      "account_expired",
    ],
  ])("not while the %s, and again after", async (_name, owner, off, on, reason) => {
    const given = await givenAccount(service);
    const { token } = await givenToken(service, given);
    const got = await accessTokenOf(service, given, token);
    const path = owner === "account" ? given.path : `/v1/projects/${given.project}`;
    expect((await service.call("PATCH", path, off)).status).toBe(200);
    expect(await stateOf(service, given, token)).toEqual(DEAD);
    expect(await lastRefusal(given.project)).toMatchObject({ reason });
    expect((await callAs(service, got, "GET", given.path)).body.code).toBe("invalid_token");
    await service.call("PATCH", path, on);
    expect(await stateOf(service, given, token)).toEqual(GOOD);
    expect((await callAs(service, got, "GET", given.path)).body.code).toBe("invalid_token");
  });

  it("not while it has expired: the record knows the token", async () => {
    let now = Date.parse("2027-05-06T00:00:00Z");
    const clock = startService({ nowMs: () => now });
    const given = await givenAccount(clock);
    const { token, id } = await givenToken(clock, given, { expiresAt: "2027-05-06T01:00:00Z" });
    now += 3600 * 1000;
    expect(await stateOf(clock, given, token)).toEqual(DEAD);
    const [event] = await eventsOf(clock, given.project, "outcome=refused");
    expect(event).toMatchObject({ reason: "token_expired", claims: { jti: id } });
  });

  it.each(["another account of its project", "an account of another project"])(
    "and only for it: not for %s",
    async (which) => {
      const given = await givenAccount(service);
      const { token } = await givenToken(service, given);
      const other = which.includes("another project") ? await givenAccount(service) : given;
      const named = await service.call("POST", other.accounts, { name: "other" });
      for (const clientId of [named.body.id, named.body.email]) {
        const { status, body } = await service.exchange(exchangeOf(token, clientId));
        expect([status, body.error]).toEqual([400, "invalid_request"]);
        const event = await lastRefusal(other.project);
        expect(event).toMatchObject({
          reason: "project_token_unknown",
          serviceAccountId: named.body.id,
          claims: null,
        });
      }
    },
  );

  it("and only for whom there is: an unknown client_id is answered as an unknown token", async () => {
    const given = await givenAccount(service);
    const { token } = await givenToken(service, given);
    const answers = [
      await service.exchange(exchangeOf(token, "nobody-1234567@sa.countersign.internal")),
      await service.exchange(exchangeOf(token, crypto.randomUUID())),
      await service.exchange(exchangeOf(`${token.slice(0, -4)}AAAA`, given.account.id)),
    ];
    const bodies = answers.map(({ status, body }) =>
      JSON.stringify([status, body]).replaceAll(/[0-9a-f-]{36}/g, ""),
    );
    expect(new Set(bodies).size).toBe(1);
    expect(answers[0]?.status).toBe(400);
  });
});

describe("a dead project token is refused in the words of each grant", () => {
  it.each([
    [JWT_BEARER, "assertion", 400, "invalid_grant"],
    ["client_credentials", "client_assertion", 401, "invalid_client"],
    ["urn:ietf:params:oauth:grant-type:token-exchange", "subject_token", 400, "invalid_request"],
  ])("%s", async (grantType, parameter, status, error) => {
    const given = await givenAccount(service);
    const { token, path } = await givenToken(service, given);
    await service.call("DELETE", path);
    const answer = await service.exchange({
      grant_type: grantType,
      [parameter]: token,
      subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
      client_assertion_type: CLIENT_ASSERTION,
    });
    expect([answer.status, answer.body.error]).toEqual([status, error]);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(await lastRefusal(given.project)).toMatchObject({ reason: "project_token_revoked" });
  });

  it("and of 20 exchanges that race with its revocation, none is good after it", async () => {
    const given = await givenAccount(service);
    const { token, path } = await givenToken(service, given);
    const race = Array.from({ length: 20 }, () => service.exchange(exchangeOf(token, given.account.id)));
    const [gone, ...answers] = await Promise.all([service.call("DELETE", path), ...race]);
    expect(gone.status).toBe(204);
    for (const { status, body } of answers) {
      if (status === 200) {
        expect((await callAs(service, body.access_token, "GET", given.path)).body.code).toBe("invalid_token");
      } else expect(body.error).toBe("invalid_request");
    }
  });
});
