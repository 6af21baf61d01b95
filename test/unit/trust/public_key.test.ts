import { createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import fc from "fast-check";
import { calculateJwkThumbprint } from "jose";
import { describe, expect, it } from "vitest";
import { publicKeyPem, readPublicKey } from "../../../src/trust/public_key.ts";
import { bytesOf, oddNumber, uintOf } from "./keys.ts";
import { rocaModulus } from "./roca_modulus.ts";

/** Made once with OpenSSL 3.0 and long out of date, which is the point: validity is not judged. */
const CERTIFICATES = {
  RSA: `-----BEGIN CERTIFICATE-----
MIIC+TCCAeGgAwIBAgIUOF/SkPWlhY5MJWz7QhHLJqHt8JkwDQYJKoZIhvcNAQEL
BQAwDDEKMAgGA1UEAwwBdDAeFw0yNjExMjIxNDIwNTBaFw0yNjExMjMxNDIwNTBa
MAwxCjAIBgNVBAMMAXQwggEiMA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQCi
7Jr8a0TxD0rChYbwX2Tsf/muCLSPLbxCU1XP11oGotqm+oS91uKc220cFRTpO9yl
w77TTOBZVwZ11umKXn19Uaa4aoynn9l4Ipc0/o04LvifsapnM8il9trTmsBrlanC
JlBInjbA+a1eOLLOWToywnoHyEdUKbOl1UzRfywPYMRQ9G0xfSnsw40eIGFO1aKG
x8lQ4f1vf1JYtTi2b46Ol5Sg2i33yM1EolZLFMaf7r1p/nicnS/Q6bAg70D6gtI/
QN/EQq9z4w/mP747BGAmZAJmwZWZn7OLLc3bgv1JtyKY+Q/Q4QeJDVTg9JHDaHmF
vyP+GLmayqOx0y4U8wbVAgMBAAGjUzBRMB0GA1UdDgQWBBSMZWqnupbZrPSPfhrk
6zzzBWEyczAfBgNVHSMEGDAWgBSMZWqnupbZrPSPfhrk6zzzBWEyczAPBgNVHRMB
Af8EBTADAQH/MA0GCSqGSIb3DQEBCwUAA4IBAQCizw0pY41eC2LEC9ediHViqlfY
rQd90tzDuHNgmUSvbrBFteNsu0wGLv4SRxZSe/2qRJvps7ysvVaswFIL3iF34rsU
Ozd+aF68GKV3/WQ7QzStHFJbsJZ8F53dzO6AuyHd4sWCxWs2GXtYuyhgeinS7CU0
QOb9Pd5oEJSp4PF82DBEFki/+JQ0l3Ap3wTpV6LgJKUCmRLSb6gzpqcOn7BKlqoV
DJwRUZKG6ybE7e6wJbldHdodTgWjZKFPeoHizHKA8pyu8LRIq59leTK6urdQqqu7
Cd/mIzD2Bn86EIItnJM/E4ZLlPJ2zV0vCxlHp8lLOSHKv07DLQ+7QYrHhB9W
-----END CERTIFICATE-----`,
  EC: `-----BEGIN CERTIFICATE-----
MIIBbDCCAROgAwIBAgIUbGCcXpDoKZqjf3wMdNnBCKV9AYUwCgYIKoZIzj0EAwIw
DDEKMAgGA1UEAwwBdDAeFw0yNjExMjIxNDIwNTBaFw0yNjExMjMxNDIwNTBaMAwx
CjAIBgNVBAMMAXQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARSh6KnSFNw57Pk
7obeJFJgS5qjhY98tqGCwnFtU2SeRrGpeP8q42MikudzFOXDJ10YkTQ9R27loFAK
dXhgbtMko1MwUTAdBgNVHQ4EFgQUgm0QfFhy4FJLxno2TtSNIgNFiaEwHwYDVR0j
BBgwFoAUgm0QfFhy4FJLxno2TtSNIgNFiaEwDwYDVR0TAQH/BAUwAwEB/zAKBggq
hkjOPQQDAgNHADBEAiA1NjkAqRvqWBd94yUeOcHTAWlXf8x1c2mUKZXCIcAg1wIg
em4ipUJjWTlka1w/3gQ6eGRixtmFw+KSv4EftnOANkI=
-----END CERTIFICATE-----`,
  ED25519: `-----BEGIN CERTIFICATE-----
MIIBLDCB36ADAgECAhQduBMeoRL+ZoVc3YvN3WLydoeCZTAFBgMrZXAwDDEKMAgG
A1UEAwwBdDAeFw0yNjExMjIxNDIwNTBaFw0yNjExMjMxNDIwNTBaMAwxCjAIBgNV
BAMMAXQwKjAFBgMrZXADIQAGkM9sGwIyihkOuD4OOnoPydPedUCZv8Fg0pQxHH6h
n6NTMFEwHQYDVR0OBBYEFAMiniJ2sNYR7sJ+CK500ta+I+U7MB8GA1UdIwQYMBaA
FAMiniJ2sNYR7sJ+CK500ta+I+U7MA8GA1UdEwEB/wQFMAMBAf8wBQYDK2VwA0EA
aCx3Ad+wO3G4fu7TSEKiQ52jKZafn+ZcYXUjgv8NCEFXCRjnzmKIzzvpRNaWNYGD
a0qShDg8k6cNbEqlr36WCA==
-----END CERTIFICATE-----`,
  V1: `-----BEGIN CERTIFICATE-----
MIIBEjCBuQIUFGomG7W4W9XEVZW+o+JL1B30XUYwCgYIKoZIzj0EAwIwDDEKMAgG
A1UEAwwBdDAeFw0yNjExMjIxNDIwNTBaFw0yNjExMjMxNDIwNTBaMAwxCjAIBgNV
BAMMAXQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARs5v3RXjttrPZAhfYDB5lI
tQfWO9GJF/yIatFRQ4L//cQrfM8K5nkcDdYMCSpfQEUeyxEwjw2p/jaanH7aAOOC
MAoGCCqGSM49BAMCA0gAMEUCIQDSPZSP4huzmJvJu+tceZVfhflW3fIYF4L+h4gT
1KHUSgIgN1i40PP0pmPf2/qqDcohxswjTqoLWAbJZ2ALXwV1dtc=
-----END CERTIFICATE-----`,
};

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" });
const p521 = generateKeyPairSync("ec", { namedCurve: "P-521" });
const ed25519 = generateKeyPairSync("ed25519");

const spki = (key: KeyObject) => key.export({ type: "spki", format: "pem" }).toString();
const pkcs1 = (key: KeyObject) => key.export({ type: "pkcs1", format: "pem" }).toString();
const jwk = (key: KeyObject) => key.export({ format: "jwk" });
const json = (value: unknown) => JSON.stringify(value);
const rsaOf = (modulusLength: number) => generateKeyPairSync("rsa", { modulusLength }).publicKey;
const certified = (pem: string) => new X509Certificate(pem).publicKey;
const relabelled = (pem: string, label: string) => pem.replaceAll(/(BEGIN|END) [A-Z ]+-/g, `$1 ${label}-`);
const block = (label: string, bytes: Uint8Array | string) =>
  `-----BEGIN ${label}-----\n${Buffer.from(bytes).toString("base64")}\n-----END ${label}-----\n`;

/** The same point, half of it told. @see SEC 1 s2.3.3 */
const compressed = (key: KeyObject) => {
  const { x = "", y = "" } = jwk(key);
  const sign = (Buffer.from(y, "base64url").at(-1) ?? 0) % 2;
  const head = Buffer.from(`3039301306072a8648ce3d020106082a8648ce3d0301070322000${2 + sign}`, "hex");
  return block("PUBLIC KEY", Buffer.concat([head, Buffer.from(x, "base64url")]));
};

describe("a public key, in each of its forms", () => {
  it.each<readonly [name: string, text: string, key: KeyObject, keyAlgorithm: string]>([
    ["SPKI of RSA 2048", spki(rsa.publicKey), rsa.publicKey, "RSA_2048"],
    ...[3072, 4096, 2050]
      .map(rsaOf)
      .map(
        (key, index) =>
          [`SPKI of RSA, ${index}`, spki(key), key, `RSA_${[3072, 4096, 2050][index]}`] as const,
      ),
    ["SPKI of P-256", spki(p256.publicKey), p256.publicKey, "EC_P256"],
    ...["P-384", "P-521"].map((namedCurve) => {
      const { publicKey } = generateKeyPairSync("ec", { namedCurve });
      return [
        `SPKI of ${namedCurve}`,
        spki(publicKey),
        publicKey,
        `EC_${namedCurve.replace("-", "")}`,
      ] as const;
    }),
    ["SPKI of P-256 with its point compressed", compressed(p256.publicKey), p256.publicKey, "EC_P256"],
    ["SPKI of Ed25519", spki(ed25519.publicKey), ed25519.publicKey, "ED25519"],
    ["PKCS #1", pkcs1(rsa.publicKey), rsa.publicKey, "RSA_2048"],
    ["a certificate for RSA", CERTIFICATES.RSA, certified(CERTIFICATES.RSA), "RSA_2048"],
    ["a certificate for P-256", CERTIFICATES.EC, certified(CERTIFICATES.EC), "EC_P256"],
    ["a certificate for Ed25519", CERTIFICATES.ED25519, certified(CERTIFICATES.ED25519), "ED25519"],
    ["a certificate of version 1", CERTIFICATES.V1, certified(CERTIFICATES.V1), "EC_P256"],
    ["a JWK of RSA", json(jwk(rsa.publicKey)), rsa.publicKey, "RSA_2048"],
    ["a JWK of P-256", json(jwk(p256.publicKey)), p256.publicKey, "EC_P256"],
    ["a JWK of P-521", json(jwk(p521.publicKey)), p521.publicKey, "EC_P521"],
    ["a JWK of Ed25519", json(jwk(ed25519.publicKey)), ed25519.publicKey, "ED25519"],
    ["CRLF", spki(rsa.publicKey).replaceAll("\n", "\r\n"), rsa.publicKey, "RSA_2048"],
    [
      "CRLF in a certificate",
      CERTIFICATES.EC.replaceAll("\n", "\r\n"),
      certified(CERTIFICATES.EC),
      "EC_P256",
    ],
    ["no line feed at the end", spki(p256.publicKey).trim(), p256.publicKey, "EC_P256"],
    ["white space around PEM", `\uFEFF\n\t ${spki(p256.publicKey)}\r\n `, p256.publicKey, "EC_P256"],
    ["white space around a JWK", `\r\n ${json(jwk(p256.publicKey))}\n`, p256.publicKey, "EC_P256"],
  ])("%s", async (_name, text, key, keyAlgorithm) => {
    const expected = jwk(key);
    expect(await readPublicKey(text)).toEqual({
      ok: true,
      value: { jwk: expected, thumbprint: await calculateJwkThumbprint(expected), keyAlgorithm },
    });
  });

  it.each([
    ["RSA", rsa.publicKey, [spki, pkcs1, (key: KeyObject) => json(jwk(key))]],
    ["a certified RSA key", CERTIFICATES.RSA, [spki, pkcs1, (key: KeyObject) => json(jwk(key))]],
    ["a certified EC key", CERTIFICATES.EC, [spki, (key: KeyObject) => json(jwk(key))]],
    ["a certified Ed25519 key", CERTIFICATES.ED25519, [spki, (key: KeyObject) => json(jwk(key))]],
  ] as const)("%s is the same in every form", async (_name, source, forms) => {
    const key = typeof source === "string" ? certified(source) : source;
    const first = await readPublicKey(typeof source === "string" ? source : spki(source));
    expect(first.ok).toBe(true);
    for (const form of forms) expect(await readPublicKey(form(key))).toEqual(first);
  });
});

describe("a JWK", () => {
  it("has the thumbprint of RFC 7638 s3.1", async () => {
    const n =
      "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    const sent = { kty: "RSA", n, e: "AQAB", alg: "RS256", kid: "2011-04-29" };
    expect(await readPublicKey(json(sent))).toEqual({
      ok: true,
      value: {
        jwk: { kty: "RSA", n, e: "AQAB", alg: "RS256" },
        thumbprint: "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
        keyAlgorithm: "RSA_2048",
      },
    });
  });

  it("keeps its alg and loses what is no part of the key", async () => {
    const members = jwk(ed25519.publicKey);
    const sent = {
      ...members,
      alg: "EdDSA",
      kid: "k",
      use: "sig",
      key_ops: ["verify"],
      ext: true,
      x5c: ["AA"],
    };
    const read = await readPublicKey(json(sent));
    expect(read).toMatchObject({ ok: true });
    expect(read.ok && read.value.jwk).toEqual({ ...members, alg: "EdDSA" });
  });

  it("with leading zeros in its numbers is the same key", async () => {
    const { n = "", ...members } = jwk(rsa.publicKey);
    const padded = Buffer.concat([Buffer.alloc(1), Buffer.from(n, "base64url")]).toString("base64url");
    const spelled = await readPublicKey(json({ ...members, n: padded, e: "AAEAAQ" }));
    expect(spelled).toEqual(await readPublicKey(spki(rsa.publicKey)));
  });
});

const PRIVATE = /^This is a private key, and .* make a new pair and send only its public half\.$/;
const FORM = "Send one public key: a PEM block PUBLIC KEY";
const KIND = "Send a key for signatures: RSA of 2048";
const pkcs8 = rsa.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const sec1 = p256.privateKey.export({ type: "sec1", format: "pem" }).toString();
const encrypted = p256.privateKey
  .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" })
  .toString();
const keyFile = (privateKey: string) =>
  json({ id: "1", keyType: "USER_MANAGED", credentials: { kid: "1", privateKey } });
const derOf = (pem: string) => Buffer.from(pem.replaceAll(/-----.*-----|\s/g, ""), "base64");

describe("a private key has left its place", () => {
  it.each<readonly [name: string, text: string]>([
    ["PKCS #8", pkcs8],
    ["PKCS #1", pkcs1(rsa.privateKey)],
    ["SEC 1", sec1],
    ["encrypted PKCS #8", encrypted],
    ["Ed25519", ed25519.privateKey.export({ type: "pkcs8", format: "pem" }).toString()],
    ["OpenSSH", block("OPENSSH PRIVATE KEY", "openssh-key-v1\0")],
    ["PuTTY", "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n"],
    ["beside its certificate", `${CERTIFICATES.RSA}\n${pkcs8}`],
    ["cut off", pkcs8.slice(0, 200)],
    ["with other text around", `my key:\n${pkcs8}`],
    ["PKCS #8 under a public label", relabelled(pkcs8, "PUBLIC KEY")],
    ["PKCS #1 under a public label", relabelled(pkcs1(rsa.privateKey), "RSA PUBLIC KEY")],
    ["SEC 1 under a public label", relabelled(sec1, "PUBLIC KEY")],
    ["a JWK of RSA", json(jwk(rsa.privateKey))],
    ["a JWK of EC", json(jwk(p256.privateKey))],
    ["a JWK of Ed25519", json(jwk(ed25519.privateKey))],
    ["a JWK with a prime of it", json({ ...jwk(rsa.publicKey), p: "AQ" })],
    ["a symmetric JWK", json({ kty: "oct", k: "c2VjcmV0" })],
    ["a JWKS of private keys", json({ keys: [jwk(p256.publicKey), jwk(p256.privateKey)] })],
    ["a list of private keys", json([jwk(p256.privateKey)])],
    ["STACKIT's key file", keyFile(pkcs8)],
    ["STACKIT's key file with its PEM gone", keyFile("")],
    ["Google's key file", json({ type: "service_account", private_key: "x" })],
  ])("%s", async (_name, text) => {
    expect(await readPublicKey(text)).toEqual({ ok: false, refusal: expect.stringMatching(PRIVATE) });
  });
});

const off = (key: KeyObject) => json({ ...jwk(key), y: jwk(key).x });
const rsaJwk = (n: bigint, more = {}) => json({ kty: "RSA", n: uintOf(n), e: "AQAB", ...more });
const offCurve = () => {
  const der = derOf(spki(p256.publicKey));
  der.copy(der, der.length - 32, der.length - 64, der.length - 32);
  return block("PUBLIC KEY", der);
};
/** A header of `30 82` and two bytes, as `30 83` and three. */
const longLength = (der: Buffer) => Buffer.concat([Buffer.from([0x30, 0x83, 0]), der.subarray(2)]);
const explicitCurve = block(
  "PUBLIC KEY",
  Buffer.from("301330110607 2a8648ce3d0201 3006020101 020101".replaceAll(" ", ""), "hex"),
);

describe("a text that is no key to register", () => {
  it.each<readonly [name: string, text: string, fault: string, advice: string]>([
    ["nothing", "", "no form of key that we read", FORM],
    ["white space", " \r\n", "no form of key that we read", FORM],
    ["a word", "hello", "no form of key that we read", FORM],
    ["base64 alone", derOf(spki(p256.publicKey)).toString("base64"), "no form of key that we read", FORM],
    ["too long a text", spki(p256.publicKey) + " ".repeat(16 * 1024), "longer than 16 KiB", FORM],
    ["two blocks", spki(p256.publicKey) + spki(rsa.publicKey), "more than one PEM block", FORM],
    ["a chain", `${CERTIFICATES.EC}\n${CERTIFICATES.RSA}`, "of a chain, send the first", FORM],
    ["text before", `key:\n${spki(p256.publicKey)}`, "other text around", FORM],
    ["text after", `${spki(p256.publicKey)}thanks`, "other text around", FORM],
    ["no end", spki(p256.publicKey).split("-----END")[0] ?? "", "broken", FORM],
    ["another end", spki(p256.publicKey).replace("END PUBLIC KEY", "END CERTIFICATE"), "broken", FORM],
    ["line feeds written out", spki(p256.publicKey).replaceAll("\n", "\\n"), "broken", FORM],
    [
      "a request for a certificate",
      relabelled(CERTIFICATES.EC, "CERTIFICATE REQUEST"),
      "of another kind",
      FORM,
    ],
    ["an empty block", block("PUBLIC KEY", ""), "not hold what its label PUBLIC KEY says", "Send it whole"],
    [
      "half a block",
      block("PUBLIC KEY", derOf(spki(rsa.publicKey)).subarray(0, 99)),
      "not hold",
      "Send it whole",
    ],
    [
      "a byte too many",
      block("PUBLIC KEY", Buffer.concat([derOf(spki(rsa.publicKey)), Buffer.alloc(1)])),
      "not hold",
      "Send it whole",
    ],
    [
      "a number too many",
      block("RSA PUBLIC KEY", Buffer.from("300c020200ff02020101 02020101".replace(" ", ""), "hex")),
      "not hold",
      "Send it whole",
    ],
    [
      "a length of three bytes",
      block("PUBLIC KEY", longLength(derOf(spki(rsa.publicKey)))),
      "not hold",
      "Send it whole",
    ],
    [
      "half an element inside",
      block("PUBLIC KEY", Buffer.from("3008300506032b657003", "hex")),
      "not hold",
      "Send it whole",
    ],
    ["no base64", "-----BEGIN PUBLIC KEY-----\nA=B=C\n-----END PUBLIC KEY-----", "not hold", "Send it whole"],
    [
      "SPKI called PKCS #1",
      relabelled(spki(rsa.publicKey), "RSA PUBLIC KEY"),
      "label RSA PUBLIC KEY",
      "Send it whole",
    ],
    [
      "PKCS #1 called SPKI",
      relabelled(pkcs1(rsa.publicKey), "PUBLIC KEY"),
      "label PUBLIC KEY",
      "Send it whole",
    ],
    [
      "SPKI called a certificate",
      relabelled(spki(rsa.publicKey), "CERTIFICATE"),
      "label CERTIFICATE",
      "Send it whole",
    ],
    [
      "a certificate called SPKI",
      relabelled(CERTIFICATES.EC, "PUBLIC KEY"),
      "label PUBLIC KEY",
      "Send it whole",
    ],
    [
      "half a certificate",
      block("CERTIFICATE", derOf(CERTIFICATES.RSA).subarray(0, 500)),
      "label CERTIFICATE",
      "Send it whole",
    ],
    ["a point beside its curve", offCurve(), "a point beside its curve", "Send it whole"],
    ["a point beside its curve in a JWK", off(p521.publicKey), "a point beside its curve", "Send it whole"],
    ["ssh-rsa", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB me@here", "OpenSSH's own form", "`ssh-keygen -e -m PKCS8"],
    [
      "ssh-ed25519",
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 me@here",
      "OpenSSH's own form",
      "make a new pair with openssl",
    ],
    ["ecdsa of ssh", "ecdsa-sha2-nistp256 AAAAE2VjZHNh", "OpenSSH's own form", "`ssh-keygen -e -m PKCS8"],
    [
      "a key of ssh in hardware",
      "sk-ssh-ed25519@openssh.com AAAA",
      "OpenSSH's own form",
      "`ssh-keygen -e -m PKCS8",
    ],
    ["SSH2", "---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n", "OpenSSH's own form", "`ssh-keygen -e -m PKCS8"],
    ["a JWKS", json({ keys: [jwk(p256.publicKey)] }), "This is a set of keys", "send one key"],
    ["a list", json([jwk(p256.publicKey)]), "This is a set of keys", "send one key"],
    ["broken JSON", '{"kty":"EC"', "begins like JSON", FORM],
    ["nested JSON", "[".repeat(16_000), "begins like JSON", FORM],
    ["JSON that is no JWK", json({ publicKey: "x" }), "it has no kty", FORM],
    ["RSA of 1024 bits", spki(rsaOf(1024)), "an RSA modulus of 1024 bits; 2048 is the least", KIND],
    ["RSA of 1024 bits in a JWK", rsaJwk(oddNumber(1024)), "an RSA modulus of 1024 bits", KIND],
    ["RSA of 8200 bits", rsaJwk(oddNumber(8200)), "an RSA modulus of more than 8192 bits", KIND],
    ["RSA of the ROCA shape", rsaJwk(rocaModulus()), "the ROCA shape", KIND],
    ["RSA with exponent 3", rsaJwk(oddNumber(2048), { e: "Aw" }), "an RSA exponent", KIND],
    [
      "RSA without a modulus",
      json({ kty: "RSA", e: "AQAB" }),
      "a modulus or exponent that is not base64url",
      KIND,
    ],
    [
      "a point of small order",
      json({ kty: "OKP", crv: "Ed25519", x: bytesOf(`01${"00".repeat(31)}`) }),
      "small order",
      KIND,
    ],
    ["a key for encryption", json({ ...jwk(rsa.publicKey), use: "enc" }), "not for signatures (use)", KIND],
    [
      "a key for signing",
      json({ ...jwk(rsa.publicKey), key_ops: ["sign"] }),
      "not for verifying (key_ops)",
      KIND,
    ],
    [
      "an alg of other keys",
      json({ ...jwk(rsa.publicKey), alg: "ES256" }),
      "a type, curve or alg that is not accepted",
      KIND,
    ],
    [
      "secp256k1",
      spki(generateKeyPairSync("ec", { namedCurve: "secp256k1" }).publicKey),
      "on the curve secp256k1",
      KIND,
    ],
    ["secp256k1 in a JWK", json({ ...jwk(p256.publicKey), crv: "secp256k1" }), "a type, curve or alg", KIND],
    [
      "brainpool",
      spki(generateKeyPairSync("ec", { namedCurve: "brainpoolP256r1" }).publicKey),
      "a curve that we do not take",
      KIND,
    ],
    ["a curve spelled out", explicitCurve, "on a curve without a name", KIND],
    ["Ed448", spki(generateKeyPairSync("ed448").publicKey), "of Ed448", KIND],
    ["X25519", spki(generateKeyPairSync("x25519").publicKey), "of X25519, which signs nothing", KIND],
    ["X25519 in a JWK", json(jwk(generateKeyPairSync("x25519").publicKey)), "a type, curve or alg", KIND],
    ["X448", spki(generateKeyPairSync("x448").publicKey), "of X448, which signs nothing", KIND],
    [
      "RSA-PSS",
      spki(generateKeyPairSync("rsa-pss", { modulusLength: 2048 }).publicKey),
      "bound to RSA-PSS",
      KIND,
    ],
    [
      "DSA",
      spki(generateKeyPairSync("dsa", { modulusLength: 1024, divisorLength: 160 }).publicKey),
      "of DSA",
      KIND,
    ],
  ])("%s", async (_name, text, fault, advice) => {
    const read = await readPublicKey(text);
    expect(read).toEqual({ ok: false, refusal: expect.stringContaining(fault) });
    expect(read).toEqual({ ok: false, refusal: expect.stringContaining(advice) });
    expect(read).toEqual({ ok: false, refusal: expect.not.stringMatching(/[A-Za-z0-9+/_-]{25}/) });
  });
});

describe("any text", () => {
  const label = fc.constantFrom("PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE", "PRIVATE KEY", "X");
  const der = fc.uint8Array({ maxLength: 200 });
  const member = fc.constantFrom("kty", "crv", "x", "y", "n", "e", "alg", "use", "keys", "credentials", "d");
  const value = fc.oneof(fc.constantFrom("RSA", "EC", "OKP", "P-256", "Ed25519", "AQAB"), fc.jsonValue());

  it.each<readonly [name: string, text: fc.Arbitrary<string>]>([
    ["at random", fc.string({ unit: "binary", maxLength: 400 })],
    [
      "in a block",
      fc
        .tuple(label, fc.string())
        .map(([name, body]) => `-----BEGIN ${name}-----\n${body}\n-----END ${name}-----`),
    ],
    ["of bytes in a block", fc.tuple(label, der).map(([name, bytes]) => block(name, bytes))],
    ["of JSON", fc.json()],
    ["like a JWK", fc.dictionary(member, value).map(json)],
  ])("%s is refused and nothing is thrown", async (_name, text) => {
    await fc.assert(
      fc.asyncProperty(text, async (sent) => {
        expect(await readPublicKey(sent)).toEqual({ ok: false, refusal: expect.stringMatching(/send/i) });
      }),
    );
  });

  it.each([
    ["SPKI", spki(rsa.publicKey), "PUBLIC KEY"],
    ["PKCS #1", pkcs1(rsa.publicKey), "RSA PUBLIC KEY"],
    ["a certificate", CERTIFICATES.EC, "CERTIFICATE"],
  ])("%s with bytes changed or lost throws nothing", async (_name, pem, name) => {
    const whole = derOf(pem);
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255), fc.integer({ min: 1, max: whole.length }));
    await fc.assert(
      fc.asyncProperty(change, async ([at, byte, end]) => {
        const changed = Buffer.from(whole);
        changed[at] = byte;
        const read = await readPublicKey(block(name, changed.subarray(0, end)));
        expect(read).toHaveProperty("ok");
        if (end < whole.length) expect(read.ok).toBe(false);
      }),
    );
  });
});

describe("PEM for answers", () => {
  it.each([
    ["RSA", rsa.publicKey, undefined],
    ["RSA bound to PS256", rsa.publicKey, "PS256"],
    ["P-256", p256.publicKey, undefined],
    ["P-521", p521.publicKey, "ES512"],
    ["Ed25519", ed25519.publicKey, undefined],
  ])("%s is the SPKI that went in", async (_name, key, alg) => {
    const read = await readPublicKey(json({ ...jwk(key), alg }));
    if (!read.ok) throw new Error(read.refusal);
    const pem = await publicKeyPem({ ...read.value.jwk, kid: "key-1" });
    expect(pem).toBe(spki(key).trim());
    expect(createPublicKey(pem).equals(key)).toBe(true);
  });

  it("a stored key that is none is a fault", async () => {
    await expect(publicKeyPem({ kty: "EC", crv: "P-256", x: "AA", y: "AA" })).rejects.toMatchObject({
      code: "storage",
    });
  });
});
