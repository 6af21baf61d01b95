import { env } from "cloudflare:workers";
import { createLocalJWKSet, exportJWK, importPKCS8, jwtVerify } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { assertionOf, givenKey, keyFlow, lastEvent } from "./credentials.ts";
import { startService } from "./harness.ts";
import { ownKey } from "./own_keys.ts";

/** A private key is answered once and is nowhere afterwards; the public ones are for everybody. */

const ALGORITHMS = { RSA_2048: "RS512", RSA_4096: "RS512", EC_P256: "ES256", ED25519: "EdDSA" };

/** All that the database and the key cache hold, as one text; bytes in hexadecimal. */
async function dump(): Promise<string> {
  const tables = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'",
  ).all<{ name: string }>();
  const texts: string[] = [];
  for (const { name } of tables.results) {
    const { results } = await env.DB.prepare(`SELECT * FROM "${name}"`).all();
    texts.push(
      `${name} ${JSON.stringify(results, (_key, value) => (Array.isArray(value) && typeof value[0] === "number" ? hexOf(value) : value))}`,
    );
  }
  for (const { name } of (await env.JWKS_CACHE.list()).keys)
    texts.push(name, (await env.JWKS_CACHE.get(name)) ?? "");
  return texts.join("\n");
}

const hexOf = (bytes: Iterable<number>) =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Pieces out of the middle of a private key, in every spelling that it could be kept in. */
async function tracesOf(pem: string, alg: string): Promise<readonly string[]> {
  const base64 = pem.replace(/-----[^-]+-----|\n/g, "");
  const middle = Math.floor(base64.length / 2);
  const { d = "" } = await exportJWK(await importPKCS8(pem, alg, { extractable: true }));
  const bytes = Uint8Array.from(atob(d.replaceAll("-", "+").replaceAll("_", "/")), (text) =>
    text.charCodeAt(0),
  );
  const hex = hexOf(bytes);
  return [
    base64.slice(middle, middle + 24),
    [...pem.split("\n")].at(-3)?.slice(8, 40) ?? "",
    btoa(pem).slice(120, 150),
    d.slice(4, 30),
    d.slice(4, 30).replaceAll("-", "+").replaceAll("_", "/"),
    hex.slice(4, 40),
    hex.slice(4, 40).toUpperCase(),
  ].filter((trace) => trace.length >= 16);
}

describe("a private key that we made", () => {
  it.each(Object.entries(ALGORITHMS))("%s is nowhere afterwards", async (algorithm, alg) => {
    const service = startService();
    const { file, keys, project } = await givenKey(service, { algorithm });
    const key = `${keys}/${file.id}`;
    await keyFlow(service, await assertionOf(file));
    await keyFlow(service, await assertionOf(file, { aud: "elsewhere" }));
    await service.call("POST", keys, { publicKey: file.publicKey });
    const answers = [
      await service.call("PATCH", key, { validUntil: new Date(Date.now() + 86400_000).toISOString() }),
      await service.call("GET", key),
      await service.call("GET", keys),
      await service.call("GET", `${key}?format=X509_PEM`),
      await service.call("GET", `/v1/service-accounts/${file.credentials.iss}/jwks.json`),
      await service.call("GET", `/v1/projects/${project}/audit-events?pageSize=200`),
    ];
    await service.tend();
    const everywhere = [
      JSON.stringify(answers.map(({ body }) => body)),
      JSON.stringify(service.log),
      await dump(),
    ];
    expect(everywhere.map((text) => text.includes(file.id))).toEqual([true, false, true]);
    const traces = await tracesOf(file.credentials.privateKey, alg);
    expect(traces.length).toBeGreaterThan(3);
    for (const trace of traces)
      for (const text of everywhere) expect(text.includes(trace), trace).toBe(false);
    for (const text of everywhere) expect(text).not.toMatch(/PRIVATE KEY|"(?:privateKey|private_key)"/);
  });

  it("that somebody sends us by mistake is nowhere either", async () => {
    const service = startService();
    const { keys } = await givenKey(service);
    const own = await ownKey("RS256");
    const [pem, d] = [own.privateKey, own.privateJwk.d ?? ""];
    const bodies = [
      { publicKey: pem },
      { publicKey: own.privateJwk },
      { publicKey: "", privateKey: pem },
      { [pem.slice(28, 90)]: 1 },
    ];
    const answers = [];
    for (const body of bodies) answers.push(await service.call("POST", keys, body));
    answers.push(await service.call("POST", keys, `{"publicKey": "${pem.replaceAll("\n", "\\n")}`));
    answers.push(await service.call("GET", `${keys}/${encodeURIComponent(d.slice(0, 60))}`));
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400, 404]);
    const everywhere = [
      JSON.stringify(answers.slice(0, 3).map(({ body }) => body)),
      JSON.stringify(service.log),
      await dump(),
    ];
    for (const trace of await tracesOf(pem, "RS256")) {
      for (const text of everywhere) expect(text.includes(trace), trace).toBe(false);
    }
  });
});

describe("an account's public keys", () => {
  let nowMs = Date.now();
  const service = startService({ nowMs: () => nowMs });
  let given: Awaited<ReturnType<typeof givenKey>>;
  const keySet = async (email: string) => {
    const response = await service.fetch(`/v1/service-accounts/${email}/jwks.json`);
    return { response, body: (await response.json()) as { keys: Record<string, unknown>[] } };
  };
  const kids = async (email = given.account.email) => (await keySet(email)).body.keys.map(({ kid }) => kid);
  beforeAll(async () => {
    given = await givenKey(service);
  });

  it("are there for everybody, and verify what the account signs", async () => {
    const { account, accounts } = given;
    const files = [];
    await service.call("POST", accounts, { name: "signer" });
    for (const algorithm of Object.keys(ALGORITHMS)) {
      files.push((await service.call("POST", `${accounts}/signer/keys`, { algorithm })).body);
    }
    const own = await ownKey();
    const jwk = { ...own.jwk, kid: "mine", use: "sig", x5c: ["AAAA"], "x-note": "mine" };
    const registered = (await service.call("POST", `${accounts}/signer/keys`, { publicKey: jwk })).body;
    const { response, body } = await keySet(files[0].credentials.iss);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toContain("application/json");
    expect(response.headers.get("cache-control")).toMatch(/^public, max-age=\d+$/);
    const registeredKids = [...files, registered].map(({ credentials }) => credentials.kid);
    expect(body.keys.map(({ kid }) => kid)).toEqual(registeredKids.sort());
    for (const key of body.keys) {
      expect(key).toMatchObject({ use: "sig", kty: expect.any(String), kid: expect.any(String) });
      const known = ["alg", "crv", "e", "kid", "kty", "n", "use", "x", "y"];
      expect(Object.keys(key).filter((member) => !known.includes(member))).toEqual([]);
    }
    for (const file of files) {
      const { payload, protectedHeader } = await jwtVerify(
        await assertionOf(file),
        createLocalJWKSet(body as never),
      );
      expect([payload.sub, protectedHeader.kid]).toEqual([files[0].credentials.sub, file.credentials.kid]);
    }
    expect(files[0].credentials.sub).not.toBe(account.id);
  });

  it("only active ones that have not ended", async () => {
    const { keys, file } = given;
    const ends = new Date(nowMs + 5000).toISOString();
    const ending = (await service.call("POST", keys, { algorithm: "ED25519", validUntil: ends })).body;
    expect(await kids()).toEqual([file.id, ending.id].sort());
    nowMs += 5000;
    expect(await kids()).toEqual([file.id]);
    await service.call("PATCH", `${keys}/${file.id}`, { active: false });
    expect(await kids()).toEqual([]);
    await service.call("PATCH", `${keys}/${file.id}`, { active: true });
    expect(await kids()).toEqual([file.id]);
    await service.call("DELETE", `${keys}/${ending.id}`);
  });

  it.each<[string, (email: string) => string, boolean]>([
    ["the e-mail with %40", (email) => email.replace("@", "%40"), true],
    ["the e-mail in capitals", (email) => email.toUpperCase(), false],
    ["an e-mail of nobody", () => "nobody-1234567@example.org", false],
    ["the account's name", () => "deployer", false],
    ["the account's id", () => given.account.id, false],
    ["a pattern", (email) => email.replace(/^./, "%25"), false],
    ["an e-mail and more SQL", (email) => `${email}'%20OR%20'1'='1`, false],
  ])("by %s", async (_name, spell, isThere) => {
    const { response, body } = await keySet(spell(given.account.email));
    expect(response.status).toBe(200);
    expect(body).toEqual(isThere ? (await keySet(given.account.email)).body : { keys: [] });
    expect(body.keys).toHaveLength(isThere ? 1 : 0);
  });

  it.each<[string, object, object, string]>([
    ["a disabled account", { disabled: true }, { disabled: false }, "account"],
    ["an account that has ended", { expiresAt: "+1" }, { expiresAt: null }, "account"],
    ["an account of a disabled project", { disabled: true }, { disabled: false }, "project"],
  ])("of %s there are none, and the answer is a stranger's", async (_name, change, back, what) => {
    const path = what === "account" ? `${given.accounts}/deployer` : `/v1/projects/${given.project}`;
    const body = "expiresAt" in change ? { expiresAt: new Date(nowMs + 1500).toISOString() } : change;
    expect((await service.call("PATCH", path, body)).status).toBe(200);
    nowMs += 2000;
    const [gone, stranger] = [await keySet(given.account.email), await keySet("nobody-1234567@example.org")];
    expect(gone.body).toEqual(stranger.body);
    const headersOf = ({ response }: typeof gone) =>
      [...response.headers].filter(([name]) => name !== "x-request-id");
    expect(headersOf(gone)).toEqual(headersOf(stranger));
    expect((await service.call("PATCH", path, back)).status).toBe(200);
    expect(await kids()).toEqual([given.file.id]);
  });

  it("leave no event, take no other method, and a renamed account keeps its e-mail", async () => {
    const before = await lastEvent(service, given.project, "");
    await kids();
    expect(await lastEvent(service, given.project, "")).toEqual(before);
    const path = `/v1/service-accounts/${given.account.email}/jwks.json`;
    for (const method of ["POST", "PATCH", "DELETE", "PUT"]) {
      expect([401, 404, 405]).toContain((await service.fetch(path, { method })).status);
    }
    await service.call("PATCH", `${given.accounts}/deployer`, { name: "renamed" });
    expect(await kids()).toEqual([given.file.id]);
  });
});
