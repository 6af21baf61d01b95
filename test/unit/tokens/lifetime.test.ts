import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tokenLifetime } from "../../../src/tokens/lifetime.ts";

const NOW = 1_800_000_000;

describe("seconds that a token lives", () => {
  it.each<
    readonly [
      name: string,
      account: number | null,
      provider: number | null,
      expiresIn: number | null,
      seconds: number,
    ]
  >([
    ["an hour when nobody says less", null, null, null, 3600],
    ["what the account says", 900, null, null, 900],
    ["what the trust says", null, 600, null, 600],
    ["the lesser of both: the account's", 300, 900, null, 300],
    ["the lesser of both: the trust's", 900, 300, null, 300],
    ["an hour when the account outlives it", null, null, 7200, 3600],
    ["an hour when the account ends with it", null, null, 3600, 3600],
    ["no longer than the account", null, null, 60, 60],
    ["no longer than the account, whatever is configured", 900, 600, 59, 59],
    ["what is configured when the account lives a second more", 900, null, 901, 900],
    ["a second when the account ends in one", null, null, 1, 1],
  ])("%s", (_name, account, provider, expiresIn, seconds) => {
    const expiresAt = expiresIn === null ? null : NOW + expiresIn;
    expect(tokenLifetime(NOW, [{ tokenLifetime: account, expiresAt }, { tokenLifetime: provider }])).toBe(
      seconds,
    );
  });

  it("is never more than anybody allows", () => {
    const configured = fc.option(fc.integer({ min: 300, max: 3600 }));
    const end = fc.option(fc.integer({ min: NOW + 1, max: NOW + 100_000 }));
    fc.assert(
      fc.property(configured, configured, end, (account, provider, expiresAt) => {
        const seconds = tokenLifetime(NOW, [
          { tokenLifetime: account, expiresAt },
          { tokenLifetime: provider },
        ]);
        const bounds = [3600, account, provider, expiresAt === null ? null : expiresAt - NOW];
        expect(seconds).toBe(Math.min(...bounds.filter((bound) => bound !== null)));
        expect(seconds).toBeGreaterThan(0);
      }),
    );
  });
});
