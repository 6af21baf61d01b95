import { describe, expect, it } from "vitest";
import { rotateSigningKeys } from "../../src/directory/index.ts";
import {
  ensureSigningKey,
  listSigningKeys,
  OWN_KEY_SET_MAX_AGE_SECONDS,
  publicKeySet,
  rotateSigningKey,
  tendSigningKeys,
} from "../../src/keyring/index.ts";
import { ACCESS_TOKEN_MAX_SECONDS } from "../../src/protocol/index.ts";
import type { Database } from "../../src/store/index.ts";
import type { At } from "./driver.ts";
import { accepted, tally } from "./given.ts";
import { actionsOn, type Clock, givenNoKeys, isolateAt, signingKid, storedKeys } from "./keys_given.ts";

const MARGIN_SECONDS = 300;
const PUBLISHED_BEFORE_USE_SECONDS = OWN_KEY_SET_MAX_AGE_SECONDS + 60;
const PERIOD_SECONDS = 30 * 24 * 3600;

const tend = (db: Database, clock: Clock) => tendSigningKeys(isolateAt(db, clock));

async function publishedKids(db: Database, clock: Clock): Promise<readonly unknown[]> {
  return (await publicKeySet(isolateAt(db, clock))).keys.map(({ kid }) => kid);
}

/** One key that signs, its successor published, the clock at the publication. */
async function givenSuccessor(db: Database) {
  const clock = await givenNoKeys(db);
  const old = await ensureSigningKey(isolateAt(db, clock));
  const { key: next } = await rotateSigningKey(isolateAt(db, clock));
  return { clock, old: old.kid, next: next.kid, activatesAt: clock.now + PUBLISHED_BEFORE_USE_SECONDS };
}

export function rotationRows(at: At): void {
  describe("a rotation", () => {
    it.each([2, 20])("asked for by %d isolates at once makes one successor", async (times) => {
      const { db } = at();
      const clock = await givenNoKeys(db);
      const { kid } = await ensureSigningKey(isolateAt(db, clock));
      const isolates = Array.from({ length: times }, () => isolateAt(db, clock));
      const answers = (await Promise.all(isolates.map(rotateSigningKeys))).map(accepted);
      expect(tally(answers.map(({ created }) => String(created)))).toEqual({ true: 1, false: times - 1 });
      const [successor, ...rest] = await storedKeys(db);
      expect(rest.map((row) => row.kid)).toEqual([kid]);
      expect(new Set(answers.map(({ key }) => key.kid))).toEqual(new Set([successor?.kid]));
      expect(await actionsOn(db, successor?.kid ?? "")).toEqual(["signing_key.rotate"]);
    });

    it("of an empty database makes the key that signs and its successor", async () => {
      const { db } = at();
      const clock = await givenNoKeys(db);
      await Promise.all([1, 2, 3].map(() => rotateSigningKey(isolateAt(db, clock))));
      expect((await listSigningKeys(isolateAt(db, clock).deps)).map(({ state }) => state)).toEqual([
        "next",
        "active",
      ]);
    });

    it("publishes the successor for as long as a key set is cached, then lets it sign", async () => {
      const { db } = at();
      const { clock, old, next, activatesAt } = await givenSuccessor(db);
      expect(await publishedKids(db, clock)).toEqual([next, old]);
      expect(await signingKid(db, clock)).toBe(old);
      clock.now = activatesAt - 1;
      expect(await signingKid(db, clock), "a second before").toBe(old);
      clock.now = activatesAt;
      expect(await signingKid(db, clock)).toBe(next);
      expect(activatesAt - OWN_KEY_SET_MAX_AGE_SECONDS, "published for an hour").toBeGreaterThan(
        clock.now - 3660,
      );
    });

    it("keeps the old key for verification until its last token has expired, and a margin", async () => {
      const { db } = at();
      const { clock, old, next, activatesAt } = await givenSuccessor(db);
      const expiresAt = activatesAt + ACCESS_TOKEN_MAX_SECONDS + MARGIN_SECONDS;
      clock.now = expiresAt - 1;
      await tend(db, clock);
      expect(await publishedKids(db, clock)).toEqual([next, old]);
      clock.now = expiresAt;
      expect(await publishedKids(db, clock), "even before the clock's work").toEqual([next]);
      await tend(db, clock);
      expect((await storedKeys(db)).map(({ kid }) => kid)).toEqual([next]);
    });
  });

  describe("the clock's work", () => {
    it("makes the first key, and one only, however many clocks strike", async () => {
      const { db } = at();
      const clock = await givenNoKeys(db);
      await Promise.all([1, 2, 3, 4, 5].map(() => tend(db, clock)));
      expect((await storedKeys(db)).map(({ activatesAt }) => activatesAt)).toEqual([clock.now]);
    });

    it("rotates so that a key signs for thirty days, not a second sooner, and once", async () => {
      const { db } = at();
      const clock = await givenNoKeys(db);
      await tend(db, clock);
      const bornAt = clock.now;
      clock.now = bornAt + PERIOD_SECONDS - PUBLISHED_BEFORE_USE_SECONDS - 1;
      await tend(db, clock);
      expect((await storedKeys(db)).length).toBe(1);
      clock.now += 1;
      await Promise.all([1, 2, 3, 4, 5].map(() => tend(db, clock)));
      const [successor, old] = await storedKeys(db);
      expect(successor?.activatesAt).toBe(bornAt + PERIOD_SECONDS);
      expect(old?.expiresAt).toBe(bornAt + PERIOD_SECONDS + ACCESS_TOKEN_MAX_SECONDS + MARGIN_SECONDS);
      expect((await storedKeys(db)).length).toBe(2);
    });

    it("drops the private half once the successor has signed for a margin, and says so once", async () => {
      const { db } = at();
      const { clock, old, next, activatesAt } = await givenSuccessor(db);
      const halves = async () =>
        (await storedKeys(db)).map((row) => [row.kid, row.sealedPrivateKey !== null]);
      clock.now = activatesAt + MARGIN_SECONDS - 1;
      await tend(db, clock);
      expect(await halves(), "a second before").toEqual([
        [next, true],
        [old, true],
      ]);
      clock.now += 1;
      await Promise.all([1, 2, 3].map(() => tend(db, clock)));
      expect(await halves()).toEqual([
        [next, true],
        [old, false],
      ]);
      expect((await storedKeys(db))[1]?.sealingKeyId).toBeNull();
      expect(await actionsOn(db, old)).toEqual(["signing_key.create", "signing_key.retire"]);
      expect(await publishedKids(db, clock), "it still verifies").toEqual([next, old]);
    });

    it("keeps a key signing through a year of days, two published at most", async () => {
      const { db } = at();
      const clock = await givenNoKeys(db);
      const signed: (string | undefined)[] = [];
      for (const end = clock.now + 365 * 24 * 3600; clock.now < end; clock.now += 24 * 3600) {
        await tend(db, clock);
        const kid = await signingKid(db, clock);
        if (signed.at(-1) !== kid) signed.push(kid);
        const kids = await publishedKids(db, clock);
        expect(kids).toContain(kid);
        expect(kids.length).toBeLessThanOrEqual(2);
      }
      expect(new Set(signed).size).toBe(signed.length);
      expect(signed.length).toBeGreaterThanOrEqual(12);
      expect(signed).not.toContain(undefined);
    });
  });
}
