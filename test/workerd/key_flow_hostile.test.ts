import { beforeEach, describe, expect, it } from "vitest";
import { assertionOf, givenKey, JWT_BEARER, type KeyFile, keyFlow, lastEvent } from "./credentials.ts";
import { constant, hmac, malleated, rawly, resigned, signer } from "./forgeries.ts";
import { startService } from "./harness.ts";
import { bytesOf, fileWith, forgedBy, givenNeighbour, type OwnKey, ownKey } from "./own_keys.ts";

/** One row per way to be believed with a signature or a key that is not the account's. Nothing is fetched for any. */

const fetched: unknown[] = [];
const service = startService({
  fetch: async (...request) => {
    fetched.push(request[0]);
    return new Response("{}");
  },
});
const [rsa, ec, stranger] = await Promise.all([ownKey("RS256"), ownKey("ES256"), ownKey("EdDSA")]);

interface Given {
  readonly file: KeyFile;
  /** Another key of the account, another account's of the project, another project's. */
  readonly second: KeyFile;
  readonly neighbour: KeyFile;
  readonly foreign: KeyFile;
  readonly rsa: KeyFile;
  readonly ec: KeyFile;
}

let project: string;
let account: { id: string; email: string };
let given: Given;
beforeEach(async () => {
  const one = await givenKey(service);
  ({ project, account } = one);
  const own = async (key: OwnKey) =>
    fileWith(await service.call("POST", one.keys, { publicKey: key.pem }), key);
  given = {
    file: one.file,
    second: (await service.call("POST", one.keys, { algorithm: "ED25519" })).body,
    neighbour: (await givenNeighbour(service, one.accounts)).file,
    foreign: (await givenKey(service)).file,
    rsa: await own(rsa),
    ec: await own(ec),
  };
});

const withEc = signer(ec, { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" });
const withRsa = signer(rsa, { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" });

const swapped = (file: KeyFile, kid: unknown) => assertionOf(file, {}, { kid });
const bySecond = (header: object) => forgedBy(given.file, given.second, {}, header);

const REFUSED: [string, (given: Given) => Promise<string>, string][] = [
  [
    "another key of the account, under this kid",
    ({ file, second }) => forgedBy(file, second),
    "signature_invalid",
  ],
  [
    "another account's key, under this kid",
    ({ file, neighbour }) => forgedBy(file, neighbour),
    "signature_invalid",
  ],
  [
    "another project's key, under this kid",
    ({ file, foreign }) => forgedBy(file, foreign),
    "signature_invalid",
  ],
  ["a stranger's key, itself in the header", () => bySecond({ jwk: stranger.jwk }), "signature_invalid"],
  [
    "a stranger's key, where the header says",
    () => bySecond({ jku: "https://evil.example/jwks" }),
    "signature_invalid",
  ],
  [
    "a stranger's certificate in the header",
    () => bySecond({ x5c: ["AAAA"], x5u: "https://evil.example/x" }),
    "signature_invalid",
  ],
  [
    "the signature of another assertion",
    ({ file }) => resigned(assertionOf(file), (s) => s.map((b) => b ^ 1)),
    "signature_invalid",
  ],
  [
    "a signature cut short",
    ({ file }) => resigned(assertionOf(file), (s) => s.slice(0, 63)),
    "signature_invalid",
  ],
  [
    "a signature with more behind it",
    ({ file }) => resigned(assertionOf(file), (s) => Uint8Array.from([...s, 0])),
    "signature_invalid",
  ],
  [
    "the signature's twin, beyond the order",
    ({ file }) => resigned(assertionOf(file), malleated),
    "signature_invalid",
  ],
  ["r = s = 0", (g) => rawly(g.ec, { alg: "ES256" }, constant(Array(64).fill(0))), "signature_invalid"],
  [
    "an ECDSA signature in DER",
    (g) =>
      resigned(assertionOf(g.ec), (s) =>
        Uint8Array.from([48, 68, 2, 32, ...s.slice(0, 32), 2, 32, ...s.slice(32)]),
      ),
    "signature_invalid",
  ],
  [
    "HS256 with the public key's PEM as secret",
    (g) => rawly(g.rsa, { alg: "HS256" }, hmac(rsa.pem)),
    "algorithm_not_allowed",
  ],
  [
    "HS256 with the answered public key as secret",
    (g) => rawly(g.rsa, { alg: "HS256" }, hmac(g.rsa.publicKey)),
    "algorithm_not_allowed",
  ],
  [
    "HS256 with the public key's bytes as secret",
    (g) => rawly(g.rsa, { alg: "HS256" }, hmac(bytesOf(rsa.pem))),
    "algorithm_not_allowed",
  ],
  [
    "HS256 with Ed25519's x as secret",
    (g) => rawly(g.file, { alg: "HS256" }, hmac(bytesOf(g.file.publicKey).slice(-32))),
    "algorithm_not_allowed",
  ],
  [
    "RS256 in the header, HMAC in truth",
    (g) => rawly(g.rsa, { alg: "RS256" }, hmac(rsa.pem)),
    "signature_invalid",
  ],
  ["no algorithm", (g) => rawly(g.file, { alg: "none" }, constant([1])), "algorithm_not_allowed"],
  [
    "no algorithm, in other letters",
    (g) => rawly(g.file, { alg: "nOnE" }, constant([1])),
    "algorithm_not_allowed",
  ],
  ["no alg at all", (g) => rawly(g.file, {}, constant([1])), "algorithm_not_allowed"],
  [
    "an alg that objects have",
    (g) => rawly(g.file, { alg: "constructor" }, constant([1])),
    "algorithm_not_allowed",
  ],
  ["an alg with white space", (g) => rawly(g.rsa, { alg: "RS256 " }, withRsa), "algorithm_not_allowed"],
  ["algs in an array", (g) => rawly(g.rsa, { alg: ["RS256"] }, withRsa), "algorithm_not_allowed"],
  ["RS256 on an EC key", (g) => rawly(g.ec, { alg: "RS256" }, withEc), "algorithm_not_allowed"],
  ["ES384 on a P-256 key", (g) => rawly(g.ec, { alg: "ES384" }, withEc), "algorithm_not_allowed"],
  ["ES256K on a P-256 key", (g) => rawly(g.ec, { alg: "ES256K" }, withEc), "algorithm_not_allowed"],
  ["ES256 on an RSA key", (g) => rawly(g.rsa, { alg: "ES256" }, withRsa), "algorithm_not_allowed"],
  ["EdDSA on an EC key", (g) => rawly(g.ec, { alg: "EdDSA" }, withEc), "algorithm_not_allowed"],
  [
    "PS256 in the header, RS256 in truth",
    (g) => rawly(g.rsa, { alg: "PS256" }, withRsa),
    "signature_invalid",
  ],
  [
    "RS512 in the header, RS256 in truth",
    (g) => rawly(g.rsa, { alg: "RS512" }, withRsa),
    "signature_invalid",
  ],
  ["a kid of nobody", (g) => swapped(g.file, crypto.randomUUID()), "key_not_found"],
  ["the kid of another key of the account", (g) => swapped(g.file, g.second.id), "signature_invalid"],
  ["another account's kid", (g) => swapped(g.file, g.neighbour.id), "key_not_found"],
  [
    "another account's kid and key",
    (g) => forgedBy(g.file, g.neighbour, {}, { kid: g.neighbour.id }),
    "key_not_found",
  ],
  [
    "another project's kid and key",
    (g) => forgedBy(g.file, g.foreign, {}, { kid: g.foreign.id }),
    "key_not_found",
  ],
  ["the kid in capitals", (g) => swapped(g.file, g.file.id.toUpperCase()), "key_not_found"],
  ["the kid with white space", (g) => swapped(g.file, `${g.file.id} `), "key_not_found"],
  ["a kid that is SQL", (g) => swapped(g.file, "' OR '1'='1"), "key_not_found"],
  ["a kid that is a pattern", (g) => swapped(g.file, "%"), "key_not_found"],
  ["a kid that is a path", (g) => swapped(g.file, "../../dev/null"), "key_not_found"],
  ["a kid that objects have", (g) => swapped(g.file, "__proto__"), "key_not_found"],
  ["no kid", (g) => rawly(g.rsa, { alg: "RS256", kid: undefined }, withRsa), "kid_missing"],
  ["an empty kid", (g) => rawly(g.rsa, { alg: "RS256", kid: "" }, withRsa), "token_malformed"],
  ["a kid that is null", (g) => rawly(g.rsa, { alg: "RS256", kid: null }, withRsa), "token_malformed"],
  ["kids in an array", (g) => rawly(g.rsa, { alg: "RS256", kid: [g.rsa.id] }, withRsa), "token_malformed"],
  [
    "a critical header",
    (g) => rawly(g.rsa, { alg: "RS256", crit: ["exp"], exp: 4102444800 }, withRsa),
    "critical_header",
  ],
  [
    "an empty list of critical headers",
    (g) => rawly(g.rsa, { alg: "RS256", crit: [] }, withRsa),
    "critical_header",
  ],
  ["b64 false", (g) => rawly(g.rsa, { alg: "RS256", b64: false, crit: ["b64"] }, withRsa), "critical_header"],
  [
    "the typ of a logout token",
    (g) => assertionOf(g.file, {}, { typ: "logout+jwt" }),
    "token_type_not_allowed",
  ],
  ["the typ of a DPoP proof", (g) => assertionOf(g.file, {}, { typ: "dpop+jwt" }), "token_type_not_allowed"],
  [
    "the typ of our feed",
    (g) => assertionOf(g.file, {}, { typ: "revoked-tokens+jwt" }),
    "token_type_not_allowed",
  ],
  ["padding", async (g) => `${await assertionOf(g.file)}=`, "token_malformed"],
  ["a white space inside", async (g) => (await assertionOf(g.file)).replace(".", ". "), "token_malformed"],
  ["an empty signature", async (g) => (await assertionOf(g.file)).replace(/[^.]+$/, ""), "token_malformed"],
  ["four parts", async (g) => `${await assertionOf(g.file)}.AAAA`, "token_malformed"],
  ["five parts", async (g) => `${await assertionOf(g.file)}.AAAA.AAAA`, "token_malformed"],
  ["a payload that is an array", (g) => rawly(g.rsa, { alg: "RS256" }, withRsa, []), "token_malformed"],
  ["a payload that is no JSON", (g) => rawly(g.rsa, { alg: "RS256" }, withRsa, "{"), "token_malformed"],
  ["more than 16 KiB", (g) => assertionOf(g.file, { junk: "x".repeat(16 * 1024) }), "token_too_large"],
];

describe("the key flow believes what the account's own key signed", () => {
  it.each(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])("by an RSA key with %s", async (alg) => {
    expect((await keyFlow(service, await assertionOf(given.rsa, {}, { alg }))).status).toBe(200);
  });

  it("of up to 16 KiB, with line ends around it", async () => {
    const short = await assertionOf(given.file, { junk: "" });
    const junk = "x".repeat(Math.floor(((16 * 1024 - short.length) * 3) / 4) - 2);
    const assertion = await assertionOf(given.file, { junk });
    expect(assertion.length).toBeGreaterThan(16 * 1024 - 8);
    expect((await keyFlow(service, `\r\n${assertion}\n`)).status).toBe(200);
  });
});

describe("the key flow refuses", () => {
  it.each(REFUSED)("%s", async (_name, assert, reason) => {
    const assertion = await assert(given);
    const answer = await service.exchange({ grant_type: JWT_BEARER, assertion, client_id: account.email });
    const event = await lastEvent(service, project);
    expect(event).toMatchObject({ action: "access_token.exchange", outcome: "refused", reason });
    expect(event).toMatchObject({ serviceAccountId: account.id, jti: null, tokenSha256: null, claims: null });
    expect([answer.status, answer.body.error]).toEqual([400, "invalid_grant"]);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(JSON.stringify([answer.body, event])).not.toContain(assertion.split(".")[2] || assertion);
    expect(fetched).toEqual([]);
    const alone = await keyFlow(service, assertion);
    expect(alone.status).toBe(400);
    expect(alone.body).not.toHaveProperty("access_token");
  });
});
