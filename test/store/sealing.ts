import { eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { ensureSigningKey, rotateSigningKey, signJwt, tendSigningKeys } from "../../src/keyring/index.ts";
import { schema } from "../../src/store/index.ts";
import type { At } from "./driver.ts";
import { faultOf, SEALING_KEY } from "./given.ts";
import { type Clock, givenNoKeys, isolateAt, storedKeys } from "./keys_given.ts";

const { signingKey } = schema;
const NEW_KEY = "store-suite-new-sealing-key-0123456789abcdef";
const OTHER_KEY = "store-suite-other-sealing-key-0123456789abcd";

type Damage = (sealed: string, ofAnotherKey: string) => string;

const DAMAGES: readonly (readonly [string, Damage])[] = [
  ["another key's, in its row", (_, other) => other],
  ["one letter of the nonce", (sealed) => otherLetter(sealed, 3)],
  ["one letter of the ciphertext", (sealed) => otherLetter(sealed, 30)],
  ["one letter of the tag", (sealed) => otherLetter(sealed, sealed.length - 4)],
  ["cut short", (sealed) => sealed.slice(0, 40)],
  ["emptied", () => ""],
  ["without its dot", (sealed) => sealed.replace(".", "")],
  ["a nonce that is no base64url", (sealed) => sealed.replace(/^.{4}/, "(%)!")],
  ["a ciphertext that is no base64url", (sealed) => sealed.replace(/.{4}$/, "(%)!")],
  ["its two parts exchanged", (sealed) => sealed.split(".").reverse().join(".")],
];

function otherLetter(text: string, index: number): string {
  return text.slice(0, index) + (text[index] === "A" ? "B" : "A") + text.slice(index + 1);
}

export function sealingRows(at: At): void {
  /** Signs with the stored key in an isolate that has these sealing keys. */
  async function signUnder(clock: Clock, sealingKeys: readonly [string, string?]): Promise<string> {
    const isolate = isolateAt(at().db, clock, { sealingKeys });
    return signJwt(isolate.deps, await ensureSigningKey(isolate), "at+jwt", {});
  }

  describe("a sealed signing key", () => {
    it("opens under the current sealing key and under the previous one", async () => {
      const clock = await givenNoKeys(at().db);
      await ensureSigningKey(isolateAt(at().db, clock));
      expect(await signUnder(clock, [SEALING_KEY])).toMatch(/^ey/);
      expect(await signUnder(clock, [NEW_KEY, SEALING_KEY])).toMatch(/^ey/);
    });

    it("does not open under others: a keyring fault, and no new key beside it", async () => {
      const clock = await givenNoKeys(at().db);
      await ensureSigningKey(isolateAt(at().db, clock));
      expect(await faultOf(() => signUnder(clock, [NEW_KEY]))).toBe("keyring");
      expect(await faultOf(() => signUnder(clock, [NEW_KEY, OTHER_KEY]))).toBe("keyring");
      expect((await storedKeys(at().db)).length).toBe(1);
    });

    it.each(DAMAGES)("that is damaged is a keyring fault: %s", async (_name, damage) => {
      const { db } = at();
      const clock = await givenNoKeys(db);
      await rotateSigningKey(isolateAt(db, clock));
      const [next, current] = await storedKeys(db);
      const sealedPrivateKey = damage(current?.sealedPrivateKey ?? "", next?.sealedPrivateKey ?? "");
      await db
        .update(signingKey)
        .set({ sealedPrivateKey })
        .where(eq(signingKey.kid, current?.kid ?? ""));
      expect(await faultOf(() => signUnder(clock, [SEALING_KEY]))).toBe("keyring");
    });

    it("is sealed again by the clock's work after SEALING_KEY was changed, so that the previous one may go", async () => {
      const { db } = at();
      const clock = await givenNoKeys(db);
      await rotateSigningKey(isolateAt(db, clock));
      const before = await storedKeys(db);
      const sealingKeys = [NEW_KEY, SEALING_KEY] as const;
      await Promise.all([1, 2, 3].map(() => tendSigningKeys(isolateAt(db, clock, { sealingKeys }))));
      const after = await storedKeys(db);
      expect(after.map(({ kid }) => kid)).toEqual(before.map(({ kid }) => kid));
      expect(new Set(after.map(({ sealingKeyId }) => sealingKeyId)).size).toBe(1);
      expect(after[0]?.sealingKeyId).not.toBe(before[0]?.sealingKeyId);
      expect(await signUnder(clock, [NEW_KEY])).toMatch(/^ey/);
      expect(await faultOf(() => signUnder(clock, [SEALING_KEY]))).toBe("keyring");
    });

    it("is left alone by the clock's work while SEALING_KEY stays", async () => {
      const { db } = at();
      const clock = await givenNoKeys(db);
      await rotateSigningKey(isolateAt(db, clock));
      const before = await storedKeys(db);
      await tendSigningKeys(isolateAt(db, clock));
      expect(await storedKeys(db)).toEqual(before);
    });

    it("that nothing opens any more makes the clock's work fault, after what it could do", async () => {
      const { db } = at();
      const clock = await givenNoKeys(db);
      await ensureSigningKey(isolateAt(db, clock));
      clock.now += 31 * 24 * 3600;
      const isolate = isolateAt(db, clock, { sealingKeys: [NEW_KEY] });
      expect(await faultOf(() => tendSigningKeys(isolate))).toBe("keyring");
      expect((await storedKeys(db)).length, "the successor is published all the same").toBe(2);
    });
  });
}
