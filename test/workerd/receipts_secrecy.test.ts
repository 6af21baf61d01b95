import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Answer } from "./harness.ts";
import { givenStage, looseToken, newIssuer, type Stage, stageIn, strangersKey } from "./receipt_kit.ts";
import { must } from "./token_holders.ts";

/** No answer, receipt, event or log line holds a token, wherever somebody put one. */

/** What of a presented token nobody may see again: its signature. */
const signatureOf = (token: string) => token.slice(token.lastIndexOf(".") + 1);

/** Everything that is left of what was tried: answers, receipts, events as they are stored, log lines. */
async function tracesOf(stage: Stage, answers: readonly Answer[]): Promise<string> {
  const { service, root } = stage;
  const said = answers.map(({ headers, body }) => [[...headers], { ...body, access_token: undefined }]);
  const uris = answers
    .flatMap(({ body }) => body?.error_uri ?? [])
    .map((uri) => uri.slice(service.url.length));
  const paths = [`${root}/receipts?pageSize=200`, `${root}/audit-events?pageSize=200`, ...uris];
  const read = await Promise.all(paths.map(async (path) => (await service.call("GET", path)).body));
  const rows = (await env.DB.prepare("SELECT * FROM audit_event ORDER BY id DESC LIMIT 40").all()).results;
  return JSON.stringify([said, read, rows, service.log]);
}

/** Where a caller may put what he likes. */
interface Place {
  readonly claims?: (text: string) => Record<string, unknown>;
  readonly header?: (text: string) => Record<string, unknown>;
  readonly form?: (text: string) => Record<string, string>;
}
const claim = (name: string): Place => ({ claims: (text) => ({ [name]: text }) });
const field = (name: string): Place => ({ form: (text) => ({ [name]: text }) });
const member = (name: string): Place => ({ header: (text) => ({ [name]: text }) });

const PLACES: Readonly<Record<string, Place>> = {
  "an asserted claim": claim("team"),
  "another claim": claim("note"),
  "a list": { claims: (text) => ({ list: ["a", text] }) },
  "an asserted list": { claims: (text) => ({ team: ["a", text] }) },
  "a claim within": { claims: (text) => ({ at: { deep: { down: text } } }) },
  "a name of a claim": { claims: (text) => ({ [text]: 1 }) },
  "a name within": { claims: (text) => ({ at: { [text]: 1 } }) },
  sub: claim("sub"),
  "sub, of an unmet token": { claims: (text) => ({ sub: text, team: "x" }) },
  iss: claim("iss"),
  "iss, as a URL": { claims: (text) => ({ iss: `https://x.example/${text}` }) },
  aud: claim("aud"),
  "aud among others": { claims: (text) => ({ aud: ["https://a.example.com", text] }) },
  jti: claim("jti"),
  may_act: { claims: (text) => ({ may_act: { sub: text } }) },
  "a time": { claims: (text) => ({ exp: text }) },
  kid: member("kid"),
  alg: member("kid"),
  typ: member("typ"),
  "a header that nobody reads": member("x5u"),
  client_id: field("client_id"),
  scope: field("scope"),
  audience: field("audience"),
  resource: { form: (text) => ({ resource: `https://x.example/${text}` }) },
  reason: field("reason"),
  dry_run: field("dry_run"),
  grant_type: field("grant_type"),
  subject_token_type: field("subject_token_type"),
  requested_token_type: field("requested_token_type"),
  actor_token: { form: (text) => ({ actor_token: text, actor_token_type: "x" }) },
};

type Key = "its own" | "nobody's" | "not at hand";

/** Tries all there is with a text in one place; what it left, and what must not be in it. */
async function tried(place: Place, text: string, key: Key): Promise<{ traces: string; secrets: string[] }> {
  const issuer = await newIssuer();
  const stage = await givenStage({ issuer, trust: key === "its own" ? { jwks: issuer.jwks } : {} });
  const forger = key === "nobody's" ? await strangersKey() : undefined;
  const claims = place.claims?.(text) ?? {};
  const token = await issuer.sign(claims, place.header?.(text), forger);
  const answers = [await stage.exchange(token, place.form?.(text))];
  answers.push(await stage.evaluate({ token }));
  const now = Math.floor(Date.now() / 1000);
  const said = {
    iss: issuer.url,
    sub: "job",
    aud: stage.service.url,
    exp: now + 60,
    team: "shop",
    ...claims,
  };
  answers.push(await stage.evaluate({ claims: said }));
  answers.push(await stage.simulate({ assertions: [{ item: "team", operator: "equals", value: "x" }] }));
  const secrets = [signatureOf(token)];
  return { traces: await tracesOf(stage, answers), secrets };
}

const holds = (traces: string, secrets: readonly string[]) =>
  secrets.filter((secret) => traces.includes(secret));

/** Of a loose token what says something: the middle of its payload, the beginning of its signature. */
const tellingOf = ({ parts: [payload = "", signature = ""] }: ReturnType<typeof looseToken>) => [
  payload.slice(24, 48),
  signature.slice(0, 24),
];

const SIZES: readonly (readonly [string, () => ReturnType<typeof looseToken>, readonly Key[]])[] = [
  ["short", () => looseToken(), ["its own", "nobody's", "not at hand"]],
  ["long", () => looseToken(Array.from({ length: 12 }, () => crypto.randomUUID()).join("")), ["not at hand"]],
];

describe.each(SIZES)("a %s token", (_size, make, keys) => {
  it.each(Object.entries(PLACES))("in %s", async (_name, place) => {
    for (const key of keys) {
      const loose = make();
      const { traces, secrets } = await tried(place, loose.text, key);
      expect([key, holds(traces, [...secrets, ...tellingOf(loose)])]).toEqual([key, []]);
    }
  });

  it("in the id of a name that had another one", async () => {
    const trust = {
      assertions: [{ item: "repository", operator: "equals", value: "acme/shop" }],
      acknowledge: ["mutable_name", "pull_requests"],
    };
    const stage = await givenStage({
      issuer: await newIssuer("https://token.actions.githubusercontent.com"),
      trust,
    });
    const names = { repository: "acme/shop", repository_owner: "acme", sub: "repo:acme/shop:ref:x" };
    await stage.exchange(await stage.issuer.sign({ ...names, repository_id: "1", repository_owner_id: "2" }));
    const loose = make();
    const token = await stage.issuer.sign({ ...names, repository_id: loose.text, repository_owner_id: "2" });
    const answers = [await stage.exchange(token), await stage.evaluate({ token })];
    expect((await stage.lastReceipt()).reason).toBe("identity_changed");
    const traces = await tracesOf(stage, answers);
    expect(holds(traces, [...tellingOf(loose), signatureOf(token)])).toEqual([]);
  });

  it("as a claim that a trust asks for by a path that is a credential's", async () => {
    const stage = await givenStage({
      trust: { assertions: [{ item: "/secret/0", operator: "equals", value: "x" }] },
    });
    const answer = await stage.exchange(await stage.issuer.sign({ secret: ["opaque-credential-0123"] }));
    expect(await tracesOf(stage, [answer])).not.toContain("opaque-credential-0123");
  });
});

describe("wherever a token stands", () => {
  it("and whatever stands around it", async () => {
    const around = fc.string({ unit: fc.constantFrom(...'ab.-_ /?=&"\\e{'), maxLength: 220 });
    const place = fc.constantFrom(...Object.keys(PLACES));
    const key = fc.constantFrom<Key>("its own", "nobody's", "not at hand");
    await fc.assert(
      fc.asyncProperty(place, around, around, key, async (name, before, behind, by) => {
        const loose = looseToken();
        // A dot or a letter of base64url beside a token makes another one of it.
        const text = `${before} ${loose.text} ${behind}`;
        const { traces, secrets } = await tried(PLACES[name] ?? {}, text, by);
        expect(holds(traces, [...secrets, ...tellingOf(loose)])).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});

describe("a hostile token leaves little", () => {
  const fat = (bytes: number) =>
    Object.fromEntries(Array.from({ length: bytes / 40 }, (_, at) => [`c${at}`, "ü".repeat(14)]));
  const SIZE = `SELECT length(CAST(receipt AS BLOB)) AS receipt, length(CAST(claims AS BLOB)) AS claims, length(CAST(detail AS BLOB)) AS detail,
    length(CAST(issuer || coalesce(subject, '') || coalesce(kid, '') || actor_id AS BLOB)) AS names FROM audit_event WHERE id = ?`;

  it.each([
    ["its issuer vouches for it", "its own", 16_384],
    ["nobody vouches for it", "nobody's", 7000],
    ["nobody was asked", "not at hand", 7000],
  ] as const)("%s", async (_name, key, most) => {
    const issuer = await newIssuer();
    const stage = await givenStage({ issuer, trust: key === "its own" ? { jwks: issuer.jwks } : {} });
    const assertions = Array.from({ length: 50 }, (_, at) => ({
      item: `c${at}`,
      operator: "equals",
      value: `v${at}`.padEnd(200, "w"),
    }));
    for (const name of ["a", "b", "c", "d", "e", "f"]) {
      const jwks = key === "its own" ? { jwks: issuer.jwks } : {};
      await must(stage.service, "POST", stage.providers, { name, issuer: issuer.url, assertions, ...jwks });
    }
    await must(stage.service, "PATCH", stage.trustPath, { assertions });
    const claims = {
      ...fat(8000),
      sub: "ü".repeat(300),
      aud: Array.from({ length: 20 }, () => "ü".repeat(20)),
    };
    const forger = key === "nobody's" ? await strangersKey() : undefined;
    const token = await issuer.sign(claims, {}, forger);
    expect(token.length).toBeLessThanOrEqual(16_384);
    expect(token.length).toBeGreaterThan(8000);
    const receipt = await stage.receiptOf(await stage.exchange(token));
    const size = (await env.DB.prepare(SIZE).bind(receipt.id).first()) as Record<string, number>;
    const all = Object.values(size).reduce((sum, one) => sum + (one ?? 0), 0);
    expect([all, size]).toSatisfy(([bytes]) => bytes <= most);
    const read = await stage.service.fetch(`/v1/receipts/${receipt.id}`, {
      headers: { authorization: `Bearer ${env.BOOTSTRAP_TOKEN}` },
    });
    expect((await read.text()).length).toBeLessThan(2 * most);
  });

  it("a token beyond 16 KiB leaves nothing of itself", async () => {
    const stage = await stageIn((await givenStage()).service, await newIssuer());
    const token = await stage.issuer.sign(fat(24_000));
    const receipt = await stage.receiptOf(await stage.exchange(token));
    expect(receipt).toMatchObject({ reason: "token_too_large", claims: null, subject: null, trusts: [] });
  });
});
