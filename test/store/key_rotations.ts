import { describe, expect, it } from "vitest";
import { rotateSigningKeys } from "../../src/directory/index.ts";
import { ensureSigningKey, publicKeySet, rotateSigningKey } from "../../src/keyring/index.ts";
import { ACCESS_TOKEN_MAX_SECONDS } from "../../src/protocol/index.ts";
import type { At } from "./driver.ts";
import { accepted, tally } from "./given.ts";
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
  DAY_SECONDS,
  givenTwo,
  halves,
  kidOf,
  MARGIN_SECONDS,
  PERIOD_SECONDS,
  PUBLISHED_BEFORE_USE_SECONDS,
  tend,
} from "./two_algorithms.ts";

export function keyRotationRows(at: At): void {
  describe("a rotation of two algorithms", () => {
    it.each([2, 20])("asked for by %d isolates at once makes one successor of each", async (times) => {
      const { db } = at();
      const { clock, edDsa, es256 } = await givenTwo(db);
      const isolates = Array.from({ length: times }, () => isolateAt(db, clock));
      const answers = (await Promise.all(isolates.map(rotateSigningKeys))).map(accepted);
      expect(tally(answers.map(({ created }) => String(created)))).toEqual({ true: 1, false: times - 1 });
      expect(new Set(answers.map(({ key }) => `${key.algorithm} ${key.state}`))).toEqual(
        new Set(["ES256 next"]),
      );
      const rows = await storedKeys(db);
      expect(
        rows
          .slice(0, 2)
          .map(({ algorithm }) => algorithm)
          .sort(),
      ).toEqual(["ES256", "EdDSA"]);
      expect(new Set(rows.slice(2).map(({ kid }) => kid))).toEqual(new Set([es256, edDsa]));
      const activatesAt = clock.now + PUBLISHED_BEFORE_USE_SECONDS;
      const expiresAt = activatesAt + ACCESS_TOKEN_MAX_SECONDS + MARGIN_SECONDS;
      expect(rows.map((row) => [row.activatesAt === activatesAt, row.expiresAt])).toEqual([
        [true, null],
        [true, null],
        [false, expiresAt],
        [false, expiresAt],
      ]);
      for (const { kid } of rows.slice(0, 2))
        expect(await actionsOn(db, kid)).toEqual(["signing_key.rotate"]);
    });

    it("lets each successor sign for its own algorithm, when its time has come", async () => {
      const { db } = at();
      const { clock, edDsa, es256 } = await givenTwo(db);
      await rotateSigningKey(isolateAt(db, clock));
      const next = { es256: await kidOf(db, "ES256"), edDsa: await kidOf(db, "EdDSA") };
      clock.now += PUBLISHED_BEFORE_USE_SECONDS - 1;
      expect([await signingKid(db, clock), await signingKid(db, clock, "EdDSA")]).toEqual([es256, edDsa]);
      clock.now += 1;
      expect([await signingKid(db, clock), await signingKid(db, clock, "EdDSA")]).toEqual([
        next.es256,
        next.edDsa,
      ]);
      clock.now += MARGIN_SECONDS;
      await Promise.all([1, 2, 3].map(() => tend(db, clock)));
      await tend(db, clock);
      const expected = [`ES256 ${es256}-`, `ES256 ${next.es256}`, `EdDSA ${edDsa}-`, `EdDSA ${next.edDsa}`];
      expect(await halves(db)).toEqual(expected.sort());
      for (const kid of [es256, edDsa])
        expect(await actionsOn(db, kid)).toEqual(["signing_key.create", "signing_key.retire"]);
    });

    it("makes none of an algorithm that nobody has used, and none of one that nobody wants", async () => {
      const { db } = at();
      const { clock, api, edDsa } = await givenTwo(db);
      await wantInstead(db, api, "RS256");
      await rotateSigningKey(isolateAt(db, clock));
      const rows = await storedKeys(db);
      expect(rows.map(({ algorithm }) => algorithm).sort()).toEqual(["ES256", "ES256", "EdDSA"]);
      expect(rows.find(({ kid }) => kid === edDsa)?.expiresAt, "not succeeded").toBeNull();
    });

    it("makes the one that is missing where the other waits already", async () => {
      const { db } = at();
      const { clock, api } = await givenTwo(db);
      await wantInstead(db, api, null);
      const { key } = await rotateSigningKey(isolateAt(db, clock));
      await wantInstead(db, api, "EdDSA");
      const again = await rotateSigningKey(isolateAt(db, clock));
      expect(again).toEqual({ created: false, key });
      expect((await storedKeys(db)).map(({ algorithm }) => algorithm).sort()).toEqual([
        "ES256",
        "ES256",
        "EdDSA",
        "EdDSA",
      ]);
    });

    it("comes by the clock when each key is due by itself", async () => {
      const { db } = at();
      const clock = await givenNoKeys(db);
      await tend(db, clock);
      const bornAt = clock.now;
      await givenApi(db, "EdDSA");
      clock.now += 10 * DAY_SECONDS;
      await ensureSigningKey(isolateAt(db, clock), "EdDSA");
      const count = async () => tally((await storedKeys(db)).map(({ algorithm }) => algorithm));
      clock.now = bornAt + PERIOD_SECONDS - PUBLISHED_BEFORE_USE_SECONDS;
      await Promise.all([1, 2, 3].map(() => tend(db, clock)));
      expect(await count()).toEqual({ ES256: 2, EdDSA: 1 });
      clock.now += 10 * DAY_SECONDS;
      await Promise.all([1, 2, 3].map(() => tend(db, clock)));
      expect(await count()).toEqual({ ES256: 1, EdDSA: 2 });
    });

    it("keeps both signing through half a year of days, four published at most", async () => {
      const { db } = at();
      const { clock } = await givenTwo(db);
      const signed = { ES256: new Set<unknown>(), EdDSA: new Set<unknown>() };
      for (const end = clock.now + 180 * DAY_SECONDS; clock.now < end; clock.now += DAY_SECONDS) {
        await tend(db, clock);
        const kids = (await publicKeySet(isolateAt(db, clock))).keys.map(({ kid }) => kid);
        expect(kids.length).toBeLessThanOrEqual(4);
        for (const algorithm of ["ES256", "EdDSA"] as const) {
          const kid = await signingKid(db, clock, algorithm);
          expect(kids).toContain(kid);
          signed[algorithm].add(kid);
        }
      }
      expect([signed.ES256.size, signed.EdDSA.size]).toEqual([6, 6]);
    });
  });
}
