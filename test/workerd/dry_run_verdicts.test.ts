import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assertionOf } from "./credentials.ts";
import { exchangeOf } from "./harness.ts";
import { dryRun, givenStage, homeOf, type Receipt, type Stage, strangersKey } from "./receipt_kit.ts";
import { bind, givenApi } from "./role_kit.ts";
import { must } from "./token_holders.ts";

/** A dry run is judged as the exchange itself is. */

const is = (item: string, value: unknown, operator = "equals") => ({ item, operator, value });
const verdictOf = ({ outcome, reason, detail, stages, trusts, nearestMiss, signature }: Receipt) => ({
  outcome,
  reason,
  detail: outcome === "granted" ? null : detail,
  stages: stages.filter(({ stage }: Receipt) => stage !== "use"),
  trusts,
  nearestMiss: nearestMiss ?? null,
  signature,
});

/** The receipt of the exchange itself. */
async function exchanged(stage: Stage, form: Record<string, string>): Promise<Receipt> {
  await stage.service.exchange(form);
  const { id } = await stage.lastReceipt();
  return (await stage.service.call("GET", `/v1/receipts/${id}`)).body;
}

type Case = readonly [
  string,
  (stage: Stage) => Promise<{ token: string; form?: Record<string, string> }>,
  string | null,
];
const token =
  (claims: Record<string, unknown>, form: Record<string, string> = {}, header = {}): Case[1] =>
  async ({ issuer }) => ({ token: await issuer.sign(claims, header), form });
const patched =
  (change: object, claims = {}): Case[1] =>
  async (stage) => {
    await must(stage.service, "PATCH", stage.trustPath, change);
    return token(claims)(stage);
  };
const now = Math.floor(Date.now() / 1000);

const CASES: readonly Case[] = [
  ["good", token({}), null],
  ["a claim", token({ team: "x" }), "assertion_failed"],
  ["its time", token({ exp: now - 1000 }), "token_expired"],
  ["a time to come", token({ iat: now + 1000 }), "token_not_yet_valid"],
  ["a life too long", token({ exp: now + 30 * 86_400 }), "token_lifetime_excessive"],
  ["its audience", token({ aud: "x" }), "audience_mismatch"],
  ["its issuer", token({ iss: "https://x.example" }), "issuer_not_trusted"],
  ["its kid", token({}, {}, { kid: "nobodys" }), "key_not_found"],
  ["its type", token({}, {}, { typ: "logout+jwt" }), "token_type_not_allowed"],
  ["no JWT", async () => ({ token: "a.b.c" }), "token_malformed"],
  [
    "somebody else's signature",
    async ({ issuer }) => ({ token: await issuer.sign({}, {}, await strangersKey()) }),
    "signature_invalid",
  ],
  ["a disabled trust", patched({ disabled: true }), "issuer_not_trusted"],
  ["a trust in shadow", patched({ mode: "shadow" }), "trust_in_shadow"],
  ["too old", patched({ maxTokenAge: 60 }, { iat: now - 500 }), "token_too_old"],
  ["an audience of the account's", token({}, { audience: "https://api.example.com" }), null],
  ["an audience of nobody's", token({}, { audience: "https://n.example.com" }), "target_not_allowed"],
  ["a scope that it has", token({}, { audience: "https://api.example.com", scope: "orders:read" }), null],
  [
    "a scope that it has not",
    token({}, { audience: "https://api.example.com", scope: "orders:write" }),
    "scope_not_granted",
  ],
  ["for another party", token({ may_act: { sub: "somebody" } }), "may_act_mismatch"],
];

async function givenTarget(): Promise<Stage> {
  const stage = await givenStage();
  const home = homeOf(stage);
  await givenApi(stage.service, home, { audience: "https://api.example.com" });
  const { body } = await must(stage.service, "POST", home.roles, {
    name: "reader",
    permissions: ["orders:read"],
  });
  await bind(stage.service, home, stage.account, body.name);
  await stage.exchange(await stage.issuer.sign());
  return stage;
}

/** Between one try and the next a second may turn. */
const timeless = (verdict: unknown): unknown =>
  JSON.parse(JSON.stringify(verdict).replaceAll(/\d+ s\b/g, "N s"));

describe("the verdict is the exchange's", () => {
  it.each(CASES)("%s", async (_name, given, reason) => {
    const stage = await givenTarget();
    const { token: text, form = {} } = await given(stage);
    const { audience, scope } = form;
    const wanted = { ...(audience && { audience }), ...(scope && { scope: scope.split(" ") }) };
    const evaluated = (await stage.evaluate({ token: text, ...wanted })).body;
    const asked = exchangeOf(text, stage.account.email, form);
    const dry = (await dryRun(stage, asked)).body;
    const real = await exchanged(stage, asked);
    expect([evaluated.dryRun, dry.dryRun, real.dryRun]).toEqual([true, true, false]);
    expect(real.reason).toBe(reason);
    expect(timeless(verdictOf(evaluated))).toEqual(timeless(verdictOf(real)));
    expect(timeless(verdictOf(dry))).toEqual(timeless(verdictOf(real)));
  });

  it("whatever the claims and the trust", async () => {
    const value = fc.constantFrom<unknown>("a", "A", "b", 1, "1", true, null, undefined, ["a", "b"], {
      x: 1,
    });
    const operator = fc.constantFrom("equals", "notEquals");
    const assertion = fc.record({
      item: fc.constantFrom("x", "y", "/at/x"),
      operator,
      value: fc.constantFrom("a", "a", "b", 1),
    });
    const claims = fc.record(
      { x: value, y: value, at: value, aud: fc.constantFrom(undefined, undefined, undefined, "else") },
      { requiredKeys: ["x"] },
    );
    const shift = fc.constantFrom(0, 0, 50, 90);
    const trust = fc.record({
      leeway: fc.constantFrom(null, 0, 100),
      maxTokenAge: fc.constantFrom(null, 60),
    });
    const all = fc.record({
      claims,
      trust,
      ahead: shift,
      others: fc.array(assertion, { maxLength: 2 }),
      isForged: fc.constantFrom(true, false, false, false),
    });
    const stage = await givenStage();
    let [granted, refused] = [0, 0];
    await fc.assert(
      fc.asyncProperty(all, async ({ claims: { aud, ...said }, trust: terms, ahead, others, isForged }) => {
        const assertions = [
          is("team", "shop"),
          ...others.filter(({ item }, at) => others.findIndex((one) => one.item === item) === at),
        ];
        await must(stage.service, "PATCH", stage.trustPath, { ...terms, assertions });
        const at = Math.floor(Date.now() / 1000) + ahead;
        const all = { ...said, ...(aud && { aud }), iat: at - 45, exp: at + 500 };
        const text = await stage.issuer.sign(all, {}, isForged ? await strangersKey() : undefined);
        const evaluated = (await stage.evaluate({ token: text })).body;
        const real = await exchanged(stage, exchangeOf(text, stage.account.email));
        expect([evaluated.outcome, evaluated.reason]).toEqual([real.outcome, real.reason]);
        if (real.outcome === "granted") granted += 1;
        else refused += 1;
      }),
      { numRuns: 50 },
    );
    expect(granted).toBeGreaterThan(2);
    expect(refused).toBeGreaterThan(2);
  });
});

describe("one trust alone", () => {
  const PINNED = { assertions: [is("sub", "one")] };
  const byTrust = async (stage: Stage, id: string, body: object): Promise<Receipt> =>
    (await stage.service.call("POST", `${stage.providers}/${id}/evaluate`, body)).body;
  const addTrust = async (stage: Stage, more: object): Promise<string> =>
    (await must(stage.service, "POST", stage.providers, { name: "two", issuer: stage.issuer.url, ...more }))
      .body.id;

  it("lets in what it does, whatever the others would", async () => {
    const stage = await givenStage();
    const other = await addTrust(stage, { assertions: [is("team", "bakery")] });
    const text = await stage.issuer.sign({ team: "bakery" });
    expect(await byTrust(stage, other, { token: text })).toMatchObject({ outcome: "granted" });
    const refused = await byTrust(stage, stage.provider.id, { token: text });
    expect(refused).toMatchObject({
      reason: "assertion_failed",
      trusts: [{ id: stage.provider.id, holds: false }],
    });
  });

  it("is told why, also where the token is found to be another's", async () => {
    const stage = await givenStage({ trust: PINNED });
    const other = await addTrust(stage, { assertions: [is("sub", "two")] });
    const refused = await byTrust(stage, other, { token: await stage.issuer.sign({ sub: "one" }) });
    expect(refused).toMatchObject({
      reason: "assertion_failed",
      trusts: [{ id: other, assertions: [{ item: "sub", value: "two", holds: false, received: "one" }] }],
    });
  });

  it("in shadow says what it would do", async () => {
    const stage = await givenStage();
    const watching = await addTrust(stage, { assertions: [is("team", "bakery")], mode: "shadow" });
    const text = await stage.issuer.sign({ team: "bakery" });
    expect(await byTrust(stage, watching, { token: text })).toMatchObject({
      reason: "trust_in_shadow",
      trusts: [{ id: watching, mode: "shadow", holds: true }],
    });
  });

  it("lets nothing in that has nothing to do with it", async () => {
    const stage = await givenStage();
    const account = `${stage.accounts}/deployer`;
    const { body: file } = await must(stage.service, "POST", `${account}/keys`, { algorithm: "ED25519" });
    const { body: own } = await must(stage.service, "POST", `${account}/project-tokens`, { name: "t" });
    for (const text of [await assertionOf(file), own.token]) {
      expect((await byTrust(stage, stage.provider.id, { token: text })).outcome).toBe("refused");
    }
  });
});
