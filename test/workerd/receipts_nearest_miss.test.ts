import { describe, expect, it } from "vitest";
import { givenStage, newIssuer, type Receipt, type Stage, strangersKey } from "./receipt_kit.ts";
import { must } from "./token_holders.ts";

/** What a refused token came nearest to; the patch that is told lets the same token in, and tells nothing else. */

const is = (item: string, value: unknown, operator = "equals") => ({ item, operator, value });
const now = () => Math.floor(Date.now() / 1000);

interface Row {
  readonly trust?: Record<string, unknown>;
  readonly assertions?: readonly object[];
  readonly claims?: () => Record<string, unknown>;
  readonly kinds: readonly string[];
  readonly patch: Record<string, unknown>;
}

const onlyAsserted = (
  asserted: object,
  received: Record<string, unknown>,
  kind: string,
  becomes: object,
): Row => ({
  assertions: [is("team", "shop"), asserted],
  claims: () => received,
  kinds: [kind],
  patch: { assertions: [is("team", "shop"), becomes] },
});

const MENDED: Readonly<Record<string, Row>> = {
  "a number that the token has as a text": onlyAsserted(
    is("run", 42),
    { run: "42" },
    "number_as_string",
    is("run", "42"),
  ),
  "a text that the token has as a number": onlyAsserted(
    is("run", "42"),
    { run: 42 },
    "string_as_number",
    is("run", 42),
  ),
  "a text that is a boolean": onlyAsserted(
    is("protected", "true"),
    { protected: true },
    "string_as_boolean",
    is("protected", true),
  ),
  "the case of letters": onlyAsserted(is("owner", "acme"), { owner: "Acme" }, "case", is("owner", "Acme")),
  "a branch without its prefix": onlyAsserted(
    is("ref", "main"),
    { ref: "refs/heads/main" },
    "ref_prefix",
    is("ref", "refs/heads/main"),
  ),
  "a claim written as a path": onlyAsserted(
    is("at.deep", "x"),
    { at: { deep: "x" } },
    "pointer",
    is("/at/deep", "x"),
  ),
  "the clock of the issuer, 70 s ahead": {
    claims: () => ({ iat: now() + 70 }),
    kinds: ["clock_ahead"],
    patch: { leeway: 70 },
  },
  "a token 90 s too late": {
    claims: () => ({ exp: now() - 90 }),
    kinds: ["expired"],
    patch: { leeway: expect.any(Number) },
  },
  "an older token": {
    trust: { maxTokenAge: 60 },
    claims: () => ({ iat: now() - 400 }),
    kinds: ["too_old"],
    patch: { maxTokenAge: expect.any(Number) },
  },
  "another audience": {
    claims: () => ({ aud: "https://deploy.shop.example.com" }),
    kinds: ["audience"],
    patch: { assertions: [is("team", "shop"), is("aud", "https://deploy.shop.example.com")] },
  },
  "two at once": {
    assertions: [is("team", "shop"), is("run", 42)],
    claims: () => ({ run: "42", iat: now() + 70 }),
    kinds: ["clock_ahead", "number_as_string"],
    patch: { leeway: 70, assertions: [is("team", "shop"), is("run", "42")] },
  },
  "a disabled trust": { trust: { disabled: true }, kinds: ["disabled"], patch: { disabled: false } },
  "a trust in shadow": { trust: { mode: "shadow" }, kinds: ["shadow"], patch: { mode: "enforce" } },
};

const stageOf = ({ trust = {}, assertions }: Pick<Row, "trust" | "assertions">) =>
  givenStage({ trust: { ...trust, ...(assertions === undefined ? {} : { assertions }) } });

/** The issuer's key is at hand, or is not: a refused token causes no fetch. */
const refused = async (stage: Stage, token: string): Promise<Receipt> => {
  const answer = await stage.exchange(token);
  if (answer.status !== 400) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
  return stage.receiptOf(answer);
};

describe("the patch, applied by PATCH, lets the same token in", () => {
  it.each(Object.entries(MENDED))("%s", async (_name, row) => {
    const stage = await stageOf(row);
    const token = await stage.issuer.sign(row.claims?.());
    const { nearestMiss, reason } = await refused(stage, token);
    expect(nearestMiss).toMatchObject({ trustId: stage.provider.id, trustName: "shop", kinds: row.kinds });
    expect(nearestMiss.patch).toEqual(row.patch);
    expect(nearestMiss.detail.length).toBeLessThanOrEqual(600);
    expect(reason).not.toBeNull();
    const before = (await stage.service.call("GET", stage.trustPath)).body;
    expect((await stage.exchange(token)).status).toBe(400);
    await must(stage.service, "PATCH", stage.trustPath, nearestMiss.patch);
    expect((await stage.exchange(token)).body).toHaveProperty("access_token");
    // And nobody else: what is none of its business stays as it was.
    const after = (await stage.service.call("GET", stage.trustPath)).body;
    for (const member of ["issuer", "jwks", "singleUse", "name"])
      expect(after[member]).toEqual(before[member]);
    expect(
      (await stage.exchange(await stage.issuer.sign({ ...row.claims?.(), team: "bakery" }))).status,
    ).toBe(400);
  });
});

describe("no patch is told", () => {
  it.each([
    ["a plain difference", { team: "bakery" }, "difference"],
    ["a claim that is not there", { team: undefined }, "absent"],
    ["an audience that others take for theirs", { aud: "sts.amazonaws.com" }, "audience"],
    ["a token for several", { aud: ["https://a.example.com", "https://b.example.com"] }, "audience"],
    ["a clock far ahead", { iat: now() + 4000 }, "clock_ahead"],
    ["a token that was found in a log", { exp: now() - 86_400 }, "expired"],
  ])("%s", async (_name, claims, kind) => {
    const stage = await givenStage();
    const { nearestMiss } = await refused(stage, await stage.issuer.sign(claims));
    expect(nearestMiss).toMatchObject({ kinds: [kind], patch: null });
  });

  it("where no trust comes near, or all was granted", async () => {
    const stage = await givenStage();
    const stranger = await newIssuer();
    expect((await refused(stage, await stranger.sign())).nearestMiss).toBeNull();
    await stage.exchange(await stage.issuer.sign());
    const { id } = await stage.lastReceipt();
    expect((await stage.service.call("GET", `/v1/receipts/${id}`)).body.nearestMiss).toBeNull();
  });

  it("for a token whose signature is somebody else's", async () => {
    const stage = await givenStage({ trust: { assertions: [is("team", "shop"), is("run", 42)] } });
    await stage.exchange(await stage.issuer.sign({ run: 42 }));
    const forged = await stage.issuer.sign({ run: "42" }, {}, await strangersKey());
    const { signature, nearestMiss } = await refused(stage, forged);
    expect([signature, nearestMiss?.patch ?? null]).toEqual(["invalid", null]);
  });
});

describe("nothing is said to pass that would not", () => {
  const now = Math.floor(Date.now() / 1000);
  it.each([
    ["signature_invalid", async (s: Stage) => s.exchange(await s.issuer.sign({}, {}, await strangersKey()))],
    ["key_not_found", async (s: Stage) => s.exchange(await s.issuer.sign({}, { kid: "nobodys" }))],
    [
      "target_not_allowed",
      async (s: Stage) => s.exchange(await s.issuer.sign(), { audience: "https://n.example" }),
    ],
    [
      "assertion_replayed",
      async (s: Stage) => {
        await must(s.service, "PATCH", s.trustPath, { singleUse: true });
        const token = await s.issuer.sign({ exp: now + 500 });
        await s.exchange(token);
        return s.exchange(token);
      },
    ],
    [
      "account_disabled",
      async (s: Stage) => {
        await must(s.service, "PATCH", `${s.accounts}/deployer`, { disabled: true });
        return s.exchange(await s.issuer.sign());
      },
    ],
  ])("%s, the trust being as it was", async (reason, attempt) => {
    const stage = await givenStage();
    const receipt = await stage.receiptOf(await attempt(stage));
    expect(receipt.reason).toBe(reason);
    expect(receipt.nearestMiss?.kinds ?? []).not.toContain("passes_now");
  });

  it("but what passes since the trust was changed is said to", async () => {
    const stage = await givenStage();
    const answer = await stage.exchange(await stage.issuer.sign({ team: "bakery" }));
    await must(stage.service, "PATCH", stage.trustPath, { assertions: [is("team", "bakery")] });
    expect((await stage.receiptOf(answer)).nearestMiss).toMatchObject({ kinds: ["passes_now"], patch: null });
  });
});
