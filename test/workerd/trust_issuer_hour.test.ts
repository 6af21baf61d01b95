import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it } from "vitest";
import { newIssuerKey } from "./identity_provider_kit.ts";
import { freshName, must } from "./token_holders.ts";
import { givenAccount, newWatch, TEAM } from "./trust_kit.ts";

/** Which issuers one hour asks, and whom it keeps waiting. */

const { service, published, asked, hour, forget, givenIssuer, rowsOf } = newWatch();

afterEach(forget);

describe("who is asked", () => {
  it("no more than 20 in an hour, those that waited longest first", async () => {
    const home = await givenAccount(service);
    const key = await newIssuerKey("k1");
    const all: string[] = [];
    for (let index = 0; index < 25; index++) all.push((await givenIssuer([key.jwk], home)).issuer);
    const [first, second] = [all.slice(0, 3), all.slice(3, 5)];
    for (const issuer of first) published.set(issuer, null);
    await hour();
    const early = new Set(asked);
    const failed = (await rowsOf(home)).filter(({ failure }: { failure: string | null }) => failure !== null);
    expect(early.size + failed.length).toBe(20);
    await hour();
    const late = all.filter((issuer) => !early.has(issuer) && published.get(issuer) !== null);
    expect(asked).toEqual(expect.arrayContaining(late));
    expect((await rowsOf(home)).length).toBe(25);
    expect(second.every((issuer) => early.has(issuer) || asked.includes(issuer))).toBe(true);
  });

  it("one of each project first: who trusts many keeps nobody waiting", async () => {
    const many = await givenAccount(service);
    const key = await newIssuerKey("k1");
    for (let index = 0; index < 25; index++) await givenIssuer([key.jwk], many);
    const few = [await givenIssuer([key.jwk]), await givenIssuer([key.jwk])];
    for (let hours = 0; hours < 2; hours++) {
      await hour();
      expect(asked).toEqual(expect.arrayContaining(few.map(({ issuer }) => issuer)));
      expect(asked).toHaveLength(20);
    }
    expect(await rowsOf(many)).toHaveLength(25);
  });

  it.each<[string, Record<string, unknown>]>([
    ["whose trust is disabled", { disabled: true }],
    ["whose keys are uploaded", { jwks: "own" }],
  ])("not one %s", async (_name, more) => {
    const key = await newIssuerKey("k1");
    const jwks = more.jwks === undefined ? {} : { jwks: { keys: [key.jwk] } };
    const given = await givenIssuer([key.jwk], undefined, { ...more, ...jwks });
    await hour();
    expect(asked).toEqual([]);
    expect(await rowsOf(given)).toEqual([]);
  });

  it("once for all trusts of a project, and for each project by itself", async () => {
    const key = await newIssuerKey("k1");
    const given = await givenIssuer([key.jwk]);
    const trust = { issuer: given.issuer, assertions: [TEAM] };
    await must(service, "POST", given.providers, { ...trust, name: freshName() });
    const other = await givenAccount(service);
    await must(service, "POST", other.providers, { ...trust, name: freshName() });
    await hour();
    expect(asked).toEqual([given.issuer, given.issuer]);
    const [own, theirs] = [await rowsOf(given), await rowsOf(other)];
    expect([own.length, theirs.length]).toEqual([1, 1]);
    expect(own[0].id).not.toBe(theirs[0].id);
  });

  it("one that faults in the middle keeps the others going, and the hour", async () => {
    const key = await newIssuerKey("k1");
    const [bad, good] = [await givenIssuer([key.jwk]), await givenIssuer([key.jwk])];
    const row = env.DB.prepare("UPDATE federated_identity_provider SET issuer = 'no url' WHERE issuer = ?");
    await row.bind(bad.issuer).run();
    await hour();
    expect(asked).toContain(good.issuer);
    expect(service.log.at(-1)).toMatchObject({ event: "tended" });
  });
});
