import { describe, expect, it } from "vitest";
import { type Answer, startService } from "./harness.ts";
import { must } from "./token_holders.ts";
import { addTrust, givenOwnTrust, receiptOf, TEAM, verdictOf } from "./trust_kit.ts";

const service = startService();
const MAIN = { item: "ref", operator: "equals", value: "main" } as const;
const SHADOW = { ...MAIN, mode: "shadow" } as const;

type Given = Awaited<ReturnType<typeof givenOwnTrust>>;

/** One more trust of the same issuer and keys. */
function beside(given: Given, input: Record<string, unknown>) {
  const jwks = { keys: [given.key.jwk] };
  return addTrust(service, given, { issuer: given.issuer, assertions: [TEAM], jwks, ...input });
}

/** The youngest receipt of the project. */
async function lastReceipt({ path }: Given): Promise<Answer["body"]> {
  return (await must(service, "GET", `${path.split("/service-accounts")[0]}/receipts?pageSize=1`)).body
    .items[0];
}

describe("an assertion in shadow", () => {
  it.each<[string, Record<string, unknown>, string, boolean]>([
    ["that holds", { team: "shop", ref: "main" }, "granted", true],
    ["that fails", { team: "shop", ref: "dev" }, "granted", false],
    ["whose claim is absent", { team: "shop" }, "granted", false],
    ["that holds where an enforced one fails", { team: "blog", ref: "main" }, "assertion_failed", true],
    ["that fails where an enforced one does", { team: "blog", ref: "dev" }, "assertion_failed", false],
  ])("%s is told, and decides nothing", async (_name, claims, verdict, holds) => {
    const given = await givenOwnTrust(service, { assertions: [SHADOW, TEAM] });
    expect(await given.verdict(claims)).toBe(verdict);
    const { trusts, outcome, detail } = await lastReceipt(given);
    expect(outcome).toBe(verdict === "granted" ? "granted" : "refused");
    expect(trusts[0].assertions).toMatchObject([
      { item: "ref", mode: "shadow", holds, received: claims.ref ?? null },
      { item: "team", holds: verdict === "granted" },
    ]);
    if (verdict !== "granted") expect(detail).not.toContain("ref");
  });

  it("on aud is none: without an enforced one the token has to be made for us", async () => {
    const aud = { item: "aud", operator: "equals", value: "elsewhere" } as const;
    const watched = await givenOwnTrust(service, { assertions: [TEAM, { ...aud, mode: "shadow" }] });
    expect(await watched.verdict({ team: "shop", aud: "elsewhere" })).toBe("audience_mismatch");
    expect(await watched.verdict({ team: "shop" })).toBe("granted");
    const enforced = await givenOwnTrust(service, { assertions: [TEAM, aud] });
    expect(await enforced.verdict({ team: "shop", aud: "elsewhere" })).toBe("granted");
  });

  it("is enforced once its mode is taken away or said", async () => {
    const given = await givenOwnTrust(service, { assertions: [TEAM, SHADOW] });
    expect(await given.verdict({ team: "shop", ref: "dev" })).toBe("granted");
    for (const assertion of [MAIN, { ...MAIN, mode: "enforce" }]) {
      await must(service, "PATCH", given.path, { assertions: [TEAM, assertion] });
      expect(await given.verdict({ team: "shop", ref: "dev" })).toBe("assertion_failed");
      expect(await given.verdict({ team: "shop", ref: "main" })).toBe("granted");
    }
  });
});

describe("a trust in shadow", () => {
  it("never grants, and says that it would have", async () => {
    const given = await givenOwnTrust(service, { mode: "shadow" });
    const answer = await given.exchange({ team: "shop" });
    expect([answer.status, answer.body.error]).toEqual([400, "invalid_request"]);
    const { reason, signature, trusts } = await receiptOf(service, answer);
    expect([reason, signature]).toEqual(["trust_in_shadow", "valid"]);
    expect(trusts).toMatchObject([{ id: given.id, mode: "shadow", holds: true, reason: null }]);
    const shown = await given.read();
    expect([shown.exchanges, shown.lastUsedAt]).toEqual([0, null]);
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>, string]>([
    ["an assertion that fails", {}, { team: "blog" }, "assertion_failed"],
    ["another audience", {}, { team: "shop", aud: "elsewhere" }, "audience_mismatch"],
    ["its age", { maxTokenAge: 1 }, { team: "shop", iat: 1 }, "token_too_old"],
  ])("is no reason to say so where it would not: %s", async (_name, input, claims, reason) => {
    const given = await givenOwnTrust(service, { mode: "shadow", ...input });
    expect(await given.verdict(claims)).toBe(reason);
  });

  it("spends and learns nothing", async () => {
    const github = await givenOwnTrust(service, {
      mode: "shadow",
      singleUse: true,
      issuer: "https://token.actions.githubusercontent.com",
      assertions: [{ item: "repository", operator: "equals", value: "acme/shop" }, MAIN],
      acknowledge: ["mutable_name", "pull_requests"],
    });
    const token = await github.sign({ repository: "acme/shop", repository_id: "1", ref: "main" });
    for (let use = 0; use < 2; use++)
      expect(await verdictOf(service, await github.present(token))).toBe("trust_in_shadow");
    expect((await github.read()).learnedIds).toEqual([]);
    await must(service, "PATCH", github.path, { mode: "enforce" });
    expect(await verdictOf(service, await github.present(token))).toBe("granted");
    expect((await github.read()).learnedIds).toHaveLength(1);
  });

  it.each(["before", "after"])(
    "%s a good one: that one grants, and the receipt tells both",
    async (place) => {
      const given = await givenOwnTrust(service, { mode: place === "before" ? "shadow" : "enforce" });
      const other = await beside(given, { mode: place === "before" ? "enforce" : "shadow" });
      expect(await given.verdict({ team: "shop" })).toBe("granted");
      const { trusts } = await lastReceipt(given);
      const [shadow, enforced] = place === "before" ? [given.id, other.id] : [other.id, given.id];
      const told = trusts.map(({ id, mode, holds }: Answer["body"]) => `${id} ${mode} ${holds}`);
      expect(told.toSorted()).toEqual([`${enforced} enforce true`, `${shadow} shadow true`].toSorted());
      const uses = await must(service, "GET", given.providers);
      const counted = uses.body.items.map(({ id, exchanges, refusals }: Answer["body"]) => [
        id,
        exchanges,
        refusals,
      ]);
      expect(new Map(counted.map(([id, ...rest]: [string]) => [id, rest]))).toEqual(
        new Map([
          [enforced, [1, 0]],
          [shadow, [0, 0]],
        ]),
      );
    },
  );

  it("is told beside a good one also where it would refuse", async () => {
    const given = await givenOwnTrust(service);
    const other = await beside(given, { mode: "shadow", assertions: [TEAM, MAIN] });
    expect(await given.verdict({ team: "shop", ref: "dev" })).toBe("granted");
    const { trusts } = await lastReceipt(given);
    const told = trusts.find(({ id }: Answer["body"]) => id === other.id);
    expect(told).toMatchObject({ mode: "shadow", holds: false, reason: "assertion_failed" });
  });

  it("beside one that refuses, all that it says is that it would grant", async () => {
    const given = await givenOwnTrust(service, { assertions: [TEAM, MAIN] });
    await beside(given, { mode: "shadow" });
    expect(await given.verdict({ team: "shop", ref: "dev" })).toBe("trust_in_shadow");
    expect(await given.verdict({ team: "blog", ref: "dev" })).toBe("assertion_failed");
    expect(await given.verdict({ team: "shop", ref: "main" })).toBe("granted");
  });

  it("needs its own keys too", async () => {
    const given = await givenOwnTrust(service, { mode: "shadow" });
    const other = await givenOwnTrust(service, { issuer: given.issuer });
    expect(await verdictOf(service, await given.present(await other.sign({ team: "shop" })))).toBe(
      "signature_invalid",
    );
  });

  it("is promoted by PATCH, and demoted again", async () => {
    const given = await givenOwnTrust(service, { mode: "shadow" });
    for (const [mode, verdict] of [
      ["enforce", "granted"],
      ["shadow", "trust_in_shadow"],
      ["enforce", "granted"],
    ]) {
      const changed = await must(service, "PATCH", given.path, { mode });
      expect(changed.body).toMatchObject({ mode, assertions: [TEAM] });
      expect(await given.verdict({ team: "shop" })).toBe(verdict);
    }
    expect(await given.read()).toMatchObject({ exchanges: 2 });
  });

  it("that is disabled is not even watched", async () => {
    const given = await givenOwnTrust(service, { mode: "shadow", disabled: true });
    expect(await given.verdict({ team: "shop" })).toBe("issuer_not_trusted");
  });
});
