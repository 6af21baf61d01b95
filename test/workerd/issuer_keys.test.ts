import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it } from "vitest";
import {
  exchangeOf,
  givenTrust as givenTrustIn,
  steeredIssuer as issuer,
  type Service,
  startService,
} from "./harness.ts";

const givenTrust = (service: Service) => givenTrustIn(service, { issuer: issuer.url });

/** A clock that a test moves; real seconds do not matter. */
function newClock() {
  let shiftMs = 0;
  return {
    nowMs: () => Date.now() + shiftMs,
    advance: (seconds: number) => {
      shiftMs += seconds * 1000;
    },
  };
}

/** What the issuer was asked, discovery and key set alike. */
async function requests(): Promise<number> {
  const response = await fetch(`${issuer.url}/__control/requests`);
  const counts = (await response.json()) as Record<string, number>;
  return (counts["/.well-known/openid-configuration"] ?? 0) + (counts["/jwks"] ?? 0);
}

/** A fresh isolate over a KV namespace that holds nothing: keys of other tests are out of the way. */
async function coldService(overrides: Parameters<typeof startService>[0] = {}): Promise<Service> {
  for (const { name } of (await env.JWKS_CACHE.list()).keys) await env.JWKS_CACHE.delete(name);
  await issuer.control("reset-requests");
  return startService(overrides);
}

/** A token that lives as long as the test's clock may run. */
async function longToken(service: Service): Promise<string> {
  const exp = Math.floor(Date.now() / 1000) + 86_400;
  return issuer.token({ repository_id: "777001", exp }, service.url);
}

async function reasonOf(service: Service, project: string): Promise<string> {
  const { body } = await service.call(
    "GET",
    `/v1/projects/${project}/audit-events?outcome=refused&pageSize=1`,
  );
  return body.items[0]?.reason;
}

afterEach(async () => {
  await issuer.control("fail", { mode: null });
});

describe("an issuer's rotation", () => {
  it("a new key is believed at once, a removed one until its hour is over and not after", async () => {
    const clock = newClock();
    const service = await coldService({ nowMs: clock.nowMs });
    const { account, project } = await givenTrust(service);
    const exchange = async (token: string) =>
      (await service.exchange(exchangeOf(token, account.email))).status;
    const old = await longToken(service);
    expect(await exchange(old)).toBe(200);
    expect(await requests()).toBe(2);

    await issuer.control("rotate");
    const fresh = await longToken(service);
    expect(await exchange(fresh)).toBe(200);
    expect(await requests()).toBe(4);

    await issuer.control("remove-old-keys");
    clock.advance(3590);
    expect(await exchange(old)).toBe(200);
    clock.advance(20);
    expect(await exchange(old)).toBe(400);
    expect(await reasonOf(service, project)).toBe("key_not_found");
    clock.advance(31);
    expect(await exchange(fresh)).toBe(200);
  });

  it("the hour holds in KV and in every isolate that reads it", async () => {
    const clock = newClock();
    const service = await coldService({ nowMs: clock.nowMs });
    const { account } = await givenTrust(service);
    const old = await longToken(service);
    await service.exchange(exchangeOf(old, account.email));
    await issuer.control("rotate");
    await issuer.control("remove-old-keys");
    await issuer.control("reset-requests");
    clock.advance(3590);
    const sibling = startService({ nowMs: clock.nowMs });
    expect((await sibling.exchange(exchangeOf(old, account.email))).status).toBe(200);
    expect(await requests()).toBe(0);
    clock.advance(20);
    expect((await sibling.exchange(exchangeOf(old, account.email))).status).toBe(400);
  });
});

describe("unknown kids", () => {
  it("1,000 of them cause at most one refetch in 30 s, and good tokens go on", async () => {
    const clock = newClock();
    const service = await coldService({ nowMs: clock.nowMs });
    const { account } = await givenTrust(service);
    const good = await longToken(service);
    expect((await service.exchange(exchangeOf(good, account.email))).status).toBe(200);
    await issuer.control("reset-requests");
    const [, payload, signature] = good.split(".");
    for (let batch = 0; batch < 20; batch++) {
      const forged = Array.from({ length: 50 }, () => {
        const header = btoa(JSON.stringify({ alg: "RS256", kid: crypto.randomUUID() })).replaceAll("=", "");
        return `${header}.${payload}.${signature}`;
      });
      const answers = await Promise.all(
        forged.map((token) => service.exchange(exchangeOf(token, account.email))),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([400]));
      clock.advance(1);
    }
    expect(await requests()).toBeLessThanOrEqual(2);
    expect((await service.exchange(exchangeOf(good, account.email))).status).toBe(200);
    clock.advance(31);
    const sibling = startService({ nowMs: clock.nowMs });
    expect((await sibling.exchange(exchangeOf(good, account.email))).status).toBe(200);
  });

  it("25 cold exchanges at once ask the issuer once", async () => {
    const service = await coldService();
    const { account } = await givenTrust(service);
    const good = await longToken(service);
    const answers = await Promise.all(
      Array.from({ length: 25 }, () => service.exchange(exchangeOf(good, account.email))),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(25).fill(200));
    expect(await requests()).toBe(2);
  });
});

describe("purge-keys", () => {
  it("a cached key is dead on the next exchange, in every isolate; another project keeps its cache", async () => {
    const service = await coldService();
    const { account, providers, provider, project } = await givenTrust(service);
    const neighbour = await givenTrust(service);
    const compromised = await longToken(service);
    const sibling = startService();
    for (const isolate of [service, sibling]) {
      expect((await isolate.exchange(exchangeOf(compromised, account.email))).status).toBe(200);
    }
    await issuer.control("rotate");
    await issuer.control("remove-old-keys");
    expect((await service.exchange(exchangeOf(compromised, account.email))).status).toBe(200);
    expect((await service.call("POST", `${providers}/${provider.id}/purge-keys`)).status).toBe(204);
    for (const isolate of [service, sibling]) {
      expect((await isolate.exchange(exchangeOf(compromised, account.email))).status).toBe(400);
    }
    expect(await reasonOf(service, project)).toBe("key_not_found");
    expect((await service.exchange(exchangeOf(compromised, neighbour.account.email))).status).toBe(200);
  });

  it("holds for a trust that is created anew afterwards", async () => {
    const service = await coldService();
    const { account, providers, provider } = await givenTrust(service);
    const compromised = await longToken(service);
    await service.exchange(exchangeOf(compromised, account.email));
    await issuer.control("rotate");
    await issuer.control("remove-old-keys");
    await service.call("POST", `${providers}/${provider.id}/purge-keys`);
    await service.call("DELETE", `${providers}/${provider.id}`);
    const assertions = [{ item: "repository_id", operator: "equals", value: "777001" }];
    await service.call("POST", providers, { name: "again", issuer: issuer.url, assertions });
    expect((await service.exchange(exchangeOf(compromised, account.email))).status).toBe(400);
  });
});

describe("an issuer that does not behave", () => {
  it.each([
    ["is down", 500, "issuer_unreachable", 503],
    ["redirects", 302, "issuer_unreachable", 503],
    ["drips", "drip", "issuer_unreachable", 503],
    ["hangs", "hang", "issuer_unreachable", 503],
  ])(
    "%s: an answer within 6 s, no redirect followed, and its known keys go on",
    async (_name, mode, reason, status) => {
      const service = await coldService();
      const { account, project } = await givenTrust(service);
      const known = await longToken(service);
      expect((await service.exchange(exchangeOf(known, account.email))).status).toBe(200);
      await issuer.control("rotate");
      const unknown = await longToken(service);
      await issuer.control("fail", { mode });
      const begun = Date.now();
      const answer = await service.exchange(exchangeOf(unknown, account.email));
      expect(Date.now() - begun).toBeLessThan(6000);
      expect(answer.status).toBe(status);
      expect(answer.body.error).toBe("temporarily_unavailable");
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(await reasonOf(service, project)).toBe(reason);
      expect((await service.exchange(exchangeOf(known, account.email))).status).toBe(200);
      const counts = (await (await fetch(`${issuer.url}/__control/requests`)).json()) as object;
      expect(counts).not.toHaveProperty("/elsewhere");
    },
  );

  it.each([
    ["names another issuer", { issuer: "https://other.example" }, "issuer_mismatch", 400],
    ["names itself with one slash more", { issuer: "SELF/" }, "issuer_mismatch", 400],
    [
      "sends us to a private address for its keys",
      { issuer: "SELF", jwks_uri: "https://169.254.169.254/jwks" },
      "issuer_not_allowed",
      400,
    ],
    [
      "sends us to ourselves for its keys",
      { issuer: "SELF", jwks_uri: "http://127.0.0.1:8787/jwks" },
      "issuer_not_allowed",
      400,
    ],
    ["has no jwks_uri", { issuer: "SELF" }, "issuer_unreachable", 503],
    ["answers no object", [1], "issuer_unreachable", 503],
  ])("%s", async (_name, document, reason, status) => {
    const asked: string[] = [];
    const service = await coldService({
      fetch: async (input) => {
        asked.push(String(input));
        return Response.json(JSON.parse(JSON.stringify(document).replaceAll("SELF", issuer.url)));
      },
    });
    const { account, project } = await givenTrust(service);
    const answer = await service.exchange(exchangeOf(await longToken(service), account.email));
    expect(answer.status).toBe(status);
    expect(await reasonOf(service, project)).toBe(reason);
    expect(asked).toEqual([`${issuer.url}/.well-known/openid-configuration`]);
  });

  it.each([
    ["more than 256 KiB", () => new Response(" ".repeat(256 * 1024 + 1))],
    ["no end", () => new Response(new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(65536)) }))],
    ["bytes that are no UTF-8", () => new Response(new Uint8Array([0x7b, 0xff, 0x7d]))],
  ])("answers %s", async (_name, respond) => {
    const service = await coldService({ fetch: async () => respond() });
    const { account, project } = await givenTrust(service);
    expect((await service.exchange(exchangeOf(await longToken(service), account.email))).status).toBe(503);
    expect(await reasonOf(service, project)).toBe("issuer_unreachable");
  });
});

describe("what one exchange costs", () => {
  /** Counts what a binding is asked for. */
  function counting() {
    const counts = { batches: 0, statements: 0, kv: 0, fetches: 0 };
    const DB = new Proxy(env.DB, {
      get(target, member) {
        const value = Reflect.get(target, member);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          if (member === "batch") {
            counts.batches += 1;
            counts.statements += (args[0] as unknown[]).length;
          } else if (member !== "prepare") throw new Error(`${String(member)} beside a batch`);
          return Reflect.apply(value, target, args);
        };
      },
    });
    const kv = new Proxy(env.JWKS_CACHE, {
      get(target, member) {
        const value = Reflect.get(target, member);
        return (...args: unknown[]) => {
          counts.kv += 1;
          return Reflect.apply(value, target, args);
        };
      },
    });
    const counted: typeof fetch = (...args) => {
      counts.fetches += 1;
      return fetch(...args);
    };
    return { counts, vars: { DB }, overrides: { kv, fetch: counted } };
  }

  it("warm: one read batch, one write batch, no KV, no fetch", async () => {
    const { counts, vars, overrides } = counting();
    await coldService();
    const service = startService(overrides, vars);
    const { account } = await givenTrust(service);
    const token = await longToken(service);
    await service.exchange(exchangeOf(token, account.email));
    Object.assign(counts, { batches: 0, statements: 0, kv: 0, fetches: 0 });
    expect((await service.exchange(exchangeOf(token, account.email))).status).toBe(200);
    expect(counts).toEqual({ batches: 2, statements: 5, kv: 0, fetches: 0 });
  });

  it("refused: the same two batches, and nothing is fetched for an issuer that nobody trusts", async () => {
    const { counts, vars, overrides } = counting();
    await coldService();
    const service = startService(overrides, vars);
    const { account } = await givenTrust(service);
    const stranger = (await issuer.control("sign-raw", {
      payload: {
        iss: "http://127.0.0.1:9",
        sub: "a",
        aud: service.url,
        exp: Math.floor(Date.now() / 1000) + 60,
      },
    })) as { token: string };
    Object.assign(counts, { batches: 0, statements: 0, kv: 0, fetches: 0 });
    expect((await service.exchange(exchangeOf(stranger.token, account.email))).status).toBe(400);
    expect(counts).toMatchObject({ batches: 2, kv: 0, fetches: 0 });
  });
});

describe("KV failing", () => {
  it.each([
    ["throws", () => Promise.reject(new Error("KV is down"))],
    ["never answers", () => new Promise<never>(() => undefined)],
  ])("%s: slower, not broken", async (_name, fail) => {
    const kv = { get: fail, put: fail } as unknown as KVNamespace;
    const service = await coldService({ kv });
    const { account } = await givenTrust(service);
    const token = await longToken(service);
    const context = await service.exchange(exchangeOf(token, account.email));
    expect(context.status).toBe(200);
  });
});
