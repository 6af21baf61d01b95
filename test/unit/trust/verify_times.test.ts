import { describe, expect, it } from "vitest";
import { judgeTimes } from "../../../src/trust/verify.ts";
import { claimsWith, decoded, GOOD_HEADER, NOW, rawToken } from "./raw_tokens.ts";

type Times = Readonly<Record<"exp" | "nbf" | "iat", number | undefined>>;

function judged(times: Partial<Times>) {
  return judgeTimes(decoded(rawToken(GOOD_HEADER, claimsWith(times))), NOW);
}

const DAYS = 24 * 3600;

describe("times that are accepted, to the edge of 60 s of leeway (RFC 7519 s4.1.4 to s4.1.6)", () => {
  it.each<readonly [name: string, times: Partial<Times>]>([
    ["a token in the middle of its life", { nbf: NOW - 60, iat: NOW - 60, exp: NOW + 60 }],
    ["exp in a second", { exp: NOW + 1 }],
    ["exp now", { exp: NOW }],
    ["exp 59 s ago", { exp: NOW - 59 }],
    ["exp a fraction less than 60 s ago", { exp: NOW - 59.999 }],
    ["exp in exactly 7 days", { exp: NOW + 7 * DAYS }],
    ["nbf now", { nbf: NOW }],
    ["nbf in 60 s", { nbf: NOW + 60 }],
    ["iat in 60 s", { iat: NOW + 60 }],
    ["iat at the beginning of time", { iat: 0 }],
  ])("%s", (_name, times) => {
    expect(judged(times)).toEqual({ ok: true, value: true });
  });
});

describe("times that are refused", () => {
  it.each<readonly [name: string, times: Partial<Times>, reason: string, detail: string]>([
    ["exp 60 s ago", { exp: NOW - 60 }, "token_expired", "exp was 60 s ago."],
    ["exp a fraction more than 60 s ago", { exp: NOW - 60.5 }, "token_expired", "exp was 60 s ago."],
    ["exp at the beginning of time", { exp: 0 }, "token_expired", `exp was ${NOW} s ago.`],
    [
      "exp in 7 days and a second",
      { exp: NOW + 7 * DAYS + 1 },
      "token_lifetime_excessive",
      "exp is more than 7 days ahead.",
    ],
    [
      "exp in milliseconds",
      { exp: (NOW + 300) * 1000 },
      "token_lifetime_excessive",
      "exp is more than 7 days ahead.",
    ],
    [
      "exp at the end of numbers",
      { exp: Number.MAX_VALUE },
      "token_lifetime_excessive",
      "exp is more than 7 days ahead.",
    ],
    ["nbf in 61 s", { nbf: NOW + 61 }, "token_not_yet_valid", "nbf is 61 s ahead of our clock."],
    [
      "nbf a fraction more than 60 s ahead",
      { nbf: NOW + 60.1 },
      "token_not_yet_valid",
      "nbf is 61 s ahead of our clock.",
    ],
    ["iat in 61 s", { iat: NOW + 61 }, "token_not_yet_valid", "iat is 61 s ahead of our clock."],
    [
      "iat in milliseconds",
      { iat: NOW * 1000 },
      "token_not_yet_valid",
      `iat is ${NOW * 999} s ahead of our clock.`,
    ],
    [
      "nbf before iat is told",
      { nbf: NOW + 61, iat: NOW + 62 },
      "token_not_yet_valid",
      "nbf is 61 s ahead of our clock.",
    ],
    ["exp before nbf is told", { exp: NOW - 60, nbf: NOW + 61 }, "token_expired", "exp was 60 s ago."],
  ])("%s", (_name, times, reason, detail) => {
    expect(judged(times)).toEqual({ ok: false, refusal: { reason, detail } });
  });
});
