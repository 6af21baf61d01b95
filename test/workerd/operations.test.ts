import { env } from "cloudflare:workers";
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { beforeEach, describe, expect, it } from "vitest";
import worker from "../../src/index.ts";
import { exchangeOf, givenTrust, issuer, type Service, startService } from "./harness.ts";

beforeEach(async () => {
  await env.DB.exec("DELETE FROM signing_key");
});

const keySetOf = async (service: Service) =>
  (await (await service.fetch("/.well-known/jwks.json")).json()) as { keys: { kid: string; alg: string }[] };

async function tokenOf(
  service: Service,
  given: Awaited<ReturnType<typeof givenTrust>>,
  exp?: number,
): Promise<string> {
  const claims = { repository_id: "777001", ...(exp === undefined ? {} : { exp }) };
  const answer = await service.exchange(
    exchangeOf(await issuer.token(claims, service.url), given.account.email),
  );
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  return answer.body.access_token;
}

describe("the first signing key", () => {
  it("is made exactly once by 50 racing cold starts, and all of them answer with it", async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        index % 2 === 0
          ? keySetOf(startService())
          : startService()
              .fetch("/readyz")
              .then(async () => keySetOf(startService())),
      ),
    );
    const kids = new Set(answers.flatMap(({ keys }) => keys.map(({ kid }) => kid)));
    expect(kids.size).toBe(1);
    const events = await env.DB.prepare(
      "SELECT count(*) AS n FROM audit_event WHERE action = 'signing_key.create' AND target_id = ?",
    )
      .bind([...kids][0])
      .first();
    expect(events).toEqual({ n: 1 });
  });

  it.each(["ES256", "RS256", "EdDSA"])("%s by configuration, public members only", async (algorithm) => {
    const service = startService({}, { SIGNING_ALGORITHM: algorithm });
    const { keys } = await keySetOf(service);
    expect(keys).toHaveLength(1);
    expect(keys[0]).toMatchObject({ alg: algorithm, use: "sig" });
    expect(Object.keys(keys[0] ?? {})).not.toEqual(expect.arrayContaining(["d"]));
    const token = await tokenOf(service, await givenTrust(service));
    expect(decodeProtectedHeader(token)).toEqual({ alg: algorithm, kid: keys[0]?.kid, typ: "at+jwt" });
    await jwtVerify(token, createLocalJWKSet({ keys } as never), { issuer: service.url });
  });

  it("is sealed at rest", async () => {
    await keySetOf(startService());
    const row = await env.DB.prepare("SELECT * FROM signing_key").first();
    expect(JSON.stringify(row)).not.toMatch(/"d\\?"/);
    expect(String(row?.sealed_private_key)).toMatch(/^[\w-]{16}\.[\w-]{100,}$/);
  });
});

describe("rotation", () => {
  it("publishes before first use as long as the key set may be cached, verifies until the last token is gone", async () => {
    let shiftMs = 0;
    const service = startService({ nowMs: () => Date.now() + shiftMs });
    const given = await givenTrust(service);
    const far = Math.floor(Date.now() / 1000) + 86_400;
    const advance = (seconds: number) => {
      shiftMs += seconds * 1000;
    };
    const [first] = (await keySetOf(service)).keys;
    const rotated = await service.call("POST", "/v1/signing-keys/rotate");
    expect(rotated.status).toBe(201);
    expect((await service.call("POST", "/v1/signing-keys/rotate")).status).toBe(200);
    const published = await service.fetch("/.well-known/jwks.json");
    const maxAge = Number(/max-age=(\d+)/.exec(published.headers.get("cache-control") ?? "")?.[1]);
    const lead = (Date.parse(rotated.body.activatesAt) - Date.parse(rotated.body.createdAt)) / 1000;
    expect(maxAge).toBeGreaterThan(0);
    expect(lead).toBeGreaterThanOrEqual(maxAge);
    expect((await keySetOf(service)).keys.map(({ kid }) => kid)).toEqual([rotated.body.kid, first?.kid]);

    advance(lead - 5);
    const last = await tokenOf(service, given, far);
    expect(decodeProtectedHeader(last).kid).toBe(first?.kid);
    advance(10);
    expect(decodeProtectedHeader(await tokenOf(service, given, far)).kid).toBe(rotated.body.kid);

    advance(600);
    await service.tend();
    const old = await env.DB.prepare("SELECT sealed_private_key FROM signing_key WHERE kid = ?")
      .bind(first?.kid)
      .first();
    expect(old).toEqual({ sealed_private_key: null });
    expect((await keySetOf(service)).keys).toHaveLength(2);
    advance(Number(decodeJwt(last).exp) - Math.floor((Date.now() + shiftMs) / 1000));
    expect((await keySetOf(service)).keys).toHaveLength(2);
    advance(600);
    await service.tend();
    expect((await keySetOf(service)).keys.map(({ kid }) => kid)).toEqual([rotated.body.kid]);
    const rows = await env.DB.prepare("SELECT kid FROM signing_key").all();
    expect(rows.results).toHaveLength(1);
  });

  it("comes by the clock after 30 days and not before", async () => {
    let shiftMs = 0;
    const service = startService({ nowMs: () => Date.now() + shiftMs });
    await keySetOf(service);
    shiftMs = 28 * 86_400_000;
    await service.tend();
    expect((await keySetOf(service)).keys).toHaveLength(1);
    shiftMs = 30 * 86_400_000;
    await service.tend();
    expect((await keySetOf(service)).keys).toHaveLength(2);
  });

  it("SEALING_KEY itself: the previous one opens, the clock seals anew, then the previous may go", async () => {
    const [older, newer] = ["older-sealing-key-0123456789abcdef-01", "newer-sealing-key-0123456789abcdef-01"];
    const before = startService({}, { SEALING_KEY: older });
    const given = await givenTrust(before);
    const [key] = (await keySetOf(before)).keys;
    const stranded = startService({}, { SEALING_KEY: newer });
    const notReady = await stranded.fetch("/readyz");
    expect([notReady.status, await notReady.json()]).toEqual([
      503,
      { status: "unavailable", component: "keyring" },
    ]);
    const between = startService({}, { SEALING_KEY: newer, SEALING_KEY_PREVIOUS: older });
    expect(decodeProtectedHeader(await tokenOf(between, given)).kid).toBe(key?.kid);
    await between.tend();
    const after = startService({}, { SEALING_KEY: newer });
    expect(decodeProtectedHeader(await tokenOf(after, given)).kid).toBe(key?.kid);
  });
});

describe("the database failing", () => {
  /** A database that fails from the nth batch on. */
  function failing(from: number) {
    let batches = 0;
    return new Proxy(env.DB, {
      get(target, member) {
        const value = Reflect.get(target, member);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          if (member === "batch" && ++batches >= from)
            return Promise.reject(new Error("D1_ERROR: Network connection lost."));
          return Reflect.apply(value, target, args);
        };
      },
    });
  }

  it.each([
    ["down from the start", 1],
    ["lost between read and write", 2],
  ])("%s: 503 with Retry-After and no token", async (_name, from) => {
    const healthy = startService();
    const given = await givenTrust(healthy);
    await tokenOf(healthy, given);
    const service = startService({}, { DB: failing(from) });
    const token = await issuer.token({ repository_id: "777001" }, service.url);
    const answer = await service.exchange(exchangeOf(token, given.account.email));
    expect([answer.status, answer.body.error]).toEqual([503, "temporarily_unavailable"]);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(answer.body).not.toHaveProperty("access_token");
    expect(JSON.stringify(answer.body)).not.toContain("D1_ERROR");
  });

  it("REST and readiness say so too", async () => {
    const service = startService({}, { DB: failing(1) });
    const answer = await service.call("POST", "/v1/projects", { name: "shop" });
    expect([answer.status, answer.body.code]).toEqual([503, "unavailable"]);
    expect(answer.headers.get("retry-after")).toBe("5");
    expect((await service.fetch("/readyz")).status).toBe(503);
    expect((await service.fetch("/healthz")).status).toBe(200);
    expect((await service.fetch("/.well-known/jwks.json")).status).toBe(503);
  });
});

describe("a decision whose ground moves before it is committed", () => {
  it("is made again: whoever disabled the account meanwhile has won", async () => {
    const given = await givenTrust(startService());
    await tokenOf(startService(), given);
    let batches = 0;
    const racing = new Proxy(env.DB, {
      get(target, member) {
        const value = Reflect.get(target, member);
        if (typeof value !== "function") return value;
        return async (...args: unknown[]) => {
          if (member === "prepare") return Reflect.apply(value, target, args);
          if (member === "batch" && ++batches === 2) {
            await startService().call("PATCH", `${given.accounts}/deployer`, { disabled: true });
          }
          return Reflect.apply(value, target, args);
        };
      },
    });
    const DB = new Proxy(racing, {
      get: (target, member) =>
        member === "prepare" ? env.DB.prepare.bind(env.DB) : Reflect.get(target, member),
    });
    const service = startService({}, { DB });
    const token = await issuer.token({ repository_id: "777001" }, service.url);
    const answer = await service.exchange(exchangeOf(token, given.account.email));
    expect(answer.status).toBe(400);
    expect(batches).toBe(4);
    const tokens = await env.DB.prepare("SELECT count(*) AS n FROM access_token WHERE service_account_id = ?")
      .bind(given.account.id)
      .first();
    expect(tokens).toEqual({ n: 1 });
  });
});

describe("discovery", () => {
  it.each(["oauth-authorization-server", "openid-configuration"])("%s says what is real", async (name) => {
    const service = startService();
    const response = await service.fetch(`/.well-known/${name}`);
    const metadata = (await response.json()) as Record<string, string>;
    expect(metadata).toMatchObject({
      issuer: service.url,
      token_endpoint: `${service.url}/oauth/v2/token`,
      jwks_uri: `${service.url}/.well-known/jwks.json`,
    });
    expect(response.headers.get("cache-control")).toMatch(/^public, max-age=\d+$/);
    for (const [member, value] of Object.entries(metadata).filter(([member]) =>
      member.endsWith("_endpoint"),
    )) {
      const answer = await service.fetch(new URL(value).pathname, { method: "POST" });
      expect(answer.status, member).not.toBe(404);
    }
  });
});

describe("a service that is not set up", () => {
  it.each([
    ["ISSUER_URL", ""],
    ["ISSUER_URL", "https://sts.example.com/"],
    ["ISSUER_URL", "http://sts.example.com"],
    ["SEALING_KEY", "short"],
    ["SIGNING_ALGORITHM", "HS256"],
    ["EMAIL_DOMAIN", "a@b"],
    ["BOOTSTRAP_TOKEN", "short"],
  ])("says which variable to mend: %s %s", async (variable, value) => {
    const vars = {
      ...env,
      ENVIRONMENT: "production",
      ISSUER_URL: "https://sts.example.com",
      [variable]: value,
    };
    const context = { waitUntil: () => undefined, passThroughOnException: () => undefined } as never;
    const request = (path: string) => new Request(`https://sts.example.com${path}`) as never;
    const response = await worker.fetch(request("/v1/projects"), vars as never, context);
    expect(response.status).toBe(503);
    expect(await response.text()).toContain(variable);
    expect((await worker.fetch(request("/healthz"), vars as never, context)).status).toBe(200);
  });
});

describe("a flood of refusals", () => {
  it("is counted, not stored one by one, and hides no other account's refusals", async () => {
    const service = startService();
    const given = await givenTrust(service);
    for (let round = 0; round < 10; round++) {
      await Promise.all(
        Array.from({ length: 10 }, () => service.exchange(exchangeOf("a.b.c", given.account.email))),
      );
    }
    const { body } = await service.call(
      "GET",
      `/v1/projects/${given.project}/audit-events?outcome=refused&pageSize=200`,
    );
    const total = body.items.reduce(
      (sum: number, event: { occurrences: number }) => sum + event.occurrences,
      0,
    );
    expect(total).toBe(100);
    expect(body.items.length).toBeLessThanOrEqual(2 * 61);
    expect(body.items.length).toBeLessThan(100);
    const other = await givenTrust(service);
    await service.exchange(exchangeOf("a.b.c", other.account.email));
    const theirs = await service.call("GET", `/v1/projects/${other.project}/audit-events?outcome=refused`);
    expect(theirs.body.items).toHaveLength(1);
  });
});
