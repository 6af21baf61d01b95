import { exportJWK, exportPKCS8, generateKeyPair, importPKCS8 } from "jose";
import { describe, expect, it } from "vitest";
import { assertionOf, givenKey, type KeyFile, keyFlow, lastEvent } from "./credentials.ts";
import { startService } from "./harness.ts";
import { callAs, dumpDatabase, eventsOf } from "./project_token_kit.ts";

const service = startService();
const PATH = "/v1/leaked-credentials";
const report = (...credentials: string[]) => service.call("POST", PATH, { credentials });
const FOUND = (wasLive: boolean) => ({
  recognised: true,
  found: [{ type: "service_account_key", wasLive }],
  truncated: false,
});
const NOTHING = { recognised: false, found: [], truncated: false };

/** How a scanner may quote a key that was answered in a file. */
const QUOTES: [string, (file: KeyFile) => string][] = [
  ["the whole file", (file) => JSON.stringify(file)],
  ["the whole file, indented", (file) => JSON.stringify(file, null, 2)],
  ["the whole file, escaped", (file) => JSON.stringify({ KEY: JSON.stringify(file) })],
  [
    "the PEM as a diff adds it",
    ({ credentials }) => `+++ key.pem\n${credentials.privateKey.replace(/^/gm, "+")}\n`,
  ],
  ["the PEM as a mail quotes it", ({ credentials }) => credentials.privateKey.replace(/^/gm, "> ")],
  ["a Kubernetes Secret", (file) => `data:\n  key.json: ${btoa(JSON.stringify(file))}\n`],
  [
    "base64 wrapped at 76 columns",
    (file) => `KEY\n${btoa(JSON.stringify(file, null, 2)).replace(/.{76}/g, "$&\n")}\n`,
  ],
  ["the PEM alone", ({ credentials }) => credentials.privateKey],
  ["the PEM, escaped", ({ credentials }) => JSON.stringify(credentials.privateKey)],
  ["the PEM in a .env file", ({ credentials }) => `A=1\nKEY="${credentials.privateKey}"\nB=2`],
  [
    "the PEM on one line",
    ({ credentials }) => `KEY="${credentials.privateKey.trim().replaceAll("\n", "\\n")}"`,
  ],
  ["the PEM with CRLF", ({ credentials }) => credentials.privateKey.replaceAll("\n", "\r\n")],
  [
    "the PEM, indented in YAML",
    ({ credentials }) => `key: |\n${credentials.privateKey.replaceAll(/^/gm, "    ")}`,
  ],
  ["the PEM behind much text", ({ credentials }) => `${"lorem ".repeat(9000)}\n${credentials.privateKey}`],
];

describe.each(["RSA_2048", "EC_P256", "ED25519"])("a reported key (%s)", (algorithm) => {
  it.each(QUOTES)("by %s is recognised, and dead with what was got by it", async (_name, quote) => {
    const { file, project, accounts, keys, account } = await givenKey(service, { algorithm });
    const { body: got } = await keyFlow(service, await assertionOf(file));
    const path = `${accounts}/deployer`;
    expect((await callAs(service, got.access_token, "GET", path)).body.code).toBe("permission_denied");
    const { status, body } = await report("nothing", quote(file));
    expect(status).toBe(200);
    expect(body.items).toEqual([
      { index: 0, ...NOTHING },
      { index: 1, ...FOUND(true) },
    ]);
    const refused = await keyFlow(service, await assertionOf(file));
    expect(refused.status).toBe(400);
    expect(await lastEvent(service, project)).toMatchObject({ reason: "key_inactive" });
    expect((await callAs(service, got.access_token, "GET", path)).body.code).toBe("invalid_token");
    expect((await service.call("GET", `${keys}/${file.id}`)).body.active).toBe(false);
    expect(await eventsOf(service, project, "action=service_account_key.leaked")).toMatchObject([
      {
        outcome: "granted",
        target: { type: "service_account_key", id: file.id },
        serviceAccountId: account.id,
      },
    ]);
    expect((await report(quote(file))).body.items).toEqual([{ index: 0, ...FOUND(false) }]);
    expect(await eventsOf(service, project, "action=service_account_key.leaked")).toHaveLength(1);
  });
});

describe("what does not hold the private half", () => {
  const jwkOf = async ({ credentials }: KeyFile) =>
    exportJWK(await importPKCS8(credentials.privateKey, "ES256", { extractable: true }));
  it.each<[string, (file: KeyFile) => string | Promise<string>]>([
    ["the public key", ({ publicKey }) => publicKey],
    ["the file without the private key", (file) => JSON.stringify({ ...file, credentials: {} })],
    ["the key's id", ({ id }) => id],
    ["the PEM cut short", ({ credentials }) => credentials.privateKey.slice(0, 100)],
    [
      "the PEM with a letter changed",
      ({ credentials }) => {
        const at = 80;
        const letter = credentials.privateKey[at] === "A" ? "B" : "A";
        return `${credentials.privateKey.slice(0, at)}${letter}${credentials.privateKey.slice(at + 1)}`;
      },
    ],
    ["the public half as a JWK", async (file) => JSON.stringify({ ...(await jwkOf(file)), d: undefined })],
    [
      "the public half beside another's private one",
      async (file) => {
        const { privateKey } = await generateKeyPair("ES256", { extractable: true });
        return JSON.stringify({ ...(await jwkOf(file)), d: (await exportJWK(privateKey)).d });
      },
    ],
    [
      "another key",
      async () => exportPKCS8((await generateKeyPair("ES256", { extractable: true })).privateKey),
    ],
    ["an empty key", () => "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----"],
  ])("%s ends nothing, and is answered like nothing", async (_name, quote) => {
    const { file } = await givenKey(service, { algorithm: "EC_P256" });
    const { status, body } = await report(await quote(file), "hunter2");
    expect([status, body.items]).toEqual([
      200,
      [
        { index: 0, ...NOTHING },
        { index: 1, ...NOTHING },
      ],
    ]);
    expect((await keyFlow(service, await assertionOf(file))).status).toBe(200);
  });
});

describe("a report of keys", () => {
  it("finds a key that its owner registered, in each account that has it", async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
    const jwk = JSON.stringify(await exportJWK(publicKey));
    const owners = [await givenKey(service, { publicKey: jwk }), await givenKey(service, { publicKey: jwk })];
    const { body } = await report(JSON.stringify({ keys: [await exportJWK(privateKey)] }));
    expect(body.items[0].found).toEqual([...FOUND(true).found, ...FOUND(true).found]);
    for (const { project, keys, file } of owners) {
      expect((await service.call("GET", `${keys}/${file.id}`)).body.active).toBe(false);
      expect(await eventsOf(service, project, "action=service_account_key.leaked")).toHaveLength(1);
    }
  });

  it("lets no account register it again, its own or another's", async () => {
    const { file, keys } = await givenKey(service);
    const other = await givenKey(service);
    await report(JSON.stringify(file));
    for (const path of [keys, other.keys]) {
      const { status, body } = await service.call("POST", path, { publicKey: file.publicKey });
      expect([status, body.errors?.[0]?.pointer]).toEqual([400, "/publicKey"]);
    }
  });

  it("keeps one that was off from coming back, and its owner's record tells why", async () => {
    const { file, keys, project } = await givenKey(service);
    await service.call("PATCH", `${keys}/${file.id}`, { active: false });
    expect((await report(JSON.stringify(file))).body.items).toEqual([{ index: 0, ...FOUND(false) }]);
    expect(await eventsOf(service, project, "action=service_account_key.leaked")).toHaveLength(1);
    const back = await service.call("PATCH", `${keys}/${file.id}`, { active: true });
    expect([back.status, back.body.code]).toEqual([409, "key_leaked"]);
    expect((await report(JSON.stringify(file))).body.items).toEqual([{ index: 0, ...FOUND(false) }]);
    expect(await eventsOf(service, project, "action=service_account_key.leaked")).toHaveLength(1);
  });

  it("leaves no private key in an answer, a log line, an event or a row", async () => {
    const loud = startService();
    const { file } = await givenKey(service);
    const credentials = [JSON.stringify(file), file.credentials.privateKey];
    const answers = [
      await loud.call("POST", PATH, { credentials }),
      await loud.call("POST", PATH, { credentials: [...credentials, 1] }),
    ];
    const bodies = JSON.stringify(answers.map(({ body }) => body));
    const everything = [bodies, JSON.stringify(loud.log), await dumpDatabase()].join("\n");
    const [, secret = ""] = file.credentials.privateKey.split("\n");
    expect(secret.length).toBeGreaterThan(40);
    expect(everything.includes(secret)).toBe(false);
  });
});
