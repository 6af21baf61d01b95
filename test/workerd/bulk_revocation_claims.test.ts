import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { startService } from "./harness.ts";
import {
  areActive,
  freshName,
  givenHolder,
  givenHome,
  givenTrustIn,
  type Holder,
  type Home,
  type Trust,
  tokenByKey,
  tokenByTrust,
} from "./token_holders.ts";

const service = startService();
let home: Home;
let holder: Holder;
let trust: Trust;
beforeEach(async () => {
  home = await givenHome(service);
  holder = await givenHolder(service, home);
  trust = await givenTrustIn(service, holder);
});

const LONG = "x".repeat(600);
const ROCKET = "\u{1F680}";
const nested = (levels: number, value: unknown): unknown =>
  levels === 0 ? value : { [`l${levels}`]: nested(levels - 1, value) };

type Claims = Record<string, unknown>;
type Criterion = { readonly item: string; readonly value: string | number | boolean };

/** Takes what criteria mean, and says which of these tokens are dead then; the dry run must have said as many. */
async function deadAmong(tokens: readonly string[], criteria: Record<string, unknown>) {
  const path = `${home.path}/revocations`;
  const dry = await service.call("POST", path, { ...criteria, dryRun: true });
  const made = await service.call("POST", path, criteria);
  expect([dry.status, made.status], JSON.stringify(made.body)).toEqual([200, 201]);
  expect([made.body.accessTokens, made.body.projectTokens]).toEqual([dry.body.accessTokens, 0]);
  const active = await areActive(service, tokens, env.BOOTSTRAP_TOKEN);
  const dead = active.map((isActive) => !isActive);
  expect(made.body.accessTokens).toBe(dead.filter((isDead) => isDead).length);
  return dead;
}

describe("a claim takes the token that has it, and not the one that nearly has", () => {
  it.each<readonly [string, Claims, item: string, value: Criterion["value"], near: Claims]>([
    ["a string", { x: "prod" }, "x", "prod", { x: "prod2" }],
    ["a string's case", { x: "Prod" }, "x", "Prod", { x: "prod" }],
    ["a string's spaces", { x: "prod " }, "x", "prod ", { x: "prod" }],
    ["a string's composition", { x: "\u00e9" }, "x", "\u00e9", { x: "e\u0301" }],
    ["a string of digits is no number", { x: "7" }, "x", "7", { x: 7 }],
    ["a number is no string of digits", { x: 7 }, "x", 7, { x: "7" }],
    ["a number is no boolean", { x: 1 }, "x", 1, { x: true }],
    ["zero is not false", { x: 0 }, "x", 0, { x: false }],
    ["a boolean is no string", { x: true }, "x", true, { x: "true" }],
    ["a boolean is no number", { x: true }, "x", true, { x: 1 }],
    ["false is not zero", { x: false }, "x", false, { x: 0 }],
    ["false is not null", { x: false }, "x", false, { x: null }],
    ["the text null is not null", { x: "null" }, "x", "null", { x: null }],
    ["a fraction", { x: 1.5 }, "x", 1.5, { x: 1.25 }],
    ["a negative number", { x: -3 }, "x", -3, { x: 3 }],
    ["the largest whole number", { x: 2 ** 53 - 1 }, "x", 2 ** 53 - 1, { x: 2 ** 53 - 2 }],
    ["a huge number", { x: 1e300 }, "x", 1e300, { x: 1e299 }],
    ["a percent sign is no pattern", { x: "%" }, "x", "%", { x: "abc" }],
    ["quotes in a value", { x: `a'b"c` }, "x", `a'b"c`, { x: "a" }],
    ["SQL in a value", { x: "' OR 1=1 --" }, "x", "' OR 1=1 --", { x: "y" }],
    ["JSON in a value", { x: '{"a":1}' }, "x", '{"a":1}', { x: { a: 1 } }],
    ["a value beyond the basic plane", { x: ROCKET }, "x", ROCKET, { x: "\u{1F681}" }],
    ["a control character", { x: "a\u0001b" }, "x", "a\u0001b", { x: "ab" }],
    ["a NUL in the token", { x: "a" }, "x", "a", { x: "a\u0000b" }],
    ["600 characters", { x: LONG }, "x", LONG, { x: `y${LONG}` }],
    [
      "a long value cut within a pair",
      { x: `${LONG.slice(0, 511)}${ROCKET}` },
      "x",
      `${LONG.slice(0, 511)}${ROCKET}`,
      { x: "x" },
    ],
    ["a registered claim", { sub2: "a", azp: "app" }, "azp", "app", { azp: "apps" }],
    ["a member of an array", { x: ["a", "b"] }, "x", "b", { x: ["bb"] }],
    ["a member's type: number", { x: ["a", 7] }, "x", 7, { x: ["7"] }],
    ["a member's type: boolean", { x: [true] }, "x", true, { x: ["true", 1] }],
    ["no member of a member", { x: ["b"] }, "x", "b", { x: [["b"]] }],
    ["no member of an object", { x: "b" }, "x", "b", { x: { y: "b" } }],
    ["the 32nd of an array", { x: [...Array(31).fill("a"), "b"] }, "x", "b", { x: ["a"] }],
    ["a pointer into an object", { x: { y: "b" } }, "/x/y", "b", { x: { z: "b" } }],
    ["a pointer into an array", { x: ["a", "b"] }, "/x/1", "b", { x: ["b", "a"] }],
    ["a pointer of one segment", { x: "b" }, "/x", "b", { "/x": "b" }],
    ["four levels", { x: nested(3, "b") }, "/x/l3/l2/l1", "b", { x: nested(3, "c") }],
    ["four levels, a number", { x: nested(3, 7) }, "/x/l3/l2/l1", 7, { x: nested(3, "7") }],
    [
      "a member of an array within three",
      { x: nested(2, ["a", "b"]) },
      "/x/l2/l1",
      "b",
      { x: nested(2, ["a"]) },
    ],
    ["dots in a name", { "kubernetes.io": "b" }, "kubernetes.io", "b", { kubernetes: { io: "b" } }],
    [
      "dots in a pointer",
      { "k8s.io": { pod: { uid: "b" } } },
      "/k8s.io/pod/uid",
      "b",
      { k8s: { io: { pod: { uid: "b" } } } },
    ],
    [
      "a URL as a name",
      { "https://shop.example/role": "b" },
      "https://shop.example/role",
      "b",
      { role: "b" },
    ],
    ["a slash in a pointer's segment", { x: { "a/b": "c" } }, "/x/a~1b", "c", { x: { a: { b: "c" } } }],
    ["a tilde in a pointer's segment", { x: { "a~b": "c" } }, "/x/a~0b", "c", { x: { "a~0b": "c" } }],
    ["a name that begins with a slash", { "/x": "b" }, "/~1x", "b", { x: "b" }],
    ["double quotes in a name", { 'a"b': "c" }, 'a"b', "c", { 'a\\"b': "c" }],
    ["single quotes in a name", { "a'b": "c" }, "a'b", "c", { ab: "c" }],
    ["a backslash in a name", { "a\\b": "c" }, "a\\b", "c", { "a\\\\b": "c" }],
    ["brackets in a name", { "x[0]": "c" }, "x[0]", "c", { x: ["c"] }],
    ["a dollar in a name", { "$.x": "c" }, "$.x", "c", { x: "c" }],
    ["white space in a name", { " x ": "c" }, " x ", "c", { x: "c" }],
    ["unicode in a name", { größe: "c" }, "größe", "c", { grosse: "c" }],
    ["a name beyond the basic plane", { [ROCKET]: "c" }, ROCKET, "c", { x: "c" }],
    ["a name's case", { X: "c" }, "X", "c", { x: "c" }],
    ["a digit as a name", { "0": "c" }, "0", "c", { "00": "c" }],
    ["__proto__ as a name", JSON.parse('{"__proto__":"c"}'), "__proto__", "c", { x: "c" }],
    ["constructor as a name", { constructor: "c" }, "constructor", "c", { x: "c" }],
    ["a name that every object has", { toString: "c" }, "toString", "c", { x: "c" }],
    ["an empty name in a pointer", { "": "c" }, "/", "c", { x: "c" }],
  ])("%s", async (_name, claims, item, value, near) => {
    const tokens = [
      await tokenByTrust(service, holder, trust, claims),
      await tokenByTrust(service, holder, trust, near),
    ];
    expect(await deadAmong(tokens, { claims: [{ item, value }] })).toEqual([true, false]);
  });

  it("also in a token that the record cannot keep whole: what the trust judges is kept first", async () => {
    const own = await givenTrustIn(service, holder);
    const fat = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`a${index}`, LONG]));
    const tokens = [await tokenByTrust(service, holder, own, fat), await tokenByKey(service, holder)];
    const criteria = { issuer: own.stranger.issuer, claims: [{ item: "team", value: "shop" }] };
    expect(await deadAmong(tokens, criteria)).toEqual([true, false]);
  });
});

describe("claims together", () => {
  it.each<readonly [string, readonly Criterion[], Claims, readonly Claims[]]>([
    [
      "both",
      [
        { item: "x", value: "1" },
        { item: "y", value: "2" },
      ],
      { x: "1", y: "2" },
      [{ x: "1" }, { y: "2" }, { x: "2", y: "1" }],
    ],
    [
      "two members of one array",
      [
        { item: "g", value: "a" },
        { item: "g", value: "b" },
      ],
      { g: ["b", "a"] },
      [{ g: ["a"] }, { g: ["b"] }, { g: "a" }],
    ],
    [
      "eight, each four levels deep",
      Array.from({ length: 8 }, (_, index) => ({ item: `/c${index}/l3/l2/l1`, value: index })),
      Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`c${index}`, nested(3, index)])),
      [Object.fromEntries(Array.from({ length: 7 }, (_, index) => [`c${index}`, nested(3, index)]))],
    ],
  ])("%s", async (_name, claims, all, others) => {
    const tokens = await Promise.all(
      [all, ...others].map((one) => tokenByTrust(service, holder, trust, one)),
    );
    expect(await deadAmong(tokens, { claims })).toEqual([true, ...others.map(() => false)]);
  });
});

describe("whose foreign token it was", () => {
  it.each<readonly [string, { readonly issuer?: string; readonly kid?: string }]>([
    ["a plain issuer and kid", {}],
    ["an issuer with a path", { issuer: `https://ci.example.com/${freshName()}/a_b-c` }],
    // Two dots between long names: the record takes it for a token, and keeps it redacted.
    [
      "an issuer whose host looks like a token",
      { issuer: "https://kubernetes-oidc-production.company-infrastructure.example.com" },
    ],
    ["a kid with white space and quotes", { kid: `k 1'"` }],
    ["a kid that looks like a token", { kid: "cluster-a-signing-key.2026-01-production.v1" }],
    ["a kid of 1000 characters", { kid: "k".repeat(1000) }],
  ])("%s", async (_name, named) => {
    const own = await givenTrustIn(service, holder, named);
    const get = async () => [
      await tokenByTrust(service, holder, own),
      await tokenByTrust(service, holder, trust),
    ];
    const { issuer, kid } = own.stranger;
    expect(await deadAmong(await get(), { issuer }), "issuer").toEqual([true, false]);
    expect(await deadAmong(await get(), { issuerKeyId: kid }), "issuerKeyId").toEqual([true, false]);
  });

  it("nothing that was got by a key or a project token has claims", async () => {
    const own = await tokenByKey(service, holder);
    const claims = [{ item: "sub", value: holder.email }];
    expect((await service.call("POST", `${home.path}/revocations`, { issuer: "", claims })).status).toBe(400);
    expect(await deadAmong([own], { claims: [{ item: "team", value: "nobody" }] })).toEqual([false]);
  });
});
