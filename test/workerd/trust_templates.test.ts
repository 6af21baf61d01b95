import { beforeAll, describe, expect, it } from "vitest";
import type { Samples } from "../../src/trust/templates/template.ts";
import { SAMPLES } from "../unit/trust/templates/samples.ts";
import { type Answer, type Service, startService } from "./harness.ts";
import { newIssuerKey } from "./identity_provider_kit.ts";
import { givenOwnTrust, merge, receiptOf } from "./trust_kit.ts";

/** Every template, from its name and parameters to a token: what is shown is what was expanded, and what it lets in. */

/** As the samples have it. */
const service: Service = startService({}, { ISSUER_URL: "https://sts.example.com" });
let key: Awaited<ReturnType<typeof newIssuerKey>>;
beforeAll(async () => {
  key = await newIssuerKey();
});

type Claims = Readonly<Record<string, unknown>>;

function parametersOf({ template, parameters = {} }: Samples): Record<string, string> {
  const examples = Object.entries(template.parameters).map(([name, { example }]) => [name, example]);
  const all = { ...Object.fromEntries(examples), ...parameters } as Record<string, string | undefined>;
  return JSON.parse(JSON.stringify(all));
}

/** What is no token at all does not come as far as a trust: a `sub` that is a number, no `iss`. */
const UNREADABLE: Readonly<Record<string, string>> = { claim_malformed: "sub", claim_missing: "iss" };

/** `granted`, or what the receipt says: the items that fail, or the issuer, or the audience. */
async function told(answer: Answer): Promise<{ reason: string; failing: readonly string[] }> {
  if (answer.status === 200) return { reason: "granted", failing: [] };
  const { reason, trusts, detail } = await receiptOf(service, answer);
  const assertions = trusts.flatMap((trust: { assertions: unknown[] }) => trust.assertions);
  const failing = assertions.filter(({ holds }: { holds: boolean }) => !holds);
  for (const { item } of failing) expect(detail).toContain(item);
  return { reason, failing: failing.map(({ item }: { item: string }) => item) };
}

describe.each(SAMPLES.map((samples) => [samples.template.name, samples] as const))("%s", (name, samples) => {
  const { template, variants, neighbours } = samples;
  let given: Awaited<ReturnType<typeof givenOwnTrust>>;
  beforeAll(async () => {
    const input = { template: name, name: undefined, parameters: parametersOf(samples) };
    const written = { issuer: undefined, assertions: undefined };
    given = await givenOwnTrust(service, { ...input, ...written }, { key });
  });
  const exchange = (claims: Claims): Promise<Answer> =>
    given.exchange({
      iss: undefined,
      ...(merge({ aud: service.url, ...template.sample }, claims) as Claims),
    });

  it("is stored as plain assertions, under its own name", async () => {
    const shown = await given.read();
    expect(shown).toMatchObject({ name, template: name, mode: "enforce", acknowledged: [] });
    expect(shown.singleUse).toBe(template.singleUse ?? false);
    expect(shown.maxTokenAge).toBe(template.maxTokenAge ?? null);
    expect(shown.assertions.length).toBeGreaterThan(0);
    expect(JSON.stringify([shown.issuer, shown.assertions])).not.toMatch(/<[A-Za-z]+>/);
    expect(shown.breadth).not.toBe("");
    expect(given.made.body).toEqual(shown);
  });

  it("lets its own sample in", async () => {
    expect(await told(await exchange({}))).toEqual({ reason: "granted", failing: [] });
  });

  it.each(variants)("lets in: $name", async ({ claims }) => {
    expect(await told(await exchange(claims))).toEqual({ reason: "granted", failing: [] });
  });

  it.each(neighbours)("refuses: $name", async ({ claims, refusedBy }) => {
    const answer = await exchange(claims);
    expect([answer.status, answer.body.error]).toEqual([400, "invalid_request"]);
    const { reason, failing } = await told(answer);
    if (Object.hasOwn(UNREADABLE, reason)) expect(refusedBy).toBe(UNREADABLE[reason]);
    else if (refusedBy === "iss") expect(reason).toBe("issuer_not_trusted");
    else if (refusedBy === "aud") expect(reason).toBe("audience_mismatch");
    else expect([reason, failing[0]]).toEqual(["assertion_failed", refusedBy]);
  });

  it("its tokens are counted, and what it shows says the same as a trust written by hand", async () => {
    const { exchanges, assertions, issuer } = await given.read();
    expect(exchanges).toBe(1 + variants.length);
    const { singleUse, maxTokenAge } = template;
    const byHand = { issuer, assertions, ...(singleUse ? { singleUse } : {}) };
    const aged = maxTokenAge === undefined ? byHand : { ...byHand, maxTokenAge };
    const twin = await givenOwnTrust(service, aged, { key });
    const { template: none, ...rest } = await twin.read();
    expect([none, rest.assertions, rest.issuer]).toEqual([null, assertions, issuer]);
  });
});
