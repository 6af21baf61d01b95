import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type Service, startService } from "./harness.ts";
import { newIssuerKey } from "./identity_provider_kit.ts";
import { must } from "./token_holders.ts";
import { givenAccount, givenOwnTrust, newClock, TEAM } from "./trust_kit.ts";

/** What tokens that were believed tell of their issuer. */

const OURS = { team: "shop" };
const projectOf = (path: string) => path.split("/service-accounts")[0] ?? "";

/** A service that has noted nothing yet, and an account with a trust in an issuer of its own. */
async function givenWatched(input: Record<string, unknown> = {}) {
  const clock = newClock();
  const service = startService({ nowMs: clock.nowMs });
  const given = await givenOwnTrust(service, input, { now: clock.now });
  const project = projectOf(given.path);
  return {
    ...given,
    clock,
    service,
    issuers: async () => (await must(service, "GET", `${project}/issuers`)).body.items,
    events: () => eventsOf(service, project),
  };
}

/** What was told of issuers, oldest first. */
async function eventsOf(service: Service, project: string): Promise<readonly string[]> {
  const { items } = (await must(service, "GET", `${project}/audit-events?pageSize=200`)).body;
  return items
    .filter(({ action }: { action: string }) => action.startsWith("issuer."))
    .map(({ action, detail }: { action: string; detail: string }) => `${action}: ${detail}`)
    .reverse();
}

const typesOf = ({ claims }: { claims: { name: string; types: string[] }[] }) =>
  Object.fromEntries(claims.map(({ name, types }) => [name, types.join()]));

describe("after the first exchange", () => {
  it("its key and claims are shown, and nothing is news", async () => {
    const given = await givenWatched();
    expect(await given.issuers()).toEqual([]);
    const claims = { ...OURS, n: 1, flag: true, none: null, list: ["a"], nested: { inner: "x", "a/b": 1 } };
    expect(await given.verdict(claims)).toBe("granted");
    const [row, ...more] = await given.issuers();
    expect(more).toEqual([]);
    const at = new Date(given.clock.nowMs()).toISOString().replace(".000", "");
    const seen = { firstSeenAt: at, lastSeenAt: at };
    expect(row).toMatchObject({
      issuer: given.issuer,
      keys: [{ kid: "k1", algorithm: "ES256", ...seen }],
      algorithms: ["ES256"],
      askedAt: null,
      failingSince: null,
      failure: null,
    });
    expect(typesOf(row)).toEqual({
      ...{ iss: "string", sub: "string", aud: "string", jti: "string", iat: "number", exp: "number" },
      ...{ team: "string", n: "number", flag: "boolean", none: "null", list: "array", nested: "object" },
      ...{ "/nested/inner": "string", "/nested/a~1b": "number" },
    });
    expect(JSON.stringify(row)).not.toContain("shop");
    expect(await given.events()).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["a new claim", { ...OURS, ref: "main" }, 'new claim "ref" (string)'],
    ["another type", { team: ["shop"] }, 'claim "team" is of another type: array, was string'],
    ["a new claim inside another", { ...OURS, job: { id: 1 } }, 'new claim "/job/id" (number)'],
    [
      "a type inside another",
      { ...OURS, x: { id: "1" } },
      'claim "/x/id" is of another type: string, was number',
    ],
    ["null for a text", { ...OURS, y: null }, 'claim "y" is of another type: null, was string'],
  ])("%s is news, once", async (_name, claims, detail) => {
    const given = await givenWatched();
    await given.exchange({ ...OURS, x: { id: 1 }, y: "text" });
    for (let again = 0; again < 3; again++) expect(await given.verdict(claims)).toBe("granted");
    given.clock.advance(3601);
    expect(await given.verdict(claims)).toBe("granted");
    const events = await given.events();
    expect(events).toHaveLength(1);
    expect(events[0]).toMatch(/^issuer\.changed: /);
    expect(events[0]).toContain(detail);
    const lines = given.service.log.filter(({ event }) => event === "issuer.changed");
    expect(lines).toMatchObject([{ level: "warn", issuer: given.issuer, projectId: given.projectId }]);
  });

  it("a new key is news, with its algorithm where that is another", async () => {
    const given = await givenWatched();
    await given.exchange(OURS);
    const fresh = await newIssuerKey("k2");
    await must(given.service, "PATCH", given.path, { jwks: { keys: [given.key.jwk, fresh.jwk] } });
    const other = await givenOwnTrust(
      given.service,
      { issuer: given.issuer, jwks: { keys: [fresh.jwk] } },
      { home: given, key: fresh, now: given.clock.now },
    );
    expect(await other.verdict(OURS)).toBe("granted");
    expect(await given.events()).toEqual(['issuer.changed: new key "k2"']);
    const [row] = await given.issuers();
    expect(row.keys.map(({ kid }: { kid: string }) => kid)).toEqual(["k1", "k2"]);
  });

  it("the same look is noted once an hour, and where it was seen last moves with it", async () => {
    const given = await givenWatched();
    await given.exchange(OURS);
    const [{ claims: first }] = await given.issuers();
    given.clock.advance(3599);
    await given.exchange(OURS);
    expect((await given.issuers())[0].claims).toEqual(first);
    given.clock.advance(2);
    await given.exchange(OURS);
    const [{ claims: later }] = await given.issuers();
    expect(later[0].firstSeenAt).toBe(first[0].firstSeenAt);
    expect(later[0].lastSeenAt).not.toBe(first[0].lastSeenAt);
  });

  it("10 at once with a claim more each: all are kept in the end, and no exchange fails", async () => {
    const given = await givenWatched();
    await given.exchange(OURS);
    const looks = Array.from({ length: 10 }, (_, at) => ({ ...OURS, [`extra${at}`]: "x" }));
    const answers = await Promise.all(looks.map((claims) => given.exchange(claims)));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    given.clock.advance(3601);
    for (const claims of looks) await given.exchange(claims);
    const [row] = await given.issuers();
    expect(Object.keys(typesOf(row))).toEqual(expect.arrayContaining(looks.map((_, at) => `extra${at}`)));
  });

  it.each<[string, Record<string, unknown>]>([
    ["a token that was refused", { team: "blog", extra: "x" }],
    ["a token that ended", { ...OURS, extra: "x", exp: 1 }],
  ])("%s tells nothing", async (_name, claims) => {
    const given = await givenWatched();
    await given.exchange(OURS);
    const before = await given.issuers();
    expect(await given.verdict(claims)).not.toBe("granted");
    expect(await given.issuers()).toEqual(before);
    expect(await given.events()).toEqual([]);
  });

  it("other projects see nothing of it", async () => {
    const given = await givenWatched();
    await given.exchange(OURS);
    const stranger = await givenAccount(given.service);
    expect((await must(given.service, "GET", `${stranger.path}/issuers`)).body.items).toEqual([]);
    const twin = await givenOwnTrust(given.service, { issuer: given.issuer }, { now: given.clock.now });
    await twin.exchange({ ...OURS, secretly: "x" });
    const [row] = await given.issuers();
    expect(typesOf(row)).not.toHaveProperty("secretly");
    expect(await given.events()).toEqual([]);
    expect(await eventsOf(given.service, projectOf(twin.path))).toEqual([]);
  });
});

describe("a claim that vanished", () => {
  const ref = { item: "ref", operator: "equals", value: "main" } as const;
  const before = { ...OURS, ref: "main", job: { id: "1", steps: { first: "a" } } };
  it.each<[string, object, Record<string, unknown>, readonly string[]]>([
    ["that an assertion needs", ref, { ...before, ref: undefined }, ['"ref"']],
    ["inside another", { ...ref, item: "/job/id", value: "1" }, { ...before, job: {} }, ['"/job/id"']],
    [
      "that an assertion needs, by a pointer",
      { ...ref, item: "/ref" },
      { ...before, ref: undefined },
      ['"ref"'],
    ],
    [
      "two objects deep, as a cluster's uids are",
      { ...ref, item: "/job/steps/first", value: "a" },
      { ...before, job: { id: "1", steps: {} } },
      ['"/job/steps/first"'],
    ],
    ["that is another now, not away", ref, { ...before, ref: "dev" }, []],
    [
      "that nobody asks for",
      { ...ref, item: "team", value: "shop" },
      { ...before, job: undefined, team: "x" },
      [],
    ],
    [
      "that is only watched, beside one that fails",
      { ...ref, mode: "shadow" },
      { ...before, ref: undefined, team: "blog" },
      [],
    ],
  ])("%s", async (_name, assertion, claims, told) => {
    const given = await givenWatched({ assertions: [TEAM, assertion] });
    expect(await given.verdict(before)).toBe("granted");
    for (let again = 0; again < 2; again++) expect(await given.verdict(claims)).toBe("assertion_failed");
    const events = await given.events();
    expect(events).toEqual(
      told.map((name) => `issuer.changed: claim ${name}, which a trust asks for, is in its tokens no more`),
    );
  });

  it("is nobody's to tell who cannot sign", async () => {
    const given = await givenWatched({ assertions: [ref] });
    await given.exchange(before);
    const forger = await givenOwnTrust(given.service, { issuer: given.issuer }, { now: given.clock.now });
    await given.present(await forger.sign({ team: "x" }));
    expect(await given.events()).toEqual([]);
  });
});

describe("what an exchange pays", () => {
  it("two batches when nothing is new, two more behind the answer when something is", async () => {
    let batches = 0;
    const batch: D1Database["batch"] = (statements) => {
      batches += 1;
      return env.DB.batch(statements);
    };
    const service = startService({}, { DB: { prepare: (query: string) => env.DB.prepare(query), batch } });
    const given = await givenOwnTrust(service);
    const costOf = async (claims: Record<string, unknown>) => {
      batches = 0;
      expect((await given.exchange(claims)).status).toBe(200);
      return batches;
    };
    await given.exchange(OURS);
    expect(await costOf(OURS)).toBe(2);
    expect(await costOf({ ...OURS, ref: "main" })).toBe(4);
    expect(await costOf({ ...OURS, ref: "dev" })).toBe(2);
    expect(await costOf({ ...OURS, job: { id: 1 } })).toBe(4);
    expect(await costOf({ ...OURS, job: { id: 2 } })).toBe(2);
    expect(await costOf({ ...OURS, groups: ["a"] })).toBe(4);
    expect(await costOf({ ...OURS, groups: ["a", "b"] })).toBe(2);
    expect(await costOf({ ...OURS, groups: [] })).toBe(2);
  });

  it("and what cannot be noted is no reason to refuse", async () => {
    const prepare = (query: string) => {
      if (/watched_issuer/.test(query)) throw new Error("D1_ERROR: disk on fire");
      return env.DB.prepare(query);
    };
    const batch: D1Database["batch"] = (statements) => env.DB.batch(statements);
    const broken = startService({}, { DB: { prepare, batch } });
    const given = await givenOwnTrust(broken);
    expect(await given.verdict(OURS)).toBe("granted");
    expect(broken.log.filter(({ event }) => event === "issuer_not_noted")).toHaveLength(1);
  });
});
