import { env } from "cloudflare:workers";
import { base64url } from "jose";
import { describe, expect, it } from "vitest";
import { disturbedBefore } from "./disturbed_service.ts";
import { exchangeOf, startService } from "./harness.ts";
import { addTrust, givenAccount, givenOwnTrust, newClock, receiptOf, TEAM, verdictOf } from "./trust_kit.ts";

const service = startService();
const CLAIMS = { team: "shop" };

const givenOnce = (more: Record<string, unknown> = {}) =>
  givenOwnTrust(service, { singleUse: true, ...more });

/** The other signature that ECDSA has for the same text: s turned around in P-256's order. */
function turned(token: string): string {
  const [header, payload, signature = ""] = token.split(".");
  const bytes = base64url.decode(signature);
  const order = BigInt("0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  const s = BigInt(`0x${[...bytes.slice(32)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`);
  const hex = (order - s).toString(16).padStart(64, "0");
  const half = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  return `${header}.${payload}.${base64url.encode(new Uint8Array([...bytes.slice(0, 32), ...half]))}`;
}

async function spentBy(id: string): Promise<readonly Record<string, unknown>[]> {
  const query = env.DB.prepare(
    "SELECT jti, expires_at FROM spent_assertion WHERE voucher_id = ? ORDER BY jti",
  );
  return (await query.bind(id).all()).results;
}

describe("a trust that takes each token once", () => {
  it.each<[string, Record<string, unknown>]>([
    ["a jti", {}],
    ["no jti", { jti: undefined }],
    ["an empty jti", { jti: "" }],
    ["a jti that is a number", { jti: 7 }],
    ["a jti that is null", { jti: null }],
    ["a jti in a list", { jti: ["a"] }],
    ["a jti of 257 characters", { jti: "j".repeat(257) }],
    ["a jti with a NUL", { jti: "a\u0000b" }],
    ["a jti that is half a character", { jti: "\ud800" }],
    ["a jti that looks like a digest", { jti: "sha256:x" }],
  ])("with %s: the first use is granted, the second refused as a replay", async (_name, claims) => {
    const given = await givenOnce();
    const token = await given.sign({ ...CLAIMS, ...claims });
    expect(await verdictOf(service, await given.present(token))).toBe("granted");
    const again = await given.present(token);
    expect([again.status, again.body.error]).toEqual([400, "invalid_request"]);
    const receipt = await receiptOf(service, again);
    expect(receipt).toMatchObject({ reason: "assertion_replayed", signature: "valid", claimsVerified: true });
    expect(await verdictOf(service, await startService().exchange(exchangeOf(token, given.account.id)))).toBe(
      "assertion_replayed",
    );
    expect(await spentBy(given.id)).toHaveLength(1);
  });

  it("25 at once: one is granted, 24 are replays", async () => {
    const given = await givenOnce();
    const token = await given.sign(CLAIMS);
    const answers = await Promise.all(Array.from({ length: 25 }, () => given.present(token)));
    const verdicts = await Promise.all(answers.map((answer) => verdictOf(service, answer)));
    expect(verdicts.toSorted()).toEqual([...Array(24).fill("assertion_replayed"), "granted"]);
    expect((await given.read()).exchanges).toBe(1);
  });

  it.each<[string, Record<string, unknown>]>([
    ["with a jti", {}],
    ["without a jti", { jti: undefined }],
  ])("the signature turned around is the same token, %s", async (_name, claims) => {
    const given = await givenOnce();
    const token = await given.sign({ ...CLAIMS, ...claims });
    const twin = turned(token);
    expect(twin).not.toBe(token);
    const lax = await givenOwnTrust(service, { issuer: given.issuer }, { key: given.key });
    expect(await verdictOf(service, await lax.present(twin)), "it verifies").toBe("granted");
    expect(await verdictOf(service, await given.present(token))).toBe("granted");
    expect(await verdictOf(service, await given.present(twin))).toBe("assertion_replayed");
  });

  it("the same jti in another token is the same token; without one, another text is another", async () => {
    const given = await givenOnce();
    expect(await given.verdict({ ...CLAIMS, jti: "one" })).toBe("granted");
    expect(await given.verdict({ ...CLAIMS, jti: "one", run: "2" })).toBe("assertion_replayed");
    expect(await given.verdict({ ...CLAIMS, jti: "ONE" })).toBe("granted");
    expect(await given.verdict({ ...CLAIMS, jti: "a\u0000b" })).toBe("granted");
    expect(await given.verdict({ ...CLAIMS, jti: "a\u0000c" })).toBe("granted");
    expect(await given.verdict({ ...CLAIMS, jti: undefined, run: "1" })).toBe("granted");
    expect(await given.verdict({ ...CLAIMS, jti: undefined, run: "2" })).toBe("granted");
  });

  it("another account may use the same token, and another trust once this one is off", async () => {
    const given = await givenOnce();
    const token = await given.sign(CLAIMS);
    const input = { issuer: given.issuer, singleUse: true };
    const other = await givenOwnTrust(service, input, { key: given.key });
    expect(await verdictOf(service, await given.present(token))).toBe("granted");
    expect(await verdictOf(service, await other.present(token))).toBe("granted");
    expect(await verdictOf(service, await other.present(token))).toBe("assertion_replayed");
    const jwks = { keys: [given.key.jwk] };
    await addTrust(service, given, { ...input, assertions: [TEAM], jwks });
    expect((await service.call("PATCH", given.path, { disabled: true })).status).toBe(200);
    expect(await verdictOf(service, await given.present(token))).toBe("granted");
    expect(await verdictOf(service, await given.present(token))).toBe("assertion_replayed");
  });

  it("a trust that does not ask for it takes a token again and again, and spends nothing", async () => {
    const given = await givenOwnTrust(service);
    const token = await given.sign(CLAIMS);
    for (let use = 0; use < 3; use++)
      expect(await verdictOf(service, await given.present(token))).toBe("granted");
    expect(await spentBy(given.id)).toEqual([]);
    expect((await service.call("PATCH", given.path, { singleUse: true })).status).toBe(200);
    expect(await verdictOf(service, await given.present(token))).toBe("granted");
    expect(await verdictOf(service, await given.present(token))).toBe("assertion_replayed");
  });
});

describe("what is no use", () => {
  const EXCHANGES: readonly [
    string,
    (given: Awaited<ReturnType<typeof givenOnce>>, token: string) => Promise<unknown>,
  ][] = [
    [
      "an assertion fails",
      async (given, token) => {
        const changed = [{ ...TEAM, value: "blog" }];
        await service.call("PATCH", given.path, { assertions: changed });
        expect(await verdictOf(service, await given.present(token))).toBe("assertion_failed");
        await service.call("PATCH", given.path, { assertions: [TEAM] });
      },
    ],
    [
      "no such scope is granted",
      async (given, token) => {
        const answer = await given.present(token, { scope: "nobody:granted" });
        expect(await verdictOf(service, answer)).toBe("scope_not_granted");
      },
    ],
    ["a dry run of the trust", (given, token) => service.call("POST", `${given.path}/evaluate`, { token })],
    [
      "a dry run of the account",
      (given, token) => service.call("POST", `${given.accountPath}/evaluate`, { token }),
    ],
    [
      "the database fails",
      async (given, token) => {
        const broken = disturbedBefore(/insert into "?access_token"?/i, async () => {
          throw new Error("D1_ERROR: disk on fire");
        });
        expect((await broken.exchange(exchangeOf(token, given.account.email))).status).toBe(503);
      },
    ],
  ];
  it.each(EXCHANGES)("%s", async (_name, attempt) => {
    const given = await givenOnce();
    const token = await given.sign(CLAIMS);
    await attempt(given, token);
    expect(await spentBy(given.id)).toEqual([]);
    expect(await verdictOf(service, await given.present(token))).toBe("granted");
    expect(await verdictOf(service, await given.present(token))).toBe("assertion_replayed");
  });

  it("the trust changes between decision and record: decided anew, and no replay of itself", async () => {
    const given = await givenOnce();
    const token = await given.sign(CLAIMS);
    const moved = disturbedBefore(/insert into "?access_token"?/i, () =>
      service.call("PATCH", given.path, { name: "renamed" }),
    );
    expect((await moved.exchange(exchangeOf(token, given.account.email))).status).toBe(200);
    expect(await verdictOf(service, await given.present(token))).toBe("assertion_replayed");
  });
});

describe("how long it is remembered", () => {
  it.each([
    ["60 s of leeway without a word", {}, 60],
    ["no leeway", { leeway: 0 }, 0],
    ["the most leeway", { leeway: 300 }, 300],
  ])("%s: as long as it could come again, and not for ever", async (_name, input, leeway) => {
    const clock = newClock();
    const timed = startService({ nowMs: clock.nowMs });
    const given = await givenOwnTrust(timed, { singleUse: true, ...input }, { now: clock.now });
    const exp = clock.now() + 300;
    const token = await given.sign({ ...CLAIMS, exp });
    expect(await verdictOf(timed, await given.present(token))).toBe("granted");
    expect(await spentBy(given.id)).toMatchObject([{ expires_at: exp + leeway }]);
    clock.advance(300 + leeway - 1);
    await timed.tend();
    expect(await verdictOf(timed, await given.present(token))).toBe("assertion_replayed");
    clock.advance(1);
    await timed.tend();
    expect(await verdictOf(timed, await given.present(token))).toBe("token_expired");
    expect(await spentBy(given.id)).toHaveLength(1);
    // Whoever raises the leeway now lets no spent token in again.
    await timed.call("PATCH", given.path, { leeway: 300 });
    clock.advance(leeway === 300 ? 0 : 200);
    await timed.tend();
    expect(await verdictOf(timed, await given.present(token))).not.toBe("granted");
    clock.advance(601);
    await timed.tend();
    expect(await spentBy(given.id)).toEqual([]);
  });

  it("goes with its trust's project, and keeps nobody else's", async () => {
    const home = await givenAccount(service);
    const given = await givenOwnTrust(service, { singleUse: true }, { home });
    const other = await givenOnce();
    expect([await given.verdict(CLAIMS), await other.verdict(CLAIMS)]).toEqual(["granted", "granted"]);
    expect((await service.call("DELETE", home.path)).status).toBe(204);
    expect(await spentBy(other.id)).toHaveLength(1);
  });
});
