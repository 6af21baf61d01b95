import { describe, expect, it } from "vitest";
import { grantTarget } from "../../../src/grants/target.ts";

const ISSUER = "https://sts.example.com";
const API = "https://api.example.com";
const ACCOUNT = { allowedAudiences: [API, "urn:example:api", ""] };

const granted = (targets: readonly string[], scope: readonly string[] = []) =>
  grantTarget(ISSUER, ACCOUNT, { targets, scope });

describe("the audience of a token", () => {
  it.each<readonly [name: string, targets: readonly string[], audience: string]>([
    ["is our issuer unless asked otherwise", [], ISSUER],
    ["may be our issuer by name", [ISSUER], ISSUER],
    ["may be one of the account's", [API], API],
    ["may be a name that is no URL", ["urn:example:api"], "urn:example:api"],
  ])("%s", (_name, targets, audience) => {
    expect(granted(targets)).toEqual({ ok: true, value: audience });
  });

  it.each<readonly [name: string, target: string]>([
    ["another", "https://other.example.com"],
    ["one with a slash more", `${API}/`],
    ["one in upper case", "HTTPS://API.EXAMPLE.COM"],
    ["one below an allowed one", `${API}/v1`],
    ["one that begins like an allowed one", `${API}.evil.example`],
    ["a wildcard", "*"],
    ["our issuer with a slash more", `${ISSUER}/`],
    ["one with white space behind", `${API} `],
    ["a member of every array", "length"],
    ["an index", "0"],
  ])("%s is refused", (_name, target) => {
    expect(granted([target])).toEqual({
      ok: false,
      refusal: {
        reason: "target_not_allowed",
        detail: `The account's allowedAudiences do not hold ${JSON.stringify(target)}.`,
      },
    });
  });

  it.each([
    ["two allowed ones", [API, ISSUER]],
    ["an allowed one and another", [API, "https://other.example.com"]],
    ["one twice", [API, API]],
  ])("%s are refused: a token is for one", (_name, targets) => {
    expect(granted(targets)).toMatchObject({ ok: false, refusal: { reason: "target_not_allowed" } });
  });

  it("an account that allows none gets tokens for our issuer alone", () => {
    const account = { allowedAudiences: [] };
    expect(grantTarget(ISSUER, account, { targets: [], scope: [] })).toEqual({ ok: true, value: ISSUER });
    expect(grantTarget(ISSUER, account, { targets: [API], scope: [] })).toMatchObject({
      ok: false,
      refusal: { reason: "target_not_allowed" },
    });
  });
});

describe("scope: nothing is granted, so nothing is dropped in silence (RFC 6749 s3.3)", () => {
  it.each<readonly [name: string, scope: readonly string[], detail: string]>([
    ["one", ["read"], 'No role grants "read".'],
    ["several", ["read", "write"], 'No role grants "read write".'],
    ["one with quotes, escaped", ['a"b'], 'No role grants "a\\"b".'],
  ])("%s is refused", (_name, scope, detail) => {
    expect(granted([], scope)).toEqual({ ok: false, refusal: { reason: "scope_not_granted", detail } });
  });

  it("the audience is judged before", () => {
    expect(granted(["https://other.example.com"], ["read"])).toMatchObject({
      refusal: { reason: "target_not_allowed" },
    });
  });

  it.each<readonly [name: string, targets: readonly string[], scope: readonly string[]]>([
    ["an audience", ["x".repeat(10_000)], []],
    ["a scope", [], ["x".repeat(10_000)]],
  ])("%s without end is told in part", (_name, targets, scope) => {
    const judged = granted(targets, scope);
    expect(judged.ok ? 0 : judged.refusal.detail.length).toBeLessThan(300);
  });
});
