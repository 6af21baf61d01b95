import { env } from "cloudflare:workers";
import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import {
  assertionOf,
  CLIENT_ASSERTION,
  givenKey,
  introspect,
  JWT_BEARER,
  keyFlow,
  lastEvent,
} from "./credentials.ts";
import { exchangeOf, startService } from "./harness.ts";

const service = startService();

describe("the key flow", () => {
  it.each(["RSA_2048", "RSA_4096", "EC_P256", "ED25519"])(
    "%s: the answered file alone gets a token",
    async (algorithm) => {
      const { file, account } = await givenKey(service, { algorithm });
      expect(file.credentials).toMatchObject({ iss: account.email, sub: account.id, aud: service.url });
      expect(file.credentials.privateKey).toMatch(
        /^-----BEGIN PRIVATE KEY-----\n[A-Za-z0-9+/=\n]+-----END PRIVATE KEY-----\n?$/,
      );
      const { status, body } = await keyFlow(service, await assertionOf(file));
      expect(status, JSON.stringify(body)).toBe(200);
      expect(Object.keys(body).sort()).toEqual([
        "access_token",
        "expires_in",
        "refresh_token",
        "scope",
        "token_type",
      ]);
      expect(decodeJwt(body.access_token)).toMatchObject({
        sub: account.id,
        email: account.email,
        auth_method: "key",
      });
      expect(await introspect(service, body.access_token, env.BOOTSTRAP_TOKEN)).toMatchObject({
        active: true,
        auth_method: "key",
      });
    },
  );

  it("each of 50 parallel uses of one assertion is refused but one", async () => {
    const { file, project } = await givenKey(service);
    const assertion = await assertionOf(file);
    const answers = await Promise.all(Array.from({ length: 50 }, () => keyFlow(service, assertion)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(49);
    expect(await lastEvent(service, project)).toMatchObject({
      reason: "assertion_replayed",
      kid: file.credentials.kid,
    });
  });

  it.each([
    [
      "jwt-bearer with client_id",
      (a: string, email: string) => ({ grant_type: JWT_BEARER, assertion: a, client_id: email }),
    ],
    [
      "client_credentials",
      (a: string) => ({
        grant_type: "client_credentials",
        client_assertion_type: CLIENT_ASSERTION,
        client_assertion: a,
      }),
    ],
    ["token exchange", (a: string, email: string) => exchangeOf(a, email)],
  ])("%s takes a self-signed assertion", async (_name, form) => {
    const { file, account } = await givenKey(service);
    const { status, body } = await service.exchange(form(await assertionOf(file), account.email));
    expect(status, JSON.stringify(body)).toBe(200);
  });
});
