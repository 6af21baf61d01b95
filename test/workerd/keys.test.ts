import { decodeProtectedHeader } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { assertionOf, givenKey, type KeyFile, keyFlow, lastEvent } from "./credentials.ts";
import { startService } from "./harness.ts";
import { bytesOf, fileWith, givenNeighbour, type OwnKey, ownKey } from "./own_keys.ts";

/** Registering a key: what is taken, what is refused, and what is answered. */

const service = startService();
const [ec, rsa, ed] = await Promise.all([ownKey(), ownKey("RS256"), ownKey("EdDSA")]);
const [p384, p521, rsa3072] = await Promise.all([ownKey("ES384"), ownKey("ES512"), ownKey("PS512", 3072)]);

describe("a key that we make", () => {
  it.each([
    [{}, "RSA_2048"],
    [{ algorithm: "RSA_2048" }, "RSA_2048"],
    [{ algorithm: "RSA_4096" }, "RSA_4096"],
    [{ algorithm: "EC_P256" }, "EC_P256"],
    [{ algorithm: "ED25519" }, "ED25519"],
  ])("%o", async (input, keyAlgorithm) => {
    const { keys, account, file } = await givenKey(service, input);
    expect(file).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      active: true,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      publicKey: expect.stringMatching(
        /^-----BEGIN PUBLIC KEY-----\n[A-Za-z0-9+/=\n]+\n-----END PUBLIC KEY-----$/,
      ),
      keyType: "USER_MANAGED",
      keyOrigin: "GENERATED",
      keyAlgorithm,
      credentials: {
        kid: file.id,
        iss: account.email,
        sub: account.id,
        aud: service.url,
        privateKey: expect.stringMatching(
          /^-----BEGIN PRIVATE KEY-----\n[^\r-]+\n-----END PRIVATE KEY-----\n?$/,
        ),
        tokenEndpoint: `${service.url}/oauth/v2/token`,
      },
    });
    expect((await service.call("GET", keys)).body.items).toHaveLength(1);
    expect((await keyFlow(service, await assertionOf(file))).status).toBe(200);
  });

  it("is answered with its place, its tag, its end, and to no cache", async () => {
    const { keys, project } = await givenKey(service);
    const validUntil = new Date(Date.now() + 90 * 86400_000).toISOString();
    const made = await service.call("POST", keys, { algorithm: "ED25519", validUntil });
    expect(made.status).toBe(201);
    expect(made.headers.get("cache-control")).toBe("no-store");
    expect(made.headers.get("location")).toBe(`${keys}/${made.body.id}`);
    expect(Date.parse(made.body.validUntil)).toBe(Math.floor(Date.parse(validUntil) / 1000) * 1000);
    const got = await service.call("GET", made.headers.get("location") ?? "");
    expect(got.headers.get("etag")).toBe(made.headers.get("etag"));
    const event = await lastEvent(service, project, "action=service_account_key.create");
    expect(event).toMatchObject({
      outcome: "granted",
      target: { type: "service_account_key", id: made.body.id },
    });
    expect(event).toMatchObject({ actor: { type: "bootstrap" }, detail: "ED25519" });
  });
});

describe("a key of the user's own", () => {
  const pkcs1Lines = (pem: string) => pem.replaceAll("\n", "\r\n");
  it.each<[string, OwnKey, unknown, string, Record<string, unknown>]>([
    ["PEM", ec, ec.pem, "EC_P256", {}],
    [
      "PEM with CRLF and blank lines around",
      rsa,
      `\r\n\n${pkcs1Lines(rsa.pem)}\r\n\r\n`,
      "RSA_2048",
      { alg: "RS512" },
    ],
    ["a JWK in a string", ed, JSON.stringify(ed.jwk), "ED25519", {}],
    ["a JWK as it is", ec, ec.jwk, "EC_P256", {}],
    [
      "a JWK with a kid, a use and more",
      ec,
      { kid: "mine", use: "sig", x5t: "a", ...ec.jwk, owner: "me" },
      "EC_P256",
      {},
    ],
    ["a JWK that is bound to PS256", rsa, { ...rsa.jwk, alg: "PS256" }, "RSA_2048", { alg: "PS256" }],
    ["P-384", p384, p384.jwk, "EC_P384", { alg: "ES384" }],
    ["P-521", p521, p521.certificate, "EC_P521", { alg: "ES512" }],
    ["RSA of 3072 bits", rsa3072, rsa3072.pem, "RSA_3072", { alg: "PS512" }],
    ["an X.509 certificate", ec, ec.certificate, "EC_P256", {}],
    ["an X.509 certificate of RSA", rsa, rsa.certificate, "RSA_2048", { alg: "RS256" }],
  ])("%s", async (_name, own, publicKey, keyAlgorithm, header) => {
    const { keys } = await givenKey(service);
    const made = await service.call("POST", keys, { publicKey, algorithm: undefined });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    expect(made.body).toMatchObject({ keyOrigin: "USER_PROVIDED", keyAlgorithm });
    expect(made.body.credentials).not.toHaveProperty("privateKey");
    expect(made.body.credentials.kid).toBe(made.body.id);
    expect(bytesOf(made.body.publicKey)).toEqual(bytesOf(own.pem));
    const assertion = await assertionOf(fileWith(made, own), {}, header);
    expect(decodeProtectedHeader(assertion).kid).toBe(made.body.id);
    expect((await keyFlow(service, assertion)).status).toBe(200);
  });

  it("may name the algorithm that it is of", async () => {
    const { keys } = await givenKey(service);
    expect((await service.call("POST", keys, { publicKey: ec.pem, algorithm: "EC_P256" })).status).toBe(201);
  });

  it("that is bound to one algorithm is good for no other", async () => {
    const { keys, project } = await givenKey(service);
    const made = await service.call("POST", keys, { publicKey: { ...rsa.jwk, alg: "PS256" } });
    expect(
      (await keyFlow(service, await assertionOf(fileWith(made, rsa), {}, { alg: "RS256" }))).status,
    ).toBe(400);
    expect(await lastEvent(service, project)).toMatchObject({
      reason: "algorithm_not_allowed",
      kid: made.body.id,
    });
  });
});

describe("a key that is there already", () => {
  let given: Awaited<ReturnType<typeof givenKey>>;
  let first: KeyFile;
  beforeAll(async () => {
    given = await givenKey(service);
    first = (await service.call("POST", given.keys, { publicKey: ec.pem })).body;
  });

  it.each<[string, unknown]>([
    ["as PEM again", ec.pem],
    ["as a JWK", ec.jwk],
    [
      "as a JWK in a string, its members turned about",
      JSON.stringify(Object.fromEntries(Object.entries(ec.jwk).reverse())),
    ],
    ["as a JWK with an alg and a kid", { ...ec.jwk, alg: "ES256", kid: "other" }],
    ["as a certificate", ec.certificate],
  ])("%s: 409", async (_name, publicKey) => {
    const { status, body } = await service.call("POST", given.keys, { publicKey });
    expect([status, body.code]).toEqual([409, "key_registered"]);
    expect(await lastEvent(service, given.project)).toMatchObject({
      reason: "key_registered",
      action: "service_account_key.create",
      serviceAccountId: given.account.id,
    });
  });

  it("of 8 that race with one key one is registered", async () => {
    const { keys } = await givenKey(service);
    const racing = Array.from({ length: 8 }, (_, at) =>
      service.call("POST", keys, { publicKey: at % 2 === 0 ? rsa.pem : rsa.jwk }),
    );
    expect((await Promise.all(racing)).map(({ status }) => status).sort()).toEqual([
      201,
      ...Array(7).fill(409),
    ]);
  });

  it("on another account it is another key, for that account alone", async () => {
    const { account, keys } = await givenNeighbour(service, given.accounts);
    const second = await service.call("POST", keys, { publicKey: ec.jwk });
    expect(second.status).toBe(201);
    expect(second.body.id).not.toBe(first.id);
    const file = fileWith(second, ec);
    expect((await keyFlow(service, await assertionOf(file))).status).toBe(200);
    const { iss, sub } = first.credentials;
    expect((await keyFlow(service, await assertionOf(file, { iss, sub }))).status).toBe(400);
    expect(await lastEvent(service, given.project)).toMatchObject({
      reason: "key_not_found",
      serviceAccountId: given.account.id,
    });
    expect((await keyFlow(service, await assertionOf(file, { iss }))).status).toBe(400);
    expect(await lastEvent(service, given.project)).toMatchObject({
      reason: "subject_mismatch",
      serviceAccountId: account.id,
    });
  });

  it("is free again once it is deleted, under another id", async () => {
    const { keys } = await givenKey(service);
    const before = await service.call("POST", keys, { publicKey: ed.pem });
    expect((await service.call("DELETE", `${keys}/${before.body.id}`)).status).toBe(204);
    const after = await service.call("POST", keys, { publicKey: ed.pem });
    expect(after.status).toBe(201);
    expect((await keyFlow(service, await assertionOf(fileWith(before, ed)))).status).toBe(400);
    expect((await keyFlow(service, await assertionOf(fileWith(after, ed)))).status).toBe(200);
  });
});
