import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { assertionOf, givenKey, introspect, keyFlow, lastEvent } from "./credentials.ts";
import { startService } from "./harness.ts";
import { givenNeighbour } from "./own_keys.ts";

/** A key's life after it was registered: read, used, switched off and on, ended, deleted. */

const service = startService();
let given: Awaited<ReturnType<typeof givenKey>>;
let key: string;
beforeEach(async () => {
  given = await givenKey(service);
  key = `${given.keys}/${given.file.id}`;
});
const day = (days: number) => new Date(Date.now() + days * 86400_000).toISOString();
const use = async () => keyFlow(service, await assertionOf(given.file));
const recorded = async (query = "outcome=refused") => lastEvent(service, given.project, query);

describe("a key is shown", () => {
  const MEMBERS = [
    "active",
    "createdAt",
    "id",
    "keyAlgorithm",
    "keyOrigin",
    "keyType",
    "lastUsedAt",
    "lastUsedBy",
    "leakedAt",
  ].concat(["projectId", "publicKey", "serviceAccountId", "updatedAt", "validUntil", "warnings"]);

  it("with exactly these members, alike in the list and alone", async () => {
    const { body: one } = await service.call("GET", key);
    const { body: list } = await service.call("GET", given.keys);
    expect(list).toEqual({ items: [one] });
    expect(Object.keys(one).sort()).toEqual(MEMBERS);
    expect(one).toMatchObject({
      id: given.file.id,
      serviceAccountId: given.account.id,
      publicKey: given.file.publicKey,
      active: true,
      validUntil: null,
      lastUsedAt: null,
      lastUsedBy: null,
      warnings: [],
    });
  });

  it("with who used it last, and not with who failed to", async () => {
    const as = (assertion: string, ip: string) => {
      const body = new URLSearchParams({
        grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
        assertion,
      });
      const headers = { "cf-connecting-ip": ip, "user-agent": "stackit-sdk-go/0.26" };
      return service.fetch("/oauth/v2/token", { method: "POST", body, headers });
    };
    expect((await as(await assertionOf(given.file, { aud: "x" }), "198.51.100.1")).status).toBe(400);
    expect((await service.call("GET", key)).body).toMatchObject({ lastUsedAt: null, lastUsedBy: null });
    expect((await as(await assertionOf(given.file), "203.0.113.9")).status).toBe(200);
    const { body } = await service.call("GET", key);
    expect(body.lastUsedBy).toEqual({ ip: "203.0.113.9", userAgent: "stackit-sdk-go/0.26" });
    expect(Math.abs(Date.parse(body.lastUsedAt) - Date.now())).toBeLessThan(5000);
    expect((await service.call("GET", given.keys)).body.items[0]).toEqual(body);
  });

  it("use changes neither its tag nor when it was changed", async () => {
    const before = await service.call("GET", key);
    expect((await use()).status).toBe(200);
    const after = await service.call("GET", key);
    expect(after.headers.get("etag")).toBe(before.headers.get("etag"));
    expect(after.body.updatedAt).toBe(before.body.updatedAt);
    const unchanged = await service.fetch(key, {
      headers: {
        authorization: `Bearer ${env.BOOTSTRAP_TOKEN}`,
        "if-none-match": after.headers.get("etag") ?? "",
      },
    });
    expect(unchanged.status).toBe(304);
  });

  it("page by page, each once, and by no other list's page token", async () => {
    for (let made = 1; made < 5; made++) await service.call("POST", given.keys, { algorithm: "ED25519" });
    const seen: string[] = [];
    let query = "pageSize=2";
    for (let pages = 0; pages < 4 && query !== ""; pages++) {
      const { body } = await service.call("GET", `${given.keys}?${query}`);
      seen.push(...body.items.map(({ id }: { id: string }) => id));
      query = body.nextPageToken === undefined ? "" : `pageSize=2&pageToken=${body.nextPageToken}`;
    }
    expect(new Set(seen).size).toBe(5);
    expect(seen).toHaveLength(5);
    expect(seen).toEqual([...seen].sort());
    await service.call("POST", given.accounts, { name: "second" });
    const accounts = await service.call("GET", `${given.accounts}?pageSize=1`);
    const mixed = await service.call("GET", `${given.keys}?pageToken=${accounts.body.nextPageToken}`);
    expect([mixed.status, mixed.body.code]).toEqual([400, "invalid_page_token"]);
  });
});

describe("a key is switched", () => {
  it("off: its tokens die, the next exchange is refused; on again: it works", async () => {
    const other = await service.call("POST", given.keys, { algorithm: "ED25519" });
    const [{ body: token }, { body: unhurt }] = [
      await use(),
      await keyFlow(service, await assertionOf(other.body)),
    ];
    const off = await service.call("PATCH", key, { active: false });
    expect([off.status, off.body.active]).toEqual([200, false]);
    expect(await recorded("action=service_account_key.update")).toMatchObject({
      outcome: "granted",
      detail: "active",
      target: { type: "service_account_key", id: given.file.id },
    });
    expect(await introspect(service, token.access_token, env.BOOTSTRAP_TOKEN)).toEqual({ active: false });
    expect(await introspect(service, unhurt.access_token, env.BOOTSTRAP_TOKEN)).toMatchObject({
      active: true,
    });
    expect((await use()).status).toBe(400);
    expect(await recorded()).toMatchObject({ reason: "key_inactive", kid: given.file.id });
    expect((await service.call("PATCH", key, { active: true })).status).toBe(200);
    expect((await use()).status).toBe(200);
    expect(await introspect(service, token.access_token, env.BOOTSTRAP_TOKEN)).toEqual({ active: false });
  });

  it.each<[string, unknown, string]>([
    ["an end in the past", { validUntil: "2020-01-01T00:00:00Z" }, "/validUntil"],
    ["active as text", { active: "false" }, "/active"],
    ["active as null", { active: null }, "/active"],
    ["another public key", { publicKey: "x" }, "/publicKey"],
    ["another algorithm", { algorithm: "RSA_4096" }, "/algorithm"],
    ["another id", { id: crypto.randomUUID() }, "/id"],
    ["another account", { active: false, serviceAccountId: crypto.randomUUID() }, "/serviceAccountId"],
  ])("not to %s", async (_name, body, pointer) => {
    const before = await service.call("GET", key);
    const { status, body: problem } = await service.call("PATCH", key, body);
    expect(status).toBe(400);
    expect(problem).toMatchObject({ code: "invalid_body", errors: [{ pointer }] });
    expect((await service.call("GET", key)).body).toEqual(before.body);
    if (pointer === "/validUntil") {
      const target = { type: "service_account_key", id: given.file.id };
      expect(await recorded()).toMatchObject({
        reason: "invalid_body",
        action: "service_account_key.update",
        target,
      });
    }
  });

  it("and its end is set, moved and taken away", async () => {
    const end = day(3);
    const set = await service.call("PATCH", key, { validUntil: end });
    expect(Date.parse(set.body.validUntil)).toBe(Math.floor(Date.parse(end) / 1000) * 1000);
    expect(set.body.warnings).toMatchObject([{ code: "expires_soon" }]);
    const far = await service.call("PATCH", key, { validUntil: "9999-01-01T01:01:01Z" });
    expect(far.body).toMatchObject({ warnings: [], active: true });
    const never = await service.call("PATCH", key, { validUntil: null });
    expect(never.body).toMatchObject({ validUntil: null, warnings: [], active: true });
    expect((await service.call("GET", key)).body).toEqual(never.body);
    expect((await use()).status).toBe(200);
  });
});

describe("If-Match", () => {
  it.each(["PATCH", "DELETE"])(
    "%s: an old tag, another key's tag and a weak one are 412, recorded",
    async (method) => {
      const old = (await service.call("GET", key)).headers.get("etag") ?? "";
      const { headers } = await service.call("PATCH", key, { active: false });
      const other = await service.call("POST", given.keys, { algorithm: "ED25519" });
      const body = method === "PATCH" ? { active: true } : undefined;
      for (const tag of [old, other.headers.get("etag") ?? "", `W/${headers.get("etag")}`, '""', ""]) {
        const { status, body: problem } = await service.call(method, key, body, { "if-match": tag });
        expect([tag, status, problem?.code]).toEqual([tag, 412, "precondition_failed"]);
        expect(await recorded()).toMatchObject({
          reason: "precondition_failed",
          target: { id: given.file.id },
        });
      }
      expect((await service.call("GET", key)).body.active).toBe(false);
      const right = { "if-match": `"x", ${headers.get("etag")}` };
      expect((await service.call(method, key, body, right)).status).toBe(method === "PATCH" ? 200 : 204);
    },
  );

  it("of ten that change one state one wins", async () => {
    const etag = (await service.call("GET", key)).headers.get("etag") ?? "";
    const racing = Array.from({ length: 10 }, (_, at) =>
      service.call("PATCH", key, { active: at % 2 === 0 }, { "if-match": etag }),
    );
    const statuses = (await Promise.all(racing)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status !== 200 && status !== 409 && status !== 412)).toEqual([]);
  });
});

describe("a key is deleted", () => {
  it("and its tokens with it; then it is not there", async () => {
    const { body: token } = await use();
    const { status, body } = await service.call("DELETE", key);
    expect([status, body]).toEqual([204, undefined]);
    expect(await introspect(service, token.access_token, env.BOOTSTRAP_TOKEN)).toEqual({ active: false });
    expect((await use()).status).toBe(400);
    expect(await recorded()).toMatchObject({ reason: "key_not_found", kid: given.file.id });
    for (const method of ["GET", "PATCH", "DELETE"]) {
      const again = await service.call(method, key, method === "PATCH" ? { active: true } : undefined);
      expect([method, again.status, again.body.code]).toEqual([method, 404, "not_found"]);
    }
    expect((await service.call("GET", given.keys)).body).toEqual({ items: [] });
  });
});

describe("there is no such key", () => {
  it("where it is another account's, another project's, or no id: one answer, and nothing changed", async () => {
    const neighbour = await givenNeighbour(service, given.accounts);
    const stranger = await givenKey(service);
    const answers = new Set<string>();
    const ids = [neighbour.file.id, stranger.file.id, crypto.randomUUID(), "x", "%27%20OR%201=1", "%00", "*"];
    for (const [method, body] of [["GET"], ["PATCH", { active: false }], ["DELETE"]] as const) {
      for (const id of [...ids, given.file.id.toUpperCase()]) {
        const answer = await service.call(method, `${given.keys}/${id}`, body);
        expect([method, id, answer.status]).toEqual([method, id, 404]);
        answers.add(JSON.stringify({ ...answer.body, requestId: "" }));
      }
    }
    expect([...answers]).toHaveLength(1);
    for (const { keys, file } of [neighbour, stranger, given]) {
      expect((await service.call("GET", `${keys}/${file.id}`)).body.active).toBe(true);
    }
  });

  it("under another project's name or another account's", async () => {
    const stranger = await givenKey(service);
    const crossed = `/v1/projects/${stranger.project}/service-accounts/${given.account.id}/keys`;
    for (const path of [crossed, `${crossed}/${given.file.id}`, `${stranger.keys}/${given.file.id}`]) {
      expect((await service.call("GET", path)).status).toBe(404);
    }
    expect((await service.call("POST", crossed, { algorithm: "ED25519" })).status).toBe(404);
    expect((await service.call("GET", given.keys)).body.items).toHaveLength(1);
  });
});
