import { generateKeyPairSync, type JsonWebKey, type KeyObject } from "node:crypto";
import fc from "fast-check";
import { calculateJwkThumbprint } from "jose";
import { describe, expect, it } from "vitest";
import { publicHalvesIn } from "../../../src/keyring/index.ts";
import { readPublicKey } from "../../../src/trust/index.ts";
import { compositeRsaKey } from "./composite_rsa.ts";

interface Pair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const rsaOf = (modulusLength: number) => generateKeyPairSync("rsa", { modulusLength });
const ecOf = (namedCurve: string) => generateKeyPairSync("ec", { namedCurve });
const rsa = rsaOf(2048);
const p256 = ecOf("P-256");
const p384 = ecOf("P-384");
const p521 = ecOf("P-521");
const ed25519 = generateKeyPairSync("ed25519");
const rsa8192 = compositeRsaKey(8192);

const pem = (type: "pkcs8" | "pkcs1" | "sec1") => (pair: Pair) =>
  pair.privateKey.export({ type, format: "pem" } as { type: "pkcs8"; format: "pem" }).toString();
const [pkcs8, pkcs1, sec1] = [pem("pkcs8"), pem("pkcs1"), pem("sec1")];
const json = (value: unknown, space?: number) => JSON.stringify(value, null, space);
const privateJwk = ({ privateKey }: Pair) => privateKey.export({ format: "jwk" });
const publicJwk = ({ publicKey }: Pair) => publicKey.export({ format: "jwk" });
const jwk = (pair: Pair) => json(privateJwk(pair));
const jwks = (...pairs: Pair[]) => json({ keys: pairs.map(privateJwk) });
const relabelled = (text: string, label: string) => text.replaceAll(/(BEGIN|END) [A-Z ]+-/g, `$1 ${label}-`);
const derOf = (text: string) => Buffer.from(text.replaceAll(/-----.*-----|\s/g, ""), "base64");
const block = (label: string, bytes: Uint8Array | string) =>
  `-----BEGIN ${label}-----\n${Buffer.from(bytes).toString("base64")}\n-----END ${label}-----\n`;
const around = (text: string) =>
  `+ it's in "conf": {a}, on line 7 \\o/ {\n${text}\n-----BEGIN } eyJhbGciOiJub25lIn0.e30.`;

/** @see https://docs.api.eu01.stackit.cloud/documentation/service-account/version/v2 */
const keyFile = (pair: Pair, space?: number) => {
  const credentials = {
    aud: "https://stackit",
    iss: "a@sa.stackit.cloud",
    kid: "k",
    privateKey: pkcs8(pair),
    sub: "s",
  };
  const publicKey = pair.publicKey.export({ type: "spki", format: "pem" });
  return json({ active: true, id: "k", publicKey, credentials, keyAlgorithm: "RSA_2048" }, space);
};

/** Neither half told: the public one is not in each PKCS #8, and can be told beside it. @see RFC 5915 s3, RFC 5958 s2 */
const withoutPublic = (pair: Pair) => {
  const d = Buffer.from(privateJwk(pair).d ?? "", "base64url");
  const head = "3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420";
  return block("PRIVATE KEY", Buffer.concat([Buffer.from(head, "hex"), d]));
};
const versionTwo = (pair: Pair) => {
  const { d = "", x = "" } = privateJwk(pair);
  const halves = [d, x].map((half) => Buffer.from(half, "base64url").toString("hex"));
  const der = `3051020101300506032b657004220420${halves[0]}812100${halves[1]}`;
  return block("PRIVATE KEY", Buffer.from(der, "hex"));
};
const padded = (pair: Pair) => {
  const { n = "", ...members } = privateJwk(pair);
  return json({
    ...members,
    n: Buffer.concat([Buffer.alloc(1), Buffer.from(n, "base64url")]).toString("base64url"),
  });
};
/** As .NET and Gson escape what JSON need not. */
const escapedHard = (text: string) =>
  json(text)
    .replaceAll("+", "\\u002B")
    .replaceAll("=", "\\u003d")
    .replaceAll("/", "\\/")
    .replaceAll('\\"', "\\u0022");

async function thumbprintsIn(text: string): Promise<readonly string[]> {
  return Promise.all((await publicHalvesIn(text)).map((key) => calculateJwkThumbprint(key)));
}

/** What the registry calls this key. */
async function thumbprintOf({ publicKey }: Pair): Promise<string> {
  const read = await readPublicKey(publicKey.export({ type: "spki", format: "pem" }).toString());
  if (!read.ok) throw new Error(read.refusal);
  return read.value.thumbprint;
}

const FORMS: readonly (readonly [name: string, form: (pair: Pair) => string, pairs: readonly Pair[]])[] = [
  ["PKCS #8", pkcs8, [rsa, rsaOf(3072), rsa8192, p256, p384, p521, ed25519]],
  ["PKCS #1", pkcs1, [rsa, rsa8192]],
  ["SEC 1", sec1, [p256, p384, p521]],
  ["PKCS #1 under another label", (pair) => relabelled(pkcs1(pair), "PRIVATE KEY"), [rsa]],
  ["SEC 1 after its parameters", (pair) => block("EC PARAMETERS", "x") + sec1(pair), [p256]],
  ["PKCS #8 without the public half", withoutPublic, [p256]],
  ["PKCS #8 with the public half", versionTwo, [ed25519]],
  ["a JWK", jwk, [rsa, rsa8192, p256, p384, p521, ed25519]],
  ["a JWK in lines", (pair) => json(privateJwk(pair), 2), [rsa, p256]],
  ["a JWK as a string in JSON", (pair) => json({ key: jwk(pair) }), [rsa, ed25519]],
  ["a JWK as a string in a string", (pair) => json({ key: json({ key: jwk(pair) }) }), [p256]],
  ["a JWK with a number spelled longer", padded, [rsa]],
  [
    "a JWK for another alg, which may not sign",
    (pair) => json({ ...privateJwk(pair), alg: "PS512", use: "enc", key_ops: ["decrypt"], ext: false }),
    [rsa, p256],
  ],
  ["a JWK set", (pair) => jwks(pair), [rsa, p521, ed25519]],
  ["a JWK set as a member", (pair) => json({ a: { b: { keys: [privateJwk(pair)] } } }, 2), [p256]],
  ["a key file", (pair) => keyFile(pair), [rsa, p256]],
  ["a key file in lines", (pair) => keyFile(pair, 2), [rsa]],
  ["Google's key file", (pair) => json({ type: "service_account", private_key: pkcs8(pair) }), [rsa]],
  ["line feeds written out", (pair) => pkcs8(pair).replaceAll("\n", "\\n"), [rsa, ed25519]],
  ["line feeds written out twice", (pair) => json(json(pkcs1(pair))), [rsa]],
  ["JSON that escapes all it can", (pair) => escapedHard(pkcs8(pair) + jwk(pair)), [rsa, p256]],
  ["CRLF", (pair) => pkcs8(pair).replaceAll("\n", "\r\n"), [rsa]],
  ["CRLF written out", (pair) => sec1(pair).replaceAll("\n", "\\r\\n"), [p384]],
  ["line feeds lost", (pair) => pkcs8(pair).replaceAll("\n", ""), [rsa, p256]],
  ["line feeds made spaces", (pair) => pkcs1(pair).replaceAll("\n", " "), [rsa]],
  ["indented", (pair) => pkcs8(pair).replaceAll(/^/gm, "          "), [rsa8192]],
];
const nameOf = ({ publicKey: { asymmetricKeyType, asymmetricKeyDetails } }: Pair) =>
  `${asymmetricKeyType} ${asymmetricKeyDetails?.modulusLength ?? asymmetricKeyDetails?.namedCurve ?? ""}`;
const ROWS = FORMS.flatMap(([name, form, pairs]) =>
  pairs.map((pair) => [name, nameOf(pair), form(pair), pair] as const),
);

describe("the public half of a private key", () => {
  it.each(ROWS)("%s of %s, alone and inside other text", async (_name, _kind, text, pair) => {
    const expected = [await thumbprintOf(pair)];
    expect(await thumbprintsIn(text)).toEqual(expected);
    expect(await thumbprintsIn(around(text))).toEqual(expected);
  });

  it.each<readonly [name: string, text: string, pairs: readonly Pair[]]>([
    ["two blocks", around(pkcs8(rsa)) + around(sec1(p256)), [rsa, p256]],
    ["a block and a JWK", `${jwk(ed25519)}\n${pkcs8(rsa)}`, [rsa, ed25519]],
    ["a set of three", jwks(rsa, p384, ed25519), [rsa, p384, ed25519]],
    ["lines of JSON", `${jwk(p256)}\n${jwk(p384)}\n${keyFile(rsa)}`, [rsa, p256, p384]],
    ["one key in three forms", pkcs8(rsa) + pkcs1(rsa) + jwk(rsa), [rsa]],
    ["one key many times, then another", jwk(p256).repeat(40) + jwk(p384), [p256, p384]],
    ["what is no key before one", block("PRIVATE KEY", "no key").repeat(100) + pkcs8(rsa), [rsa]],
    ["a public key before it", json({ keys: [publicJwk(p256), privateJwk(p384)] }), [p384]],
    ["a block that broke off before it", pkcs8(p256).slice(0, 100) + pkcs8(rsa), [rsa]],
    ["more keys than four", [rsa, p256, p384, p521, ed25519].map(pkcs8).join(""), [rsa, p256, p384, p521]],
    ["a brace in a name", json({ ...privateJwk(p256), kid: "a}{b" }), [p256]],
  ])("%s", async (_name, text, pairs) => {
    expect(await thumbprintsIn(text)).toEqual(await Promise.all(pairs.map(thumbprintOf)));
  });

  it("is all that is told", async () => {
    const anywhere = fc.tuple(
      fc.string({ unit: "binary" }),
      fc.constantFrom(...ROWS),
      fc.string({ unit: "binary" }),
    );
    await fc.assert(
      fc.asyncProperty(anywhere, async ([before, [, , text, pair], after]) => {
        expect(await publicHalvesIn(`${before}\n${text}\n${after}`)).toEqual([publicJwk(pair)]);
      }),
    );
  });
});

const stranger = rsaOf(2048);
const encrypted = (type: "pkcs8" | "pkcs1") =>
  rsa.privateKey.export({ type, format: "pem", cipher: "aes-256-cbc", passphrase: "x" }).toString();
const without = (pair: Pair, ...names: (keyof JsonWebKey)[]) =>
  json(Object.fromEntries(Object.entries(privateJwk(pair)).filter(([name]) => !names.includes(name))));
const der = derOf(pkcs8(rsa));
const nested = (levels: number, value: unknown): unknown =>
  levels === 0 ? value : { a: nested(levels - 1, value) };
/** Its private half with the point of another. */
const lyingPoint = () => {
  const bytes = derOf(pkcs8(p256));
  derOf(pkcs8(ecOf("P-256"))).copy(bytes, bytes.length - 64, bytes.length - 64);
  return block("PRIVATE KEY", bytes);
};

describe("a text without a private key that we know", () => {
  it.each<readonly [name: string, text: string]>([
    ["nothing", ""],
    ["a word", "hello"],
    ["SPKI", rsa.publicKey.export({ type: "spki", format: "pem" }).toString()],
    ["PKCS #1 of a public key", rsa.publicKey.export({ type: "pkcs1", format: "pem" }).toString()],
    [
      "SPKI under a private label",
      relabelled(rsa.publicKey.export({ type: "spki", format: "pem" }).toString(), "PRIVATE KEY"),
    ],
    ["a public JWK", json(publicJwk(rsa))],
    ["public JWKs", json({ keys: [rsa, p256, ed25519].map(publicJwk) })],
    ["encrypted PKCS #8", encrypted("pkcs8")],
    ["encrypted PKCS #8 under a plain label", relabelled(encrypted("pkcs8"), "PRIVATE KEY")],
    ["encrypted PKCS #1", encrypted("pkcs1")],
    ["OpenSSH", block("OPENSSH PRIVATE KEY", "openssh-key-v1\0")],
    ["no end", pkcs8(rsa).split("-----END")[0] ?? ""],
    ["no beginning", pkcs8(rsa).slice(30)],
    ["an empty block", block("PRIVATE KEY", "")],
    ["no base64", "-----BEGIN PRIVATE KEY-----\nA=B=C\n-----END PRIVATE KEY-----"],
    ["a line lost", pkcs8(rsa).split("\n").toSpliced(5, 1).join("\n")],
    ["a hidden middle", pkcs8(rsa).replace(/^.{64}$/m, "…")],
    ["half a key", block("PRIVATE KEY", der.subarray(0, der.length / 2))],
    ["a byte too many", block("PRIVATE KEY", Buffer.concat([der, Buffer.alloc(1)]))],
    ["numbers for a key", block("RSA PRIVATE KEY", Buffer.from(`301b${"020101".repeat(9)}`, "hex"))],
    ["a number too many", block("RSA PRIVATE KEY", Buffer.from(`3021${"020101".repeat(11)}`, "hex"))],
    [
      "SEC 1 without its curve",
      block("EC PRIVATE KEY", Buffer.from(`30250201010420${"11".repeat(32)}`, "hex")),
    ],
    ["a point of another key", lyingPoint()],
    ["a stranger's modulus", json({ ...privateJwk(rsa), n: publicJwk(stranger).n })],
    [
      "a stranger's modulus with all else invented",
      json({ ...publicJwk(rsa), d: "AQAB", p: "Aw", q: "BQ", dp: "AQ", dq: "AQ", qi: "AQ" }),
    ],
    ["a stranger's point", json({ ...publicJwk(p256), d: privateJwk(ecOf("P-256")).d })],
    ["a JWK without its modulus", without(rsa, "n")],
    ["a JWK without its point", without(p256, "x", "y")],
    ["a JWK without kty", without(p256, "kty")],
    ["a JWK with numbers that are none", json({ kty: "RSA", n: 1, e: ["AQAB"], d: { a: 1 } })],
    ["a symmetric JWK", json({ kty: "oct", k: "c2VjcmV0" })],
    ["RSA of 1024 bits", pkcs8(rsaOf(1024)) + jwk(rsaOf(1024))],
    ["RSA of more than 8192 bits", pkcs8(compositeRsaKey(8400)) + jwk(compositeRsaKey(8400))],
    ["RSA-PSS", pkcs8(generateKeyPairSync("rsa-pss", { modulusLength: 2048 }))],
    ["secp256k1", pkcs8(ecOf("secp256k1")) + sec1(ecOf("secp256k1")) + jwk(ecOf("secp256k1"))],
    ["X25519", pkcs8(generateKeyPairSync("x25519")) + jwk(generateKeyPairSync("x25519"))],
    ["Ed448", pkcs8(generateKeyPairSync("ed448")) + jwk(generateKeyPairSync("ed448"))],
    ["too deep in JSON", json(nested(5, { ...privateJwk(p256), kid: "}" }))],
    ["too far in JSON", json([...Array(64).fill(0), { ...privateJwk(p256), kid: "}" }])],
    ["beyond 64 KiB", " ".repeat(64 * 1024 - 100) + pkcs8(rsa)],
  ])("%s", async (_name, text) => {
    expect(await publicHalvesIn(text)).toEqual([]);
    expect(await publicHalvesIn(around(text))).toEqual([]);
  });

  const begin = "-----BEGIN PRIVATE KEY-----\n";
  const filled = (text: string) => text.repeat(Math.ceil((64 * 1024) / text.length));
  it.each<readonly [name: string, text: string]>([
    ["10 MB", "A".repeat(10_000_000)],
    ["beginnings", filled(begin)],
    ["beginnings with something in them", filled(`${begin}${"A".repeat(300)}\n`)],
    ["one beginning", begin + filled("A")],
    ["one beginning and white space", begin + filled(" ")],
    ["empty blocks", filled(block("PRIVATE KEY", ""))],
    ["blocks of no key", filled(block("RSA PRIVATE KEY", Buffer.alloc(400, "020101", "hex")))],
    ["keys that do not fit their point", filled(json({ ...privateJwk(p521), y: publicJwk(p521).x }))],
    [
      "many JWKs that differ and are none",
      Array.from({ length: 500 }, (_, d) => json({ ...publicJwk(p521), d: `A${d}` })).join(""),
    ],
    ["backslashes", filled("\\")],
    ["opened braces", filled("{")],
    ["opened braces and kty", filled('{"kty"')],
    ["one opened brace", `{${filled('"kty"')}`],
    ["brackets", filled("[")],
    ["nested objects", filled('{"a":')],
    ["a list", `[${filled("{},").slice(0, 65_000)}{}]`],
  ])("%s cost no time", async (_name, text) => {
    const started = performance.now();
    expect(await publicHalvesIn(text)).toEqual([]);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe("any text", () => {
  const label = fc.constantFrom("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY");
  const member = fc.constantFrom(
    "kty",
    "crv",
    "x",
    "y",
    "n",
    "e",
    "d",
    "p",
    "q",
    "dp",
    "dq",
    "qi",
    "keys",
    "__proto__",
  );
  const value = fc.oneof(fc.constantFrom("RSA", "EC", "OKP", "P-256", "Ed25519", "AQAB"), fc.jsonValue());

  it.each<readonly [name: string, text: fc.Arbitrary<string>]>([
    ["at random", fc.string({ unit: "binary", maxLength: 400 })],
    [
      "in a block",
      fc
        .tuple(label, fc.base64String())
        .map(([name, body]) => `-----BEGIN ${name}-----${body}-----END ${name}-----`),
    ],
    ["of bytes in a block", fc.tuple(label, fc.uint8Array()).map(([name, bytes]) => block(name, bytes))],
    ["of JSON", fc.json()],
    ["like a JWK", fc.dictionary(member, value).map((members) => json(members))],
  ])("%s holds no key and throws nothing", async (_name, text) => {
    await fc.assert(
      fc.asyncProperty(text, async (sent) => {
        expect(await publicHalvesIn(sent)).toEqual([]);
      }),
    );
  });

  it.each(ROWS.filter(([name]) => ["PKCS #8", "PKCS #1", "SEC 1"].includes(name)))(
    "%s of %s with bytes changed or lost throws nothing",
    async (_name, _kind, text) => {
      const whole = derOf(text);
      const change = fc.tuple(
        fc.nat(whole.length - 1),
        fc.nat(255),
        fc.integer({ min: 1, max: whole.length }),
      );
      await fc.assert(
        fc.asyncProperty(change, async ([at, byte, end]) => {
          const changed = Buffer.from(whole);
          changed[at] = byte;
          const found = await publicHalvesIn(block("PRIVATE KEY", changed.subarray(0, end)));
          if (end < whole.length) expect(found).toEqual([]);
        }),
      );
    },
  );
});
