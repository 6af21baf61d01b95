import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { exchangeOf, givenTrust, issuer, type Service, startService, TOKEN_EXCHANGE } from "./harness.ts";

/** One row per attack that once worked, or would have. */

beforeEach(async () => {
  for (const { name } of (await env.JWKS_CACHE.list()).keys) await env.JWKS_CACHE.delete(name);
});

const eventsOf = async (service: Service, project: string, query = "") =>
  (await service.call("GET", `/v1/projects/${project}/audit-events?pageSize=200&${query}`)).body.items as {
    reason: string;
    occurrences: number;
    claims: object | null;
    actor: { id: string };
    issuer: string | null;
  }[];

describe("a stranger cannot make us work", () => {
  it("with line ends around a token", async () => {
    const service = startService();
    const begun = Date.now();
    const assertion = `x${"\n".repeat(100_000)}x`;
    await service.exchange({ grant_type: "client_credentials", client_id: "x", client_assertion: assertion });
    expect(Date.now() - begun).toBeLessThan(500);
  });
});

describe("a stranger cannot write into the record", () => {
  it("claims of a token that nobody vouches for", async () => {
    const service = startService();
    const { account, project } = await givenTrust(service);
    const payload = {
      iss: "https://x.example/".padEnd(255, "y"),
      sub: "ü".repeat(2000),
      aud: "a",
      exp: 4102444800,
      junk: "z".repeat(4000),
    };
    const { token } = (await issuer.control("sign-raw", { payload })) as { token: string };
    await service.exchange(exchangeOf(token, account.email));
    const [event] = await eventsOf(service, project, "outcome=refused");
    expect(event).toMatchObject({ reason: "issuer_not_trusted", claims: null });
    expect(JSON.stringify(event).length).toBeLessThan(2500);
  });

  it("what names others: the flood's event names nobody", async () => {
    const service = startService();
    const { account, project } = await givenTrust(service);
    await Promise.all(
      Array.from({ length: 130 }, () => service.exchange(exchangeOf("a.b.c", account.email))),
    );
    const floods = (await eventsOf(service, project)).filter(({ reason }) => reason === "flood");
    expect(floods.length).toBeGreaterThan(0);
    for (const flood of floods) expect(flood.actor.id).toBe("unknown");
  });

  it("so much that a real refusal goes under", async () => {
    const service = startService();
    const { account, project, accounts } = await givenTrust(service);
    await Promise.all(
      Array.from({ length: 130 }, () => service.exchange(exchangeOf("a.b.c", account.email))),
    );
    // Whose token it is can be told, since the issuer's keys are at hand: for what is refused anyway none are fetched.
    const good = await issuer.token({ repository_id: "777001" }, service.url);
    expect((await service.exchange(exchangeOf(good, account.email))).status).toBe(200);
    const authentic = await issuer.token({ repository_id: "999" }, service.url);
    await service.exchange(exchangeOf(authentic, account.email));
    await service.call("PATCH", `${accounts}/deployer`, { owner: "x" }, { "if-match": '"old"' });
    const reasons = (await eventsOf(service, project)).map(({ reason }) => reason);
    expect(reasons).toEqual(expect.arrayContaining(["assertion_failed", "precondition_failed"]));
  });

  it("or leave nothing there: a request that presents no JWT for an account is on its record", async () => {
    const service = startService();
    const { account, project } = await givenTrust(service);
    await service.exchange({ grant_type: TOKEN_EXCHANGE, client_id: account.email });
    expect((await eventsOf(service, project, "outcome=refused"))[0]?.reason).toBe("request_malformed");
  });

  it("text of one tenant into another's", async () => {
    const service = startService();
    const [first, second] = [await givenTrust(service), await givenTrust(service)];
    const forge = async (kid: string) => {
      const payload = {
        iss: issuer.url,
        sub: "a",
        aud: service.url,
        exp: Math.floor(Date.now() / 1000) + 60,
        repository_id: "777001",
      };
      return ((await issuer.control("sign-raw", { header: { kid }, payload })) as { token: string }).token;
    };
    await service.exchange(exchangeOf(await forge("text-of-the-first-tenant"), first.account.email));
    await service.exchange(exchangeOf(await forge("second"), second.account.email));
    const [event] = await eventsOf(service, second.project, "outcome=refused");
    expect(JSON.stringify(event)).not.toContain("text-of-the-first-tenant");
    expect(event?.reason).toBe("key_not_found");
  });
});

describe("garbled KV is slower, not broken", () => {
  it.each([
    ["an end that never comes", { expiresAtMs: 9e15, jwk: { kty: "RSA", kid: "x", n: "AQAB", e: "AQAB" } }],
    ["no key", { expiresAtMs: Date.now() + 1000, jwk: null }],
    ["a mark without a reason", { untilMs: Date.now() + 20_000, detail: {} }],
    ["a mark of a year", { untilMs: 9e15, reason: "key_not_found", detail: "x" }],
    ["text", "garbage"],
  ])("%s", async (_name, value) => {
    const kv = { get: async () => value, put: async () => undefined } as unknown as KVNamespace;
    const service = startService({ kv });
    const { account } = await givenTrust(service);
    const token = await issuer.token({ repository_id: "777001" }, service.url);
    expect((await service.exchange(exchangeOf(token, account.email))).status).toBe(200);
  });
});

describe("a purge does what it says", () => {
  it("also to an exchange that had read its ground before", async () => {
    const plain = startService();
    const { account, providers, provider } = await givenTrust(plain);
    const token = await issuer.token({ repository_id: "777001" }, plain.url);
    let purged = false;
    const service = startService({
      fetch: async (...args) => {
        if (!purged) {
          purged = true;
          await plain.call("POST", `${providers}/${provider.id}/purge-keys`);
        }
        return fetch(...args);
      },
    });
    let discoveries = 0;
    const counted = startService({
      fetch: (...args) => {
        if (String(args[0]).includes("openid-configuration")) discoveries += 1;
        return fetch(...args);
      },
    });
    expect((await service.exchange(exchangeOf(token, account.email))).status).toBe(200);
    expect((await counted.exchange(exchangeOf(token, account.email))).status).toBe(200);
    const generations = await env.DB.prepare("SELECT count(*) AS n FROM key_purge").first();
    expect(generations).toEqual({ n: 1 });
    expect(discoveries).toBe(0);
  });

  it("and says so where there is nothing to purge", async () => {
    const service = startService();
    const key = { kty: "OKP", crv: "Ed25519", kid: "a", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };
    const { providers, provider } = await givenTrust(service, { jwks: { keys: [key] } });
    expect((await service.call("POST", `${providers}/${provider.id}/purge-keys`)).status).toBe(409);
  });
});

describe("no answer is a 500", () => {
  it.each([
    ["no media type", undefined],
    ["a sloppy one", "application/json;"],
    ["another sloppy one", "application/json ;charset=utf-8"],
  ])("%s", async (_name, type) => {
    const service = startService();
    const headers: Record<string, string> = { authorization: `Bearer ${env.BOOTSTRAP_TOKEN}` };
    if (type !== undefined) headers["content-type"] = type;
    const body = new TextEncoder().encode('{"name":"sloppy"}');
    const response = await service.fetch("/v1/projects", { method: "POST", headers, body });
    expect([201, 409, 415]).toContain(response.status);
  });
});

describe("an account that expires while its exchange is under way", () => {
  it("gets no token that ends before it begins", async () => {
    let nowMs = Date.now();
    const service = startService({
      nowMs: () => nowMs,
      fetch: async (...args) => {
        const response = await fetch(...args);
        nowMs += 2000;
        return response;
      },
    });
    const { account, accounts } = await givenTrust(service);
    const soon = new Date(nowMs + 3000).toISOString();
    await service.call("PATCH", `${accounts}/deployer`, { expiresAt: soon });
    const token = await issuer.token({ repository_id: "777001" }, service.url);
    expect((await service.exchange(exchangeOf(token, account.email))).status).toBe(400);
  });
});
