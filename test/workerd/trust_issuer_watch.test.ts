import type { JWK } from "jose";
import { afterEach, describe, expect, it } from "vitest";
import { exchangeOf } from "./harness.ts";
import { newIssuerKey } from "./identity_provider_kit.ts";
import { must } from "./token_holders.ts";
import { newWatch, signerOf } from "./trust_kit.ts";

/** The hour asks issuers for their keys before an exchange has to. */

const { clock, service, published, hour, forget, givenIssuer, rowsOf, eventsOf } = newWatch();

afterEach(forget);

describe("an issuer that answers", () => {
  it("is known by its keys, and by when it was asked", async () => {
    const [one, two] = [await newIssuerKey("k1"), await newIssuerKey("k2")];
    const given = await givenIssuer([one.jwk, two.jwk]);
    await hour();
    const at = new Date(clock.nowMs()).toISOString().replace(".000", "");
    const seen = { algorithm: "ES256", firstSeenAt: at, lastSeenAt: at };
    expect(await rowsOf(given)).toMatchObject([
      {
        issuer: given.issuer,
        askedAt: at,
        failingSince: null,
        failure: null,
        claims: [],
        algorithms: ["ES256"],
      },
    ]);
    expect((await rowsOf(given))[0].keys).toEqual([
      { kid: "k1", ...seen },
      { kid: "k2", ...seen },
    ]);
    expect(await eventsOf(given)).toEqual([]);
  });

  it("tells a key that is new, once, and keeps one that is gone", async () => {
    const [one, two] = [await newIssuerKey("k1"), await newIssuerKey("k2")];
    const given = await givenIssuer([one.jwk]);
    await hour();
    published.set(given.issuer, [two.jwk]);
    await hour();
    await hour();
    expect(await eventsOf(given)).toEqual(["issuer.changed"]);
    const { items } = (await must(service, "GET", `${given.path}/audit-events?pageSize=1`)).body;
    expect(items[0]).toMatchObject({ action: "issuer.changed", detail: 'new key "k2"', outcome: "granted" });
    expect(items[0].target).toEqual({ type: "issuer", id: given.issuer });
    const [{ keys }] = await rowsOf(given);
    expect(keys).toMatchObject([{ kid: "k1" }, { kid: "k2" }]);
    expect(keys[0].lastSeenAt < keys[1].lastSeenAt).toBe(true);
  });

  it("its other keys are no news to one who knows the key of a token", async () => {
    const [one, two] = [await newIssuerKey("k1"), await newIssuerKey("k2")];
    const given = await givenIssuer([one.jwk, two.jwk]);
    const sign = signerOf(service, one, { issuer: given.issuer, now: clock.now });
    const answer = await service.exchange(exchangeOf(await sign({ team: "shop" }), given.account.email));
    expect(answer.status).toBe(200);
    await hour();
    expect(await eventsOf(given)).toEqual([]);
    expect((await rowsOf(given))[0].keys).toHaveLength(2);
  });

  it("is believed nothing for that: an exchange asks for itself", async () => {
    const key = await newIssuerKey("k1");
    const given = await givenIssuer([key.jwk]);
    await hour();
    published.set(given.issuer, null);
    const sign = signerOf(service, key, { issuer: given.issuer, now: clock.now });
    const token = await sign({ team: "shop" });
    expect((await service.exchange(exchangeOf(token, given.account.email))).status).toBe(503);
  });
});

describe("an issuer that fails", () => {
  it.each<[string, readonly JWK[] | null]>([
    ["does not answer", null],
    ["publishes what is no key set", "keys" as never],
  ])(
    "%s: is told once, since when stands in its row, and that it recovered is told too",
    async (_name, broken) => {
      const key = await newIssuerKey("k1");
      const given = await givenIssuer(broken);
      await hour();
      const since = new Date(clock.nowMs()).toISOString().replace(".000", "");
      for (let again = 0; again < 3; again++) await hour();
      expect(await eventsOf(given)).toEqual(["issuer.unreachable"]);
      const [failing] = await rowsOf(given);
      expect(failing.failingSince).toBe(since);
      expect(failing.askedAt > since).toBe(true);
      expect(failing.failure).toContain(given.issuer);
      published.set(given.issuer, [key.jwk]);
      await hour();
      await hour();
      expect(await eventsOf(given)).toEqual(["issuer.unreachable", "issuer.recovered"]);
      expect((await rowsOf(given))[0]).toMatchObject({ failingSince: null, failure: null });
      published.set(given.issuer, null);
      await hour();
      expect((await eventsOf(given)).at(-1)).toBe("issuer.unreachable");
      expect((await rowsOf(given))[0].keys).toHaveLength(1);
    },
  );

  it("is told in the log, and keeps no other waiting", async () => {
    const key = await newIssuerKey("k1");
    const down = await givenIssuer(null);
    const up = await givenIssuer([key.jwk]);
    const { length } = service.log;
    await hour();
    expect((await rowsOf(up))[0].keys).toHaveLength(1);
    const lines = service.log.slice(length).filter(({ event }) => event === "issuer.unreachable");
    expect(lines).toMatchObject([{ level: "warn", issuer: down.issuer, projectId: down.projectId }]);
  });

  it("hurts no exchange of the next minute, nor one of its keys at hand", async () => {
    const key = await newIssuerKey("k1");
    const given = await givenIssuer(null);
    await hour();
    published.set(given.issuer, [key.jwk]);
    const sign = signerOf(service, key, { issuer: given.issuer, now: clock.now });
    const answer = await service.exchange(exchangeOf(await sign({ team: "shop" }), given.account.email));
    expect(answer.status).toBe(200);
  });
});
