import { describe, expect, it } from "vitest";
import { startService } from "./harness.ts";
import { accessTokenOf, callAs, GOOD, givenAccount, givenToken, stateOf } from "./project_token_kit.ts";

/** Who may report leaked credentials, how many, and what it may cost. */

const service = startService();
const PATH = "/v1/leaked-credentials";

describe("a report is taken from nobody but who may", () => {
  it("not from an account by any of its bearers, and its own token lives", async () => {
    const given = await givenAccount(service);
    const { token } = await givenToken(service, given);
    for (const bearer of [token, await accessTokenOf(service, given, token)]) {
      const { status, body } = await callAs(service, bearer, "POST", PATH, { credentials: [token] });
      expect([status, body.code]).toEqual([403, "permission_denied"]);
      expect(body.detail).toContain("leaked-credentials:report on this service");
      const path = `/v1/audit-events?requestId=${body.requestId}`;
      expect((await service.call("GET", path)).body.items).toMatchObject([
        {
          action: "leaked_credential.report",
          outcome: "refused",
          reason: "permission_denied",
          actor: { type: "service_account", id: given.account.id },
        },
      ]);
    }
    expect(await stateOf(service, given, token)).toEqual(GOOD);
  });

  it.each([
    ["nobody", {}, "unauthenticated"],
    ["a wrong bearer", { authorization: "Bearer nope" }, "invalid_token"],
    ["another scheme", { authorization: "Basic eDp5" }, "invalid_token"],
  ])("not from %s", async (_name, headers, code) => {
    const given = await givenAccount(service);
    const { token } = await givenToken(service, given);
    const response = await service.fetch(PATH, {
      method: "POST",
      headers: { "content-type": "application/json", ...(headers as Record<string, string>) },
      body: JSON.stringify({ credentials: [token] }),
    });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code });
    expect(await stateOf(service, given, token)).toEqual(GOOD);
  });
});

describe("a report's shape", () => {
  const KIB = 1024;
  it.each<[string, unknown, number, string | undefined, string | undefined]>([
    ["one string", { credentials: ["x"] }, 200, undefined, undefined],
    ["a hundred", { credentials: Array(100).fill("x") }, 200, undefined, undefined],
    ["a string of 64 KiB", { credentials: ["x ".repeat(32 * KIB)] }, 200, undefined, undefined],
    ["a hundred and one", { credentials: Array(101).fill("x") }, 400, "invalid_body", "/credentials"],
    ["none", { credentials: [] }, 400, "invalid_body", "/credentials"],
    ["an empty string", { credentials: ["x", ""] }, 400, "invalid_body", "/credentials/1"],
    ["one longer", { credentials: ["x".repeat(64 * KIB + 1)] }, 400, "invalid_body", "/credentials/0"],
    ["a number", { credentials: [1] }, 400, "invalid_body", "/credentials/0"],
    ["a string for the list", { credentials: "x" }, 400, "invalid_body", "/credentials"],
    ["an unknown member", { credentials: ["x"], project: "p" }, 400, "invalid_body", "/project"],
    ["nothing", {}, 400, "invalid_body", "/credentials"],
    [
      "more than the body may hold",
      { credentials: Array(5).fill("x".repeat(60 * KIB)) },
      413,
      "body_too_large",
      undefined,
    ],
  ])("%s", async (_name, input, status, code, pointer) => {
    const { status: seen, body } = await service.call("POST", PATH, input);
    expect([seen, body.code, body.errors?.[0].pointer]).toEqual([status, code, pointer]);
    if (status === 200) {
      const { credentials } = input as { credentials: string[] };
      expect(body.items).toEqual(
        credentials.map((_, index) => ({ index, recognised: false, found: [], truncated: false })),
      );
    }
  });
});

describe("a report costs little", () => {
  const FULL = 63 * 1024;
  const filled = (unit: string) => unit.repeat(Math.floor(FULL / unit.length));
  it.each([
    ["one long word", filled("a")],
    ["words and dots", filled(`${"a".repeat(20)}.`)],
    ["one dot behind", `${filled("a")}.`],
    ["short words and dots", filled("a.")],
    ["beginnings of tokens", filled("eyJhbGciOiJIUzI1NiJ9.")],
    ["beginnings of keys", filled("-----BEGIN PRIVATE KEY-----\n")],
    ["a key without an end", `-----BEGIN PRIVATE KEY-----\n${filled("A")}`],
    ["keys of nothing", filled("-----BEGIN PRIVATE KEY-----\nMII=\n-----END PRIVATE KEY-----\n")],
    ["opening braces", filled("{")],
    ["back slashes", filled("\\")],
    ["keys that are none", filled('{"kty":"RSA","d":"x"}')],
    ["nested lists", filled("[")],
    ["white space", filled(" ")],
  ])("of %s, twice 63 KiB", async (_name, text) => {
    const begun = Date.now();
    const { status, body } = await service.call("POST", PATH, { credentials: [text, text] });
    const elapsedMs = Date.now() - begun;
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body.items).toMatchObject([{ recognised: false }, { recognised: false }]);
    expect(elapsedMs).toBeLessThan(1000);
  });
});
