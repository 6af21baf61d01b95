import { describe, expect, it } from "vitest";
import { ensureSigningKey, publicKeySet, rotateSigningKey } from "../../src/keyring/index.ts";
import { ACCESS_TOKEN_MAX_SECONDS } from "../../src/protocol/index.ts";
import type { At } from "./driver.ts";
import { actionsOn, givenApi, isolateAt, signingKid, storedKeys, wantInstead } from "./keys_given.ts";
import {
  beforeRetirements,
  givenTwo,
  halves,
  kidOf,
  MARGIN_SECONDS,
  states,
  tend,
  tokenOf,
  verifies,
} from "./two_algorithms.ts";

export function keyRetirementRows(at: At): void {
  describe("an algorithm that no API wants any more", () => {
    it("loses its key at the clock's next work; its tokens verify until their end", async () => {
      const { db } = at();
      const { clock, api, edDsa, es256 } = await givenTwo(db);
      await wantInstead(db, api, null);
      const last = await tokenOf(db, clock, "EdDSA");
      await Promise.all([1, 2, 3].map(() => tend(db, clock)));
      expect(await halves(db)).toEqual([`ES256 ${es256}`, `EdDSA ${edDsa}-`].sort());
      expect(await actionsOn(db, edDsa)).toEqual(["signing_key.create", "signing_key.retire"]);
      expect(await states(db, clock)).toEqual({ [edDsa]: "retired", [es256]: "active" });
      clock.now += MARGIN_SECONDS + ACCESS_TOKEN_MAX_SECONDS + MARGIN_SECONDS - 1;
      await tend(db, clock);
      expect(await verifies(db, clock, last)).toBe(true);
      clock.now += 1;
      expect(await verifies(db, clock, last)).toBe(false);
      await tend(db, clock);
      expect(await halves(db)).toEqual([`ES256 ${es256}`]);
    });

    it("keeps it while one of two still wants it", async () => {
      const { db } = at();
      const { clock, api, edDsa } = await givenTwo(db);
      await givenApi(db, "EdDSA");
      await wantInstead(db, api, "RS256");
      await tend(db, clock);
      expect(await halves(db)).toContain(`EdDSA ${edDsa}`);
    });

    it("gets a new first one when it is wanted again", async () => {
      const { db } = at();
      const { clock, api, edDsa } = await givenTwo(db);
      await wantInstead(db, api, null);
      await tend(db, clock);
      await wantInstead(db, api, "EdDSA");
      await tend(db, clock);
      expect(await signingKid(db, clock, "EdDSA"), "not by the clock").toBeUndefined();
      const asked = [1, 2, 3].map(() => ensureSigningKey(isolateAt(db, clock), "EdDSA"));
      const kids = new Set((await Promise.all(asked)).map(({ kid }) => kid));
      expect(kids.size).toBe(1);
      expect(kids).not.toContain(edDsa);
      expect((await storedKeys(db)).length).toBe(3);
    });

    it("keeps it when it is wanted again just before it goes", async () => {
      const { db } = at();
      const { clock, api, edDsa } = await givenTwo(db);
      await wantInstead(db, api, null);
      await tend(beforeRetirements(db, () => wantInstead(db, api, "EdDSA")).db, clock);
      expect(await halves(db)).toContain(`EdDSA ${edDsa}`);
      expect(await actionsOn(db, edDsa)).toEqual(["signing_key.create"]);
      expect((await storedKeys(db)).find(({ kid }) => kid === edDsa)?.expiresAt).toBeNull();
    });

    it("loses a successor that waits, too, and what had been succeeded is not left to sign alone", async () => {
      const { db } = at();
      const { clock, api, edDsa } = await givenTwo(db);
      await rotateSigningKey(isolateAt(db, clock));
      const next = await kidOf(db, "EdDSA");
      await wantInstead(db, api, null);
      const nothing = async () => undefined;
      const watched = beforeRetirements(db, nothing, () => wantInstead(db, api, "EdDSA"));
      await tend(watched.db, clock);
      expect(watched.retirements()).toBe(2);
      expect(await halves(db), "the old one goes first").toContain(`EdDSA ${edDsa}-`);
      expect((await ensureSigningKey(isolateAt(db, clock), "EdDSA")).kid).toBe(next);
      await wantInstead(db, api, null);
      await tend(db, clock);
      expect(await states(db, clock)).toMatchObject({ [edDsa]: "retired", [next]: "retired" });
    });

    it("loses neither where it was wanted for a moment: what had been succeeded cannot do without its successor", async () => {
      const { db } = at();
      const { clock, api, edDsa } = await givenTwo(db);
      await rotateSigningKey(isolateAt(db, clock));
      const next = await kidOf(db, "EdDSA");
      await wantInstead(db, api, null);
      const wanted = () => wantInstead(db, api, "EdDSA");
      const unwanted = () => wantInstead(db, api, null);
      const watched = beforeRetirements(db, wanted, unwanted);
      await tend(watched.db, clock);
      expect(watched.retirements()).toBe(1);
      expect(await states(db, clock)).toMatchObject({ [edDsa]: "active", [next]: "next" });
    });

    it("takes nothing from the default, whose key is older", async () => {
      const { db } = at();
      const { clock, api, es256 } = await givenTwo(db);
      await wantInstead(db, api, "RS256");
      for (const algorithm of ["RS256", "EdDSA", "RS256", null, "EdDSA"] as const) {
        clock.now += 2 * 3600;
        if (algorithm !== null) await ensureSigningKey(isolateAt(db, clock), algorithm);
        await wantInstead(db, api, algorithm);
        clock.now += 2 * 3600;
        await tend(db, clock);
        expect(await signingKid(db, clock)).toBe(es256);
        if (algorithm === null) continue;
        const kid = await signingKid(db, clock, algorithm);
        const { keys } = await publicKeySet(isolateAt(db, clock));
        expect(keys).toContainEqual(expect.objectContaining({ kid, alg: algorithm }));
      }
    });
  });
}
