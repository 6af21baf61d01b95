import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { receiptOf } from "../../../src/grants/receipt.ts";
import type { ClaimAssertion } from "../../../src/protocol/index.ts";
import {
  type AssertionTrace,
  type DecodedJwt,
  judgeTerms,
  type TrustTrace,
} from "../../../src/trust/index.ts";

/** What is kept of an explanation: bounded, without tokens, and with what decided it. */

const NOW = 1_800_000_000;

function jwtOf(more: Partial<DecodedJwt> = {}): DecodedJwt {
  const times = { expiresAt: NOW + 600, notBefore: undefined, issuedAt: NOW - 5 };
  const names = { compact: "a.b.c", alg: "ES256", kid: "k", issuer: "https://i.example", subject: "job" };
  return { ...names, ...times, audience: ["us"], claims: { sub: "job", team: "shop" }, ...more };
}

function traceOf(id: string, more: Partial<TrustTrace> = {}): TrustTrace {
  return { id, name: id, mode: "enforce", failure: undefined, assertions: [], learns: [], ...more };
}

function assertionOf(value: string, received: unknown, more: Partial<ClaimAssertion> = {}): AssertionTrace {
  const assertion: ClaimAssertion = { item: "team", operator: "equals", value, ...more };
  return { assertion, holds: received === value, received };
}

function storedOf(
  trusts: readonly TrustTrace[],
  {
    jwt = jwtOf(),
    isProven = true,
    providerId = undefined as string | undefined,
    first = [] as string[],
  } = {},
) {
  const trace = {
    trusts,
    signature: isProven || undefined,
    keySource: undefined,
  };
  const evidence = { authMethod: "federation", jwt } as const;
  return receiptOf({ evidence, trace, providerId }, { now: NOW, isProven, first });
}

const idsOf = (stored: ReturnType<typeof storedOf>) => (stored.trusts ?? []).map(({ id }) => id);
const FAILED = { reason: "assertion_failed", detail: "x" } as const;

describe("the clock", () => {
  it.each([
    [{}, { exp: 600, iat: -5 }],
    [{ issuedAt: undefined }, { exp: 600 }],
    [
      { notBefore: NOW + 70, issuedAt: NOW + 70 },
      { exp: 600, iat: 70, nbf: 70 },
    ],
    [
      { expiresAt: NOW - 0.4, issuedAt: NOW - 60.6 },
      { exp: 0, iat: -61 },
    ],
    [{ expiresAt: 1e15 }, { exp: 1e15 - NOW, iat: -5 }],
  ])("%j", (times, clock) => {
    const stored = JSON.parse(JSON.stringify(storedOf([], { jwt: jwtOf(times) }))) as { clock: object };
    expect(stored.clock).toEqual(clock);
  });
});

describe("which trusts are told", () => {
  const watching = Array.from({ length: 7 }, (_, at) =>
    traceOf(`s${at}`, { mode: "shadow", failure: FAILED }),
  );

  it("the one that let it in, however many watch", () => {
    const trusts = [...watching, traceOf("in"), traceOf("other")];
    const ids = idsOf(storedOf(trusts, { providerId: "in" }));
    expect(ids).toContain("in");
    expect(ids).not.toContain("other");
    expect(ids.length).toBeLessThanOrEqual(5);
  });

  it("of a refusal those that came furthest", () => {
    const far = (id: string, failed: number) =>
      traceOf(id, {
        failure: FAILED,
        assertions: Array.from({ length: failed }, () => assertionOf("a", "b")),
      });
    const ids = idsOf(
      storedOf([far("a", 9), far("b", 1), far("c", 3), far("d", 2), far("e", 4), far("f", 5)]),
    );
    expect(ids).toEqual(["b", "d", "c", "e", "f"]);
  });

  it("of one that does not fit what failed stays", () => {
    const long = "v".repeat(400);
    const many = Array.from({ length: 40 }, (_, at) => assertionOf(`${long}${at}`, `${long}${at}`));
    const trust = traceOf("t", { failure: FAILED, assertions: [...many, assertionOf("a", "b")] });
    const [told] = storedOf([trust]).trusts ?? [];
    expect(told?.assertions).toEqual([
      { item: "team", operator: "equals", value: "a", holds: false, received: "b" },
    ]);
  });
});

describe("what was received", () => {
  it.each([
    ["just what was expected: not said twice", assertionOf("shop", "shop"), undefined],
    ["something else", assertionOf("shop", "mill"), "mill"],
    ["a list", assertionOf("shop", ["a"]), ["a"]],
    ["null", assertionOf("shop", null), null],
    ["nothing", assertionOf("shop", undefined), undefined],
    ["what is a credential by its name", assertionOf("shop", "x", { item: "/at/password" }), "[redacted]"],
    ["what lies below such a name", assertionOf("shop", "x", { item: "/secret/0" }), "[redacted]"],
  ])("%s", (_name, assertion, received) => {
    const [told] = storedOf([traceOf("t", { assertions: [assertion], failure: FAILED })]).trusts ?? [];
    expect(told?.assertions[0]?.received).toEqual(received);
  });
});

describe("whatever was presented", () => {
  const LOOSE = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJzZWNyZXQtcGF5bG9hZCJ9.c2VjcmV0LXNpZ25hdHVyZQ";
  const leaf = fc.oneof(
    fc.string({ maxLength: 900, unit: "grapheme" }),
    fc.string({ maxLength: 200 }).map((text) => `${text} ${LOOSE}`),
    fc.integer(),
    fc.constant(null),
  );
  const value = fc.oneof(
    leaf,
    fc.array(leaf, { maxLength: 40 }),
    fc.dictionary(fc.string(), leaf, { maxKeys: 80 }),
  );
  const assertion = fc
    .record({ value: fc.string({ maxLength: 300 }), received: value })
    .map(({ value: expected, received }) => assertionOf(expected, received));
  const detail = fc.string({ maxLength: 2000 });
  const trust = fc
    .record({ assertions: fc.array(assertion, { maxLength: 20 }), detail, isMet: fc.boolean() })
    .map(({ assertions, detail: said, isMet }) =>
      traceOf(crypto.randomUUID(), {
        assertions,
        failure: isMet ? undefined : { reason: "audience_mismatch", detail: said },
      }),
    );
  const token = fc
    .record({
      claims: fc.dictionary(fc.string({ maxLength: 40 }), value, { maxKeys: 80 }),
      audience: fc.array(
        fc.string({ maxLength: 900 }).map((text) => `${text} ${LOOSE}`),
        { minLength: 1, maxLength: 9 },
      ),
    })
    .map((more) => jwtOf(more));

  it.each([
    ["alone", ""],
    ["where it is cut short", "x".repeat(120)],
    ["where it is cut shorter", "x".repeat(150)],
  ])("and an audience that is a token is not told, %s", (_name, before) => {
    const jwt = jwtOf({ audience: [`${before} ${LOOSE}`] });
    const terms = {
      id: "t",
      name: "t",
      mode: "enforce",
      leeway: null,
      maxTokenAge: null,
      learnedIds: null,
    } as const;
    const assertions: ClaimAssertion[] = [{ item: "team", operator: "equals", value: "shop" }];
    const trace = judgeTerms(jwt, { ...terms, assertions }, { now: NOW, issuerUrl: "https://us.example" });
    expect(trace.failure?.reason).toBe("audience_mismatch");
    expect(JSON.stringify(storedOf([trace], { jwt }))).not.toContain("eyJzdWIiOiJz");
  });

  it.each([
    ["its issuer vouches for it", true, 9000],
    ["nobody vouches for it", false, 6000],
  ])("and %s: it is bounded, and holds no token", (_name, isProven, most) => {
    fc.assert(
      fc.property(token, fc.array(trust, { maxLength: 8 }), (jwt, trusts) => {
        const text = JSON.stringify(storedOf(trusts, { jwt, isProven }));
        expect(text.length).toBeLessThan(most);
        for (const part of LOOSE.split(".").slice(1)) expect(text).not.toContain(part);
      }),
      { numRuns: 150 },
    );
  });
});
