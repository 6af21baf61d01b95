import { describe, expect, it } from "vitest";
import { ensureSigningKey, publicKeySet, rotateSigningKey } from "../../src/keyring/index.ts";
import { ACCESS_TOKEN_MAX_SECONDS } from "../../src/protocol/index.ts";
import type { At } from "./driver.ts";
import {
  actionsOn,
  givenApi,
  givenNoKeys,
  isolateAt,
  signingKid,
  storedKeys,
  wantInstead,
} from "./keys_given.ts";
import {
  beforeRetirements,
  DAY_SECONDS,
  givenTwo,
  halves,
  kidOf,
  MARGIN_SECONDS,
  PUBLISHED_BEFORE_USE_SECONDS,
  states,
  tend,
  tokenOf,
  verifies,
} from "./two_algorithms.ts";

export function keySwitchRows(at: At): void {
  describe("another configured algorithm", () => {
    const switched = { signingAlgorithm: "RS256" } as const;

    it("gets its key at the clock's next work; the old one signs until verifiers know it, and verifies on", async () => {
      const { db } = at();
      const clock = await givenNoKeys(db);
      const { kid: old } = await ensureSigningKey(isolateAt(db, clock));
      clock.now += DAY_SECONDS;
      await Promise.all([1, 2, 3].map(() => tend(db, clock, switched)));
      const next = await kidOf(db, "RS256");
      expect(await halves(db)).toEqual([`ES256 ${old}`, `RS256 ${next}`]);
      const activatesAt = clock.now + PUBLISHED_BEFORE_USE_SECONDS;
      for (const now of [activatesAt - 1, activatesAt]) {
        clock.now = now;
        const { kid } = await ensureSigningKey(isolateAt(db, clock, switched));
        expect(kid).toBe(now < activatesAt ? old : next);
        await tend(db, clock, switched);
        expect(await halves(db), "instances whose clock lags still sign with it").toEqual([
          `ES256 ${old}`,
          `RS256 ${next}`,
        ]);
      }
      const last = await tokenOf(db, clock, "ES256");
      clock.now = activatesAt + MARGIN_SECONDS;
      await Promise.all([1, 2, 3].map(() => tend(db, clock, switched)));
      expect(await halves(db)).toEqual([`ES256 ${old}-`, `RS256 ${next}`]);
      expect(await actionsOn(db, old)).toEqual(["signing_key.create", "signing_key.retire"]);
      clock.now += ACCESS_TOKEN_MAX_SECONDS + MARGIN_SECONDS;
      expect(await verifies(db, clock, last)).toBe(true);
      clock.now += MARGIN_SECONDS;
      await tend(db, clock, switched);
      expect(await verifies(db, clock, last)).toBe(false);
      expect(await halves(db)).toEqual([`RS256 ${next}`]);
    });

    it("leaves the old one's key to an API that wants it", async () => {
      const { db } = at();
      const { clock, es256 } = await givenTwo(db);
      await givenApi(db, "ES256");
      await tend(db, clock, switched);
      clock.now += DAY_SECONDS;
      await tend(db, clock, switched);
      expect((await halves(db)).filter((text) => text.endsWith("-"))).toEqual([]);
      expect(await signingKid(db, clock, "ES256", "RS256")).toBe(es256);
      expect(await signingKid(db, clock, null, "RS256")).toBe(await kidOf(db, "RS256"));
    });

    it("is rotated to on demand, once by 5 at once", async () => {
      const { db } = at();
      const clock = await givenNoKeys(db);
      await ensureSigningKey(isolateAt(db, clock));
      const rotations = [1, 2, 3, 4, 5].map(() => rotateSigningKey(isolateAt(db, clock, switched)));
      const answers = await Promise.all(rotations);
      expect(new Set(answers.map(({ key }) => `${key.algorithm} ${key.kid}`)).size).toBe(1);
      expect(answers[0]?.key.algorithm).toBe("RS256");
      expect((await storedKeys(db)).length).toBe(2);
    });

    it("whose key an API had made a moment ago: the old one is kept until verifiers of all know that", async () => {
      const { db } = at();
      const { clock, es256 } = await givenTwo(db);
      const { kid } = await ensureSigningKey(isolateAt(db, clock), "RS256");
      const madeAt = clock.now;
      for (const [later, text] of [
        [MARGIN_SECONDS, `ES256 ${es256}`],
        [PUBLISHED_BEFORE_USE_SECONDS + MARGIN_SECONDS - 1, `ES256 ${es256}`],
        [PUBLISHED_BEFORE_USE_SECONDS + MARGIN_SECONDS, `ES256 ${es256}-`],
      ] as const) {
        clock.now = madeAt + later;
        await tend(db, clock, switched);
        expect(await halves(db), `${later} s later`).toContain(text);
      }
      expect(await signingKid(db, clock, null, "RS256")).toBe(kid);
    });

    it("and back again while the other waits: the old one goes on, the other is retired unused", async () => {
      const { db } = at();
      const clock = await givenNoKeys(db);
      const { kid: old } = await ensureSigningKey(isolateAt(db, clock));
      clock.now += DAY_SECONDS;
      await tend(db, clock, switched);
      const other = await kidOf(db, "RS256");
      clock.now += 60;
      await tend(db, clock);
      expect(await states(db, clock)).toEqual({ [old]: "active", [other]: "retired" });
      const { created, key } = await rotateSigningKey(isolateAt(db, clock));
      expect([created, key.algorithm], "a retired one is no successor that waits").toEqual([true, "ES256"]);
      clock.now += 2 * DAY_SECONDS;
      await tend(db, clock);
      expect((await storedKeys(db)).map(({ kid }) => kid)).toEqual([key.kid]);
    });

    it("and back again when the old one's key is gone: it gets a new one at once, not in thirty days", async () => {
      const { db } = at();
      const clock = await givenNoKeys(db);
      const { kid: old } = await ensureSigningKey(isolateAt(db, clock));
      clock.now += DAY_SECONDS;
      await tend(db, clock, switched);
      clock.now += PUBLISHED_BEFORE_USE_SECONDS + MARGIN_SECONDS;
      await tend(db, clock, switched);
      const other = await kidOf(db, "RS256");
      await tend(db, clock);
      const next = await kidOf(db, "ES256");
      expect(await states(db, clock)).toEqual({ [old]: "retired", [other]: "active", [next]: "next" });
      expect(await signingKid(db, clock)).toBe(other);
      clock.now += PUBLISHED_BEFORE_USE_SECONDS;
      expect(await signingKid(db, clock)).toBe(next);
    });

    it("by one half of our instances only: whatever their clocks' work takes, a key signs and is published", async () => {
      const { db } = at();
      const clock = await givenNoKeys(db);
      await ensureSigningKey(isolateAt(db, clock));
      for (const end = clock.now + 2 * DAY_SECONDS; clock.now < end; clock.now += 1800) {
        await Promise.all([tend(db, clock), tend(db, clock, switched)]);
        const kids = (await publicKeySet(isolateAt(db, clock))).keys.map(({ kid }) => kid);
        expect(kids.length).toBeLessThanOrEqual(6);
        expect(kids).toContain(await signingKid(db, clock));
        expect(kids).toContain(await signingKid(db, clock, null, "RS256"));
      }
    });

    it("two that disagree do not take each other's key", async () => {
      const { db } = at();
      const { clock, api, edDsa, es256 } = await givenTwo(db);
      await wantInstead(db, api, null);
      const other = beforeRetirements(db, () => tend(db, clock, { signingAlgorithm: "EdDSA" }));
      await tend(other.db, clock);
      expect((await halves(db)).filter((text) => !text.endsWith("-"))).toContain(`EdDSA ${edDsa}`);
      expect(await halves(db)).toContain(`ES256 ${es256}-`);
      expect((await ensureSigningKey(isolateAt(db, clock))).kid).toBe(edDsa);
    });
  });
}
