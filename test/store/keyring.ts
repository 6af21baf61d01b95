import { decodeProtectedHeader, importJWK, jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import { ensureSigningKey, listSigningKeys, publicKeySet, signJwt } from "../../src/keyring/index.ts";
import type { At } from "./driver.ts";
import { eventsOf, tally } from "./given.ts";
import { actionsOn, givenNoKeys, isolateAt, storedKeys } from "./keys_given.ts";

export function keyringRows(at: At): void {
  describe("the first signing key", () => {
    it("is made exactly once by 20 isolates that start at once", async () => {
      const { db } = at();
      const clock = await givenNoKeys(db);
      const isolates = Array.from({ length: 20 }, () => isolateAt(db, clock));
      const found = await Promise.all(isolates.map((isolate) => ensureSigningKey(isolate)));
      const stored = await storedKeys(db);
      expect(stored.length).toBe(1);
      expect(tally(found.map(({ kid }) => kid))).toEqual({ [stored[0]?.kid ?? ""]: 20 });
      const { kid, algorithm, sealedPrivateKey, sealingKeyId } = stored[0] ?? {};
      for (const key of found) expect(key).toMatchObject({ kid, algorithm, sealedPrivateKey, sealingKeyId });
      const events = (await Promise.all(isolates.map(eventsOf))).flat();
      expect(events).toMatchObject([
        { action: "signing_key.create", actorType: "system", outcome: "granted", targetId: stored[0]?.kid },
      ]);
    });

    it("is made once by 20 who ask for the key set, and all of them are shown it", async () => {
      const { db } = at();
      const clock = await givenNoKeys(db);
      const sets = await Promise.all(Array.from({ length: 20 }, () => publicKeySet(isolateAt(db, clock))));
      const [key] = await storedKeys(db);
      for (const { keys } of sets) expect(keys).toEqual([key?.publicJwk]);
      expect(await actionsOn(db, key?.kid ?? "")).toEqual(["signing_key.create"]);
    });

    it("stays: asked again, the same one answers", async () => {
      const { db } = at();
      const clock = await givenNoKeys(db);
      const { kid } = await ensureSigningKey(isolateAt(db, clock));
      clock.now += 29 * 24 * 3600;
      expect((await ensureSigningKey(isolateAt(db, clock))).kid).toBe(kid);
      expect((await storedKeys(db)).length).toBe(1);
    });

    it("shows no private member, neither published nor listed", async () => {
      const { db } = at();
      const clock = await givenNoKeys(db);
      const { keys } = await publicKeySet(isolateAt(db, clock));
      expect(Object.keys(keys[0] ?? {}).sort()).toEqual(["alg", "crv", "kid", "kty", "use", "x", "y"]);
      const [item] = await listSigningKeys(isolateAt(db, clock).deps);
      expect(Object.keys(item ?? {}).sort()).toEqual([
        "activatesAt",
        "algorithm",
        "createdAt",
        "expiresAt",
        "kid",
        "state",
      ]);
      expect((await storedKeys(db))[0]?.sealedPrivateKey).not.toContain('"d"');
    });
  });

  it.each(["ES256", "RS256", "EdDSA"] as const)(
    "an %s key that was stored signs in another isolate",
    async (alg) => {
      const { db } = at();
      const clock = await givenNoKeys(db);
      const row = await ensureSigningKey(isolateAt(db, clock, { signingAlgorithm: alg }));
      const token = await signJwt(isolateAt(db, clock).deps, row, "at+jwt", { sub: "x" });
      expect(decodeProtectedHeader(token)).toEqual({ alg, kid: row.kid, typ: "at+jwt" });
      const [published] = (await publicKeySet(isolateAt(db, clock))).keys;
      const verified = await jwtVerify(token, await importJWK(published ?? {}, alg), { algorithms: [alg] });
      expect(verified.payload).toEqual({ sub: "x" });
    },
  );
}
