import { describe, expect, it } from "vitest";
import { givenKey, lastEvent } from "./credentials.ts";
import { startService } from "./harness.ts";
import { ownKey } from "./own_keys.ts";

/** What no account gets registered, and that nothing of it is told back or kept. */

const service = startService();
const [ec, rsa, ed] = await Promise.all([ownKey(), ownKey("RS256"), ownKey("EdDSA")]);

const RSA_1024 = `-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDQDVvMsFfXQ351rzfpci/y5vZE
FTYmA0211ZyKqoUiQWMgkxENVI/5EcUL8esJ0O8F4SHvmzI+8Vz6PIulr3y/HMTk
X1JmazlaO5pA96sSg1enkYvQqfsFGxxkG7I83iNKaFLOV7GGNagI0KAKI/po0ZYb
wMMVh5iVwDmufUPd+wIDAQAB
-----END PUBLIC KEY-----`;
const N_1024 =
  "0A1bzLBX10N-da836XIv8ub2RBU2JgNNtdWciqqFIkFjIJMRDVSP-RHFC_HrCdDvBeEh75syPvFc-jyLpa98vxzE5F9SZms5WjuaQ".padEnd(
    171,
    "A",
  );

describe("what is no key to take", () => {
  const marked = (jwk: object) => ({ ...jwk, note: "echo-me-not" });
  const row = (name: string, publicKey: unknown, echo = "echo-me-not") => [name, publicKey, echo] as const;
  it.each([
    row("RSA of 1024 bits", RSA_1024, "0DVvMsFfXQ351"),
    row("RSA of 1024 bits as a JWK", marked({ kty: "RSA", n: N_1024, e: "AQAB" }), N_1024.slice(20, 50)),
    row("RSA with the exponent 3", marked({ ...rsa.jwk, e: "Aw" })),
    row("RSA with an even modulus", marked({ ...rsa.jwk, n: `${rsa.jwk.n?.slice(0, -1)}A` })),
    row("a point beside its curve", marked({ ...ec.jwk, y: ec.jwk.x })),
    row("a point of small order", marked({ kty: "OKP", crv: "Ed25519", x: "A".repeat(43) })),
    row("X25519", marked({ ...ed.jwk, crv: "X25519" })),
    row("secp256k1", marked({ ...ec.jwk, crv: "secp256k1" })),
    row("a secret", marked({ kty: "oct", k: "c2VjcmV0LXNlY3JldA" }), "c2VjcmV0"),
    row("a JWK for HS256", marked({ ...rsa.jwk, alg: "HS256" })),
    row("a JWK for encryption", marked({ ...rsa.jwk, use: "enc" })),
    row("a key set", { keys: [ec.jwk] }, ec.jwk.x),
    row("an empty object", {}),
    row("JSON that ends early", '{"kty":"EC","note":"echo-me-not"'),
    row("words", "echo-me-not"),
    row("white space", "   \n "),
    row("OpenSSH's form", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIecho-me-not me@host", "AAAAC3NzaC1"),
    row("two PEM blocks", `${ec.pem}\n${rsa.pem}`, ec.jwk.x),
    row("PEM that lost its last line", ec.pem.replace("-----END PUBLIC KEY-----", "")),
    row("PEM with a comment before it", `echo-me-not\n${ec.pem}`),
    row("a PEM of another kind", "-----BEGIN DH PARAMETERS-----\nAAAA\n-----END DH PARAMETERS-----"),
    row("more than 16 KiB", `${ec.pem}${" ".repeat(17 * 1024)}`),
    row("more than 16 KiB of JWK", marked({ ...ec.jwk, x5c: ["echo-me-not".repeat(2000)] })),
    row("a private key", ec.privateKey, [...ec.privateKey.split("\n")][1]),
    row("a private key as a JWK", ed.privateJwk, ed.privateJwk.d),
    row(
      "a private key as a JWK in a string",
      JSON.stringify(rsa.privateJwk),
      rsa.privateJwk.d?.slice(40, 80),
    ),
    row(
      "a private key under a public label",
      ec.privateKey.replaceAll("PRIVATE KEY", "PUBLIC KEY"),
      ec.privateKey.split("\n")[1],
    ),
    row("a private key behind a public one", `${ec.pem}\n${ec.privateKey}`, ec.privateKey.split("\n")[1]),
    row("a key file", { credentials: { privateKey: ec.privateKey } }, ec.privateKey.split("\n")[1]),
    row("a private key in a set", { keys: [ed.privateJwk] }, ed.privateJwk.d),
    row(
      "a private key in a set in a string",
      JSON.stringify({ keys: [ec.jwk, ed.privateJwk] }),
      ed.privateJwk.d,
    ),
  ])("%s", async (_name, publicKey, echo) => {
    const { keys, project } = await givenKey(service);
    const { status, body } = await service.call("POST", keys, { publicKey });
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: "invalid_body", errors: [{ pointer: "/publicKey" }] });
    const event = await lastEvent(service, project);
    // A shape that cannot be read at all is the caller's mistake; what was read and refused is on record.
    const wasRead = !(typeof publicKey === "string" && publicKey.length > 16 * 1024);
    const recorded = { reason: "invalid_body", action: "service_account_key.create", outcome: "refused" };
    if (wasRead) expect(event).toMatchObject(recorded);
    expect(JSON.stringify([body, event ?? null, service.log])).not.toContain(echo);
    expect((await service.call("GET", keys)).body.items).toHaveLength(1);
  });

  it.each<[string, unknown, string]>([
    ["an algorithm that publicKey is not of", { publicKey: ec.pem, algorithm: "RSA_2048" }, "/algorithm"],
    ["an end in the past", { validUntil: "2020-01-01T00:00:00Z" }, "/validUntil"],
    [
      "an end in the past of an own key",
      { publicKey: ec.pem, validUntil: "2020-01-01T00:00:00Z" },
      "/validUntil",
    ],
  ])("%s is refused and recorded", async (_name, body, pointer) => {
    const { keys, project } = await givenKey(service);
    const answer = await service.call("POST", keys, body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: "invalid_body", errors: [{ pointer }] });
    expect(await lastEvent(service, project)).toMatchObject({
      reason: "invalid_body",
      action: "service_account_key.create",
      actor: { type: "bootstrap" },
    });
  });

  it.each<[string, unknown, string]>([
    ["an end that is now", { validUntil: new Date().toISOString() }, "/validUntil"],
    ["an end that is null", { validUntil: null }, "/validUntil"],
    ["an end beyond the year 9999", { validUntil: "+010000-01-01T00:00:00Z" }, "/validUntil"],
    ["an end that is no instant", { validUntil: "tomorrow" }, "/validUntil"],
    ["an end without an offset", { validUntil: "2030-01-01T00:00:00" }, "/validUntil"],
    ["an algorithm of nobody", { algorithm: "RSA_1024" }, "/algorithm"],
    ["an algorithm that objects have", { algorithm: "toString" }, "/algorithm"],
    ["an algorithm in lower case", { algorithm: "rsa_2048" }, "/algorithm"],
    ["a number as a key", { publicKey: 7 }, "/publicKey"],
    ["null as a key", { publicKey: null }, "/publicKey"],
    ["an empty key", { publicKey: "" }, "/publicKey"],
    ["an array as a key", { publicKey: [ec.jwk] }, "/publicKey"],
    ["a member that nobody knows", { privateKey: ec.privateKey }, "/privateKey"],
    ["a member of the answer", { active: false }, "/active"],
    ["a member beside good ones", { algorithm: "ED25519", name: "x" }, "/name"],
    ["an array", [], ""],
    ["null", "null", ""],
  ])("%s: its place is told", async (_name, body, pointer) => {
    const { keys } = await givenKey(service);
    const answer = await service.call("POST", keys, body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: "invalid_body", errors: [{ pointer }] });
    expect(JSON.stringify(answer.body)).not.toContain(ec.privateKey.split("\n")[1]);
  });
});
