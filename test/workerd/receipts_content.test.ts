import { describe, expect, it } from "vitest";
import { assertionOf, type KeyFile, keyFlow } from "./credentials.ts";
import { startService } from "./harness.ts";
import { forgedBy } from "./own_keys.ts";
import {
  emptyKv,
  givenStage,
  newIssuer,
  type Receipt,
  type Stage,
  stagesOf,
  strangersKey,
} from "./receipt_kit.ts";
import { must } from "./token_holders.ts";

/** What a receipt says: how far an exchange came, what was expected and what came, by which key, and by which clock. */

const AFTER = ["account", "token", "trust", "claims", "key", "signature", "use", "target"];
/** All that comes after a stage is not reached. */
const endedAt = (stage: string, more: Record<string, string> = {}) => ({
  [stage]: "failed",
  ...Object.fromEntries(AFTER.slice(AFTER.indexOf(stage) + 1).map((name) => [name, "not_reached"])),
  ...more,
});
/** The key was at hand, and the signature good, though the terms are not met. */
const unmet = { claims: "failed", use: "not_reached", target: "not_reached" };

type Step = (stage: Stage) => Promise<Receipt>;
const refusedBy =
  (claims: Record<string, unknown>, header = {}, form = {}): Step =>
  async (stage) =>
    stage.receiptOf(await stage.exchange(await stage.issuer.sign(claims, header), form));
const patched =
  (path: (stage: Stage) => string, change: object): Step =>
  async (stage) => {
    await must(stage.service, "PATCH", path(stage), change);
    return refusedBy({})(stage);
  };

const STAGES: readonly (readonly [string, Step, string, string, Record<string, string>])[] = [
  [
    "no JWT",
    async (s) => s.receiptOf(await s.exchange("a.b.c")),
    "token_malformed",
    "not_checked",
    endedAt("token"),
  ],
  [
    "an issuer of nobody's",
    refusedBy({ iss: "https://x.example" }),
    "issuer_not_trusted",
    "not_checked",
    endedAt("trust"),
  ],
  ["a claim", refusedBy({ team: "x" }), "assertion_failed", "valid", unmet],
  ["its time", refusedBy({ exp: 1 }), "token_expired", "valid", unmet],
  ["its audience", refusedBy({ aud: "else" }), "audience_mismatch", "valid", unmet],
  [
    "a kid that is not published",
    refusedBy({}, { kid: "nobodys" }),
    "key_not_found",
    "not_checked",
    endedAt("key"),
  ],
  [
    "the signature of somebody else",
    async (s) => s.receiptOf(await s.exchange(await s.issuer.sign({}, {}, await strangersKey()))),
    "signature_invalid",
    "invalid",
    endedAt("signature"),
  ],
  [
    "the audience that was asked for",
    refusedBy({}, {}, { audience: "https://n.example" }),
    "target_not_allowed",
    "valid",
    { target: "failed" },
  ],
  [
    "a disabled account",
    patched((s) => `${s.accounts}/deployer`, { disabled: true }),
    "account_disabled",
    "not_checked",
    endedAt("account"),
  ],
  [
    "a disabled project",
    patched((s) => s.root, { disabled: true }),
    "project_disabled",
    "not_checked",
    endedAt("account"),
  ],
  [
    "a disabled trust",
    patched((s) => s.trustPath, { disabled: true }),
    "issuer_not_trusted",
    "not_checked",
    endedAt("trust"),
  ],
  [
    "a trust in shadow: its terms are met",
    patched((s) => s.trustPath, { mode: "shadow" }),
    "trust_in_shadow",
    "valid",
    { trust: "failed", use: "not_reached", target: "not_reached" },
  ],
  [
    "a second use",
    async (s) => {
      await must(s.service, "PATCH", s.trustPath, { singleUse: true });
      const token = await s.issuer.sign();
      await s.exchange(token);
      return s.receiptOf(await s.exchange(token));
    },
    "assertion_replayed",
    "valid",
    { use: "failed", target: "not_reached" },
  ],
];

describe("how far a refused exchange came, the issuer's key at hand", () => {
  it.each(STAGES)("%s", async (_name, step, reason, signature, stages) => {
    const stage = await givenStage();
    await stage.exchange(await stage.issuer.sign());
    const receipt = await step(stage);
    expect(receipt).toMatchObject({ reason, signature });
    expect(stagesOf(receipt)).toEqual(stages);
  });

  it("and where it is not: nothing is checked by it, and nobody vouches for what is shown", async () => {
    await emptyKv();
    const stage = await givenStage();
    const receipt = await refusedBy({ team: "x", iat: 1 })(stage);
    expect(stagesOf(receipt)).toEqual(endedAt("claims"));
    expect(receipt).toMatchObject({
      signature: "not_checked",
      keySource: null,
      kid: stage.issuer.kid,
      claimsVerified: false,
      claims: { team: "x", sub: "job" },
    });
    expect(stage.issuer.asked()).toBe(0);
  });
});

describe("by which key", () => {
  it("from the issuer first, then from memory, in the next isolate from KV", async () => {
    await emptyKv();
    const stage = await givenStage();
    const sibling = startService({ fetch: stage.issuer.fetch });
    const sources: unknown[] = [];
    for (const service of [stage.service, stage.service, sibling, sibling]) {
      const token = await stage.issuer.sign();
      const form = { grant_type: "client_credentials", client_id: stage.account.email };
      const type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
      await service.exchange({ ...form, client_assertion_type: type, client_assertion: token });
      const { keySource, kid, signature, claimsVerified } = await stage.lastReceipt();
      expect([kid, signature, claimsVerified]).toEqual([stage.issuer.kid, "valid", true]);
      sources.push(keySource);
    }
    expect(sources).toEqual(["issuer", "memory", "kv", "memory"]);
    expect(stage.issuer.asked()).toBe(2);
  });

  it("one that was uploaded, or the account's own, or none", async () => {
    const issuer = await newIssuer();
    const stage = await givenStage({ issuer, trust: { jwks: issuer.jwks } });
    await stage.exchange(await issuer.sign());
    expect(await stage.lastReceipt()).toMatchObject({ keySource: "upload", signature: "valid" });
    const keys = `${stage.accounts}/deployer/keys`;
    const { body: file } = await must(stage.service, "POST", keys, { algorithm: "ED25519" });
    await keyFlow(stage.service, await assertionOf(file));
    const own = { keySource: "account", signature: "valid", kid: file.id, trusts: [] };
    expect(await stage.lastReceipt()).toMatchObject(own);
    const tokens = `${stage.accounts}/deployer/project-tokens`;
    const { body } = await must(stage.service, "POST", tokens, { name: "t" });
    await stage.exchange(body.token);
    expect(await stage.lastReceipt()).toMatchObject({
      keySource: null,
      signature: "not_checked",
      clock: null,
    });
    expect(issuer.asked()).toBe(0);
  });
});

describe("how far an assertion by the account's own key came", () => {
  const reached = { use: "not_reached", target: "not_reached" };
  it.each([
    ["key_inactive", { active: false }, {}, "valid", { key: "failed", ...reached }],
    ["key_not_found", {}, { kid: crypto.randomUUID() }, "not_checked", endedAt("key")],
    ["audience_mismatch", {}, { aud: "else" }, "valid", { claims: "failed", ...reached }],
    ["signature_invalid", {}, { forged: true }, "invalid", { signature: "failed", ...reached }],
  ])("%s", async (reason, change, { kid, forged, ...claims }: Record<string, unknown>, signature, stages) => {
    const stage = await givenStage();
    const keys = `${stage.accounts}/deployer/keys`;
    const make = async () =>
      (await must(stage.service, "POST", keys, { algorithm: "ED25519" })).body as KeyFile;
    const [file, other] = [await make(), await make()];
    await must(stage.service, "PATCH", `${keys}/${file.id}`, change);
    const header = kid === undefined ? {} : { kid };
    const signed = forged === undefined ? assertionOf(file, claims, header) : forgedBy(file, other);
    const receipt = await stage.receiptOf(await keyFlow(stage.service, await signed));
    expect(receipt).toMatchObject({ reason, signature });
    expect(stagesOf(receipt)).toEqual(stages);
  });
});

describe("by which clock", () => {
  it.each([
    [{}, { exp: 600, iat: 0 }],
    [
      { iat: 30, nbf: -5 },
      { exp: 600, iat: 30, nbf: -5 },
    ],
    [
      { exp: -90, iat: -3600 },
      { exp: -90, iat: -3600 },
    ],
    [{ iat: undefined }, { exp: 600 }],
  ])("%j is seconds from ours", async (shifts, clock) => {
    const nowMs = Date.now();
    const issuer = await newIssuer(undefined, () => nowMs);
    const stage = await givenStage({ issuer, overrides: { nowMs: () => nowMs } });
    const now = Math.floor(nowMs / 1000);
    const times = Object.entries(shifts).map(([name, shift]) => [
      name,
      shift === undefined ? undefined : now + shift,
    ]);
    await stage.exchange(await issuer.sign(Object.fromEntries(times)));
    expect((await stage.lastReceipt()).clock).toEqual(clock);
  });
});
