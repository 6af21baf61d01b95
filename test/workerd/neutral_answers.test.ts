import { beforeEach, describe, expect, it } from "vitest";
import { type Answer, exchangeOf, startService } from "./harness.ts";
import { emptyKv, givenStage, newIssuer, type Stage, stageIn, strangersKey } from "./receipt_kit.ts";
import { givenCaller, givenRoleHome } from "./role_kit.ts";
import { must } from "./token_holders.ts";

/** Whoever is refused learns nothing by the answer, nor by what an issuer is asked. */

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** All of an answer but what is different each time. */
function shapeOf({ status, headers, body }: Answer) {
  const kept = [...headers].filter(([name]) => name !== "x-request-id" && name !== "date");
  return JSON.stringify([status, kept, body]).replaceAll(UUID, "UUID");
}

interface Attempt {
  readonly token: string;
  readonly account: string;
}
type Cause = (stage: Stage) => Promise<Attempt>;

const shown =
  (claims: Record<string, unknown> = {}, header = {}): Cause =>
  async ({ issuer, account }) => ({ token: await issuer.sign(claims, header), account: account.email });
const after =
  (path: (stage: Stage) => string, change: object, claims = {}): Cause =>
  async (stage) => {
    await must(stage.service, "PATCH", path(stage), change);
    return shown(claims)(stage);
  };
const now = () => Math.floor(Date.now() / 1000);

/** GitHub's names, of which ids are learned. */
const GITHUB = "https://token.actions.githubusercontent.com";
const NAMES = { repository: "acme/shop", repository_owner: "acme" };
const JOB = {
  ...NAMES,
  repository_id: "1",
  repository_owner_id: "2",
  sub: "repo:acme/shop:ref:refs/heads/main",
};

/** Each cause, its reason, and how many requests the issuer gets where its key is not at hand. */
const CAUSES: readonly (readonly [string, Cause, string, number])[] = [
  [
    "an account that nobody has",
    async (s) => ({ token: await s.issuer.sign(), account: crypto.randomUUID() }),
    "account_not_found",
    0,
  ],
  [
    "an account of another tenant",
    async (s) => {
      const other = await stageIn(s.service, await newIssuer());
      return { token: await s.issuer.sign(), account: other.account.email };
    },
    "issuer_not_trusted",
    0,
  ],
  ["a disabled account", after((s) => `${s.accounts}/deployer`, { disabled: true }), "account_disabled", 0],
  ["a disabled project", after((s) => s.root, { disabled: true }), "project_disabled", 0],
  ["no trust in the issuer", shown({ iss: "https://nobodys.example.com" }), "issuer_not_trusted", 0],
  ["a disabled trust", after((s) => s.trustPath, { disabled: true }), "issuer_not_trusted", 0],
  ["a wrong claim", shown({ team: "bakery" }), "assertion_failed", 0],
  ["a claim that is not there", shown({ team: undefined }), "assertion_failed", 0],
  ["a wrong audience", shown({ aud: "https://else.example.com" }), "audience_mismatch", 0],
  ["its time", shown({ exp: 1000, iat: 10 }), "token_expired", 0],
  ["a time to come", shown({ iat: now() + 3000, exp: now() + 4000 }), "token_not_yet_valid", 0],
  [
    "a token that is too old",
    after((s) => s.trustPath, { maxTokenAge: 60 }, { iat: now() - 500 }),
    "token_too_old",
    0,
  ],
  ["a header that we do not understand", shown({}, { typ: "dpop+jwt" }), "token_type_not_allowed", 0],
  ["a trust in shadow", after((s) => s.trustPath, { mode: "shadow" }), "trust_in_shadow", 2],
  [
    "the signature of somebody else",
    async (s) => ({
      token: await s.issuer.sign({}, {}, await strangersKey()),
      account: s.account.email,
    }),
    "signature_invalid",
    2,
  ],
];

/** Those that begin with a token that is let in: the key is at hand. */
const AFTER_ONE: readonly (readonly [string, () => Promise<Stage>, Cause, string])[] = [
  [
    "a token that was used before",
    () => givenStage({ trust: { singleUse: true } }),
    async (s) => {
      const attempt = await shown()(s);
      await s.exchange(attempt.token);
      return attempt;
    },
    "assertion_replayed",
  ],
  [
    "a name that has another id now",
    async () => {
      const assertions = [{ item: "repository", operator: "equals", value: "acme/shop" }];
      const trust = { assertions, acknowledge: ["mutable_name", "pull_requests"] };
      return givenStage({ issuer: await newIssuer(GITHUB), trust });
    },
    async (s) => {
      const first = await s.exchange(await s.issuer.sign(JOB));
      if (first.status !== 200) throw new Error(JSON.stringify(first.body));
      return shown({ ...JOB, repository_id: "9" })(s);
    },
    "identity_changed",
  ],
];

let plain: string;
beforeEach(async () => {
  await emptyKv();
  const stage = await givenStage();
  plain = shapeOf(await stage.exchange(await stage.issuer.sign({ team: "plain" })));
});

describe("a refused exchange is answered alike", () => {
  it.each(CAUSES)("%s, the issuer's key not at hand", async (_name, cause, reason, requests) => {
    const stage = await givenStage();
    const { token, account } = await cause(stage);
    const answer = await stage.service.exchange(exchangeOf(token, account));
    expect((await stage.receiptOf(answer)).reason).toBe(reason);
    expect(shapeOf(answer)).toBe(plain);
    expect(stage.issuer.asked()).toBe(requests);
  });

  it.each(CAUSES)("%s, the key at hand", async (_name, cause, reason) => {
    const stage = await givenStage();
    expect((await stage.exchange(await stage.issuer.sign())).status).toBe(200);
    expect(stage.issuer.asked()).toBe(2);
    const { token, account } = await cause(stage);
    const sibling = startService({ fetch: stage.issuer.fetch });
    for (const service of [stage.service, sibling]) {
      const answer = await service.exchange(exchangeOf(token, account));
      expect((await stage.receiptOf(answer)).reason).toBe(reason);
      expect(shapeOf(answer)).toBe(plain);
    }
    expect(stage.issuer.asked()).toBe(2);
  });

  it.each(AFTER_ONE)("%s", async (_name, given, cause, reason) => {
    const stage = await given();
    const { token } = await cause(stage);
    const answer = await stage.exchange(token);
    expect((await stage.receiptOf(answer)).reason).toBe(reason);
    expect(shapeOf(answer)).toBe(plain);
  });

  it("a kid that the issuer does not have is alike too, though it is asked", async () => {
    const stage = await givenStage();
    await stage.exchange(await stage.issuer.sign());
    for (const asked of [4, 4]) {
      const answer = await stage.exchange(await stage.issuer.sign({}, { kid: crypto.randomUUID() }));
      expect([shapeOf(answer), stage.issuer.asked()]).toEqual([plain, asked]);
    }
  });

  it("in a flood too, whatever the account", async () => {
    const stage = await givenStage();
    const shapes = await Promise.all(
      Array.from({ length: 70 }, async () => shapeOf(await stage.exchange("a.b.c"))),
    );
    expect(new Set(shapes)).toEqual(new Set([plain]));
  });
});

describe("a dry run at the token endpoint", () => {
  const dry = async (stage: Stage, { token, account }: Attempt, bearer?: string): Promise<Answer> => {
    const headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
    const form = new URLSearchParams(exchangeOf(token, account, { dry_run: "true" }));
    const response = await stage.service.fetch("/oauth/v2/token", { method: "POST", body: form, headers });
    return { status: response.status, headers: response.headers, body: await response.json() };
  };
  const ALL = [...CAUSES, ["a token that is let in", shown(), null, 2] as const];

  it.each(ALL)("of one without permission is answered alike: %s", async (_name, cause) => {
    const stage = await givenStage();
    const owner = await givenCaller(stage.service, await givenRoleHome(stage.service), "owner");
    const none = await dry(stage, { token: "a.b.c", account: crypto.randomUUID() }, owner.token);
    const attempt = await cause(stage);
    const answer = await dry(stage, attempt, owner.token);
    expect(answer.body).toEqual({ error: "unauthorized_client", error_description: expect.any(String) });
    expect([answer.status, shapeOf(answer)]).toEqual([400, shapeOf(none)]);
    const nobody = await dry(stage, attempt);
    expect([nobody.status, nobody.body.error]).toEqual([401, "invalid_client"]);
    expect(shapeOf(nobody)).toBe(shapeOf(await dry(stage, { token: "x", account: "nobody" })));
    expect(stage.issuer.asked()).toBe(0);
  });
});
