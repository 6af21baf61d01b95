import { decodeProtectedHeader, importJWK, jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import type { SigningAlgorithm } from "../../src/config.ts";
import {
  ensureSigningKey,
  listSigningKeys,
  OWN_KEY_SET_MAX_AGE_SECONDS,
  publicKeySet,
  rotateSigningKey,
  type SigningKeyChoice,
  signingKeyOf,
  signJwt,
} from "../../src/keyring/index.ts";
import type { Database } from "../../src/store/index.ts";
import type { At } from "./driver.ts";
import { tally } from "./given.ts";
import {
  actionsOn,
  type Clock,
  givenApi,
  givenNoKeys,
  isolateAt,
  signingKid,
  storedKeys,
} from "./keys_given.ts";

const PUBLISHED_BEFORE_USE_SECONDS = OWN_KEY_SET_MAX_AGE_SECONDS + 60;

/** Keys by `algorithm`, or by `algorithm?` for one that verifiers may not know, youngest first: k0, k1, ... */
function choices(text: string): readonly SigningKeyChoice[] {
  return text.split(" ").map((word, index) => ({
    kid: `k${index}`,
    algorithm: word.replace("?", "") as SigningAlgorithm,
    sealedPrivateKey: "x",
    sealingKeyId: "x",
    isKnown: !word.endsWith("?"),
  }));
}

const CHOICES: readonly (readonly [string, SigningAlgorithm, SigningAlgorithm | null, string | undefined])[] =
  [
    ["ES256 RS256 ES256", "ES256", null, "k0"],
    ["RS256 ES256 ES256", "ES256", null, "k1"],
    ["RS256 ES256 ES256", "ES256", "ES256", "k1"],
    ["RS256 ES256 RS256", "ES256", "RS256", "k0"],
    ["RS256 ES256", "ES256", "EdDSA", undefined],
    ["RS256 ES256", "EdDSA", null, "k0"],
    ["RS256? ES256", "EdDSA", null, "k1"],
    ["RS256? ES256", "RS256", null, "k1"],
    ["RS256? ES256", "ES256", "RS256", "k0"],
    ["RS256? ES256?", "ES256", null, "k1"],
    ["RS256? ES256?", "EdDSA", null, "k0"],
  ];

async function statesOf(db: Database, clock: Clock): Promise<readonly string[]> {
  const items = await listSigningKeys(isolateAt(db, clock).deps);
  return items.map(({ algorithm, state }) => `${algorithm} ${state}`).sort();
}

export function keyAlgorithmRows(at: At): void {
  describe("the key that signs", () => {
    it.each(CHOICES)("of %s, configured %s, for %s is %s", (text, signingAlgorithm, algorithm, kid) => {
      expect(signingKeyOf(choices(text), { signingAlgorithm }, algorithm)?.kid).toBe(kid);
    });

    it("is none where there are none", () => {
      expect(signingKeyOf([], { signingAlgorithm: "ES256" }, null)).toBeUndefined();
    });
  });

  describe("the first key of an algorithm", () => {
    it.each(["beside a default key", "of an empty database"])(
      "%s is made exactly once by 20 isolates that ask at once, and signs at once",
      async (ground) => {
        const { db } = at();
        const clock = await givenNoKeys(db);
        if (ground === "beside a default key") await ensureSigningKey(isolateAt(db, clock));
        const isolates = Array.from({ length: 20 }, () => isolateAt(db, clock));
        const found = await Promise.all(isolates.map((isolate) => ensureSigningKey(isolate, "EdDSA")));
        const stored = await storedKeys(db);
        expect(stored.map(({ algorithm }) => algorithm).sort()).toEqual(["ES256", "EdDSA"]);
        const key = stored.find(({ algorithm }) => algorithm === "EdDSA");
        expect(tally(found.map(({ kid }) => kid))).toEqual({ [key?.kid ?? ""]: 20 });
        expect(key?.activatesAt).toBe(clock.now);
        expect(await signingKid(db, clock, "EdDSA")).toBe(key?.kid);
        expect(await actionsOn(db, key?.kid ?? "")).toEqual(["signing_key.create"]);
      },
    );

    it("of the configured one is the default's, whoever asks first", async () => {
      const { db } = at();
      const clock = await givenNoKeys(db);
      const asked = [null, "ES256", null, "ES256", "ES256", null] as const;
      await Promise.all(asked.map((algorithm) => ensureSigningKey(isolateAt(db, clock), algorithm)));
      expect((await storedKeys(db)).length).toBe(1);
    });

    it("stays, and leaves the default to the default's key, now and when all know it", async () => {
      const { db } = at();
      const clock = await givenNoKeys(db);
      const { kid } = await ensureSigningKey(isolateAt(db, clock));
      clock.now += 10;
      const first = await ensureSigningKey(isolateAt(db, clock), "RS256");
      for (const later of [0, PUBLISHED_BEFORE_USE_SECONDS, 24 * 3600]) {
        clock.now += later;
        expect((await ensureSigningKey(isolateAt(db, clock), "RS256")).kid).toBe(first.kid);
        expect((await ensureSigningKey(isolateAt(db, clock))).kid).toBe(kid);
        expect(await signingKid(db, clock)).toBe(kid);
      }
      expect((await storedKeys(db)).length).toBe(2);
    });

    it("signs tokens that the key set verifies, beside the default's", async () => {
      const { db } = at();
      const clock = await givenNoKeys(db);
      for (const algorithm of ["RS256", "EdDSA", "ES256"] as const) {
        const isolate = isolateAt(db, clock);
        const key = await ensureSigningKey(isolate, algorithm);
        const token = await signJwt(isolate.deps, key, "at+jwt", { sub: "x" });
        expect(decodeProtectedHeader(token)).toEqual({ alg: algorithm, kid: key.kid, typ: "at+jwt" });
        const { keys } = await publicKeySet(isolateAt(db, clock));
        const published = keys.find(({ kid }) => kid === key.kid) ?? {};
        await jwtVerify(token, await importJWK(published, algorithm), { algorithms: [algorithm] });
      }
    });

    it("is found by a clock that lags behind the one that made it", async () => {
      const { db } = at();
      const clock = await givenNoKeys(db);
      const { kid: byDefault } = await ensureSigningKey(isolateAt(db, clock));
      const { kid } = await ensureSigningKey(isolateAt(db, clock), "EdDSA");
      clock.now -= 300;
      expect((await ensureSigningKey(isolateAt(db, clock), "EdDSA")).kid).toBe(kid);
      expect((await ensureSigningKey(isolateAt(db, clock))).kid).toBe(byDefault);
      expect((await storedKeys(db)).length).toBe(2);
    });

    it("that waits already for the default signs for whoever asks for it: no second one is made", async () => {
      const { db } = at();
      const clock = await givenNoKeys(db);
      const { kid } = await ensureSigningKey(isolateAt(db, clock));
      const switched = { signingAlgorithm: "EdDSA" } as const;
      const { key } = await rotateSigningKey(isolateAt(db, clock, switched));
      expect((await ensureSigningKey(isolateAt(db, clock, switched), "EdDSA")).kid).toBe(key.kid);
      expect((await ensureSigningKey(isolateAt(db, clock, switched))).kid, "who does not ask").toBe(kid);
      expect((await storedKeys(db)).length).toBe(2);
    });

    it("signs by default only when all verifiers know it, although it was configured meanwhile", async () => {
      const { db } = at();
      const clock = await givenNoKeys(db);
      const { kid } = await ensureSigningKey(isolateAt(db, clock));
      clock.now += 24 * 3600;
      const first = await ensureSigningKey(isolateAt(db, clock), "EdDSA");
      const madeAt = clock.now;
      expect(await signingKid(db, clock, null, "EdDSA")).toBe(kid);
      expect(await signingKid(db, clock, null, "RS256"), "nor does it stand in for another").toBe(kid);
      clock.now = madeAt + PUBLISHED_BEFORE_USE_SECONDS - 1;
      expect(await signingKid(db, clock, null, "EdDSA")).toBe(kid);
      clock.now += 1;
      expect(await signingKid(db, clock, null, "EdDSA")).toBe(first.kid);
    });
  });

  describe("the list of keys", () => {
    it("has one active of each algorithm, and one next", async () => {
      const { db } = at();
      const clock = await givenNoKeys(db);
      await givenApi(db, "EdDSA");
      await ensureSigningKey(isolateAt(db, clock), "EdDSA");
      expect(await statesOf(db, clock)).toEqual(["ES256 active", "EdDSA active"]);
      await rotateSigningKey(isolateAt(db, clock));
      const both = ["ES256 active", "ES256 next", "EdDSA active", "EdDSA next"];
      expect(await statesOf(db, clock)).toEqual(both);
      clock.now += PUBLISHED_BEFORE_USE_SECONDS;
      const succeeded = ["ES256 active", "ES256 retired", "EdDSA active", "EdDSA retired"];
      expect(await statesOf(db, clock)).toEqual(succeeded);
    });
  });
}
