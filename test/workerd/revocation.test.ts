import { env } from "cloudflare:workers";
import { decodeJwt } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { assertionOf, CLIENT_ASSERTION, lastEvent, post } from "./credentials.ts";
import { exchangeOf, startService } from "./harness.ts";
import {
  areActive,
  freshName,
  givenHolder,
  givenHome,
  givenProjectToken,
  givenTrustIn,
  type Holder,
  type Home,
  INACTIVE,
  must,
  stateOf,
  tokenByKey,
  tokenByProjectToken,
  tokenByTrust,
} from "./token_holders.ts";

const service = startService();
const BOOTSTRAP = env.BOOTSTRAP_TOKEN;

let home: Home;
let holder: Holder;
let other: Holder;
beforeAll(async () => {
  home = await givenHome(service);
  holder = await givenHolder(service, home);
  other = await givenHolder(service, home);
});

const revoke = (token: string, bearer?: string, more: Record<string, string> = {}) =>
  post(service, "/oauth/v2/revoke", { token, ...more }, bearer);

/** 200 without a body, whatever became of it. */
async function answersNothing(answer: Awaited<ReturnType<typeof revoke>>) {
  expect([answer.status, answer.text]).toEqual([200, ""]);
  expect(answer.headers.get("cache-control")).toBe("no-store");
}

const eventsOf = async ({ name }: Home) =>
  (await service.call("GET", `/v1/projects/${name}/audit-events?pageSize=200`)).body.items as Record<
    string,
    unknown
  >[];

describe("an account takes back its own", () => {
  it.each<readonly [string, () => Promise<string | undefined>, () => Promise<Record<string, string>>]>([
    ["by another access token", () => tokenByKey(service, holder), async () => ({})],
    ["by a project token", async () => (await givenProjectToken(service, holder)).text, async () => ({})],
    [
      "by a client_assertion of its key",
      async () => undefined,
      async () => ({
        client_assertion_type: CLIENT_ASSERTION,
        client_assertion: await assertionOf(holder.key),
      }),
    ],
  ])("%s", async (_name, bearer, form) => {
    const [token, kept] = [await tokenByKey(service, holder), await tokenByKey(service, holder)];
    await answersNothing(await revoke(token, await bearer(), await form()));
    expect(await areActive(service, [token, kept], BOOTSTRAP)).toEqual([false, true]);
    const { jti } = decodeJwt(token);
    const [event] = (await eventsOf(home)).filter(({ action }) => action === "access_token.revoke");
    const target = { type: "access_token", id: jti };
    expect(event).toMatchObject({ outcome: "granted", target, serviceAccountId: holder.id });
  });

  it("by the token itself, which is then no caller any more", async () => {
    const token = await tokenByKey(service, holder);
    await answersNothing(await revoke(token, token));
    expect(await stateOf(service, token, BOOTSTRAP)).toBe(INACTIVE);
    expect((await revoke(token, token)).status).toBe(401);
    const rest = await service.call("GET", home.path, undefined, { authorization: `Bearer ${token}` });
    expect([rest.status, rest.body.code]).toEqual([401, "invalid_token"]);
  });

  it("a project token, and the access tokens that were got by it, and no others", async () => {
    const [first, second] = [
      await givenProjectToken(service, holder),
      await givenProjectToken(service, holder),
    ];
    const got = await tokenByProjectToken(service, holder, first.text);
    const kept = [
      second.text,
      await tokenByProjectToken(service, holder, second.text),
      await tokenByKey(service, holder),
    ];
    await answersNothing(await revoke(first.text, first.text));
    expect(await areActive(service, [first.text, got], BOOTSTRAP)).toEqual([false, false]);
    expect(await areActive(service, kept, BOOTSTRAP)).toEqual([true, true, true]);
    expect((await service.exchange(exchangeOf(first.text, holder.email))).status).toBe(400);
    expect(await lastEvent(service, home.name)).toMatchObject({ reason: "project_token_revoked" });
    expect((await service.call("GET", first.path)).status).toBe(404);
  });

  it.each(["access_token", "refresh_token", "project_token", "nonsense"])(
    "token_type_hint %s is ignored",
    async (hint) => {
      const token = await tokenByKey(service, holder);
      await answersNothing(await revoke(token, token, { token_type_hint: hint }));
      expect(await stateOf(service, token, BOOTSTRAP)).toBe(INACTIVE);
    },
  );

  it("a token for an API as well", async () => {
    const audience = `https://${freshName()}.example.com`;
    const client = await givenHolder(service, home, { allowedAudiences: [audience] });
    const token = await tokenByKey(service, client, { audience });
    await answersNothing(await revoke(token, await tokenByKey(service, client)));
    expect(await stateOf(service, token, BOOTSTRAP)).toBe(INACTIVE);
  });
});

describe("the operator takes back any", () => {
  it.each<readonly [string, () => Promise<string>]>([
    ["an access token by key", () => tokenByKey(service, holder)],
    [
      "an access token by trust",
      async () => tokenByTrust(service, holder, await givenTrustIn(service, holder)),
    ],
    ["a project token", async () => (await givenProjectToken(service, holder)).text],
    [
      "one of another project",
      async () => tokenByKey(service, await givenHolder(service, await givenHome(service))),
    ],
  ])("%s", async (_name, make) => {
    const token = await make();
    expect(JSON.parse(await stateOf(service, token, BOOTSTRAP)).active).toBe(true);
    await answersNothing(await revoke(token, BOOTSTRAP));
    expect(await stateOf(service, token, BOOTSTRAP)).toBe(INACTIVE);
  });
});

describe("200 without a body says nothing of", () => {
  it.each<readonly [string, () => Promise<string> | string]>([
    ["garbage", () => "garbage"],
    ["a token that nobody signed", async () => `${(await tokenByKey(service, holder)).slice(0, -2)}AA`],
    ["the bootstrap token", () => BOOTSTRAP],
    [
      "a token that is revoked already",
      async () => {
        const token = await tokenByKey(service, holder);
        await revoke(token, token);
        return token;
      },
    ],
  ])("%s", async (_name, make) => {
    await answersNothing(await revoke(await make(), await tokenByKey(service, holder)));
    await answersNothing(await revoke(await make(), BOOTSTRAP));
    expect((await service.call("GET", home.path)).status, "the operator is still there").toBe(200);
  });

  it.each<readonly [string, (mine: Holder) => Promise<readonly [Home, Holder, string]>]>([
    ["another account of the project", async () => [home, other, await tokenByKey(service, other)]],
    [
      "another account's project token",
      async () => [home, other, (await givenProjectToken(service, other)).text],
    ],
    [
      "another project's account",
      async () => {
        const away = await givenHome(service);
        const stranger = await givenHolder(service, away);
        return [away, stranger, await tokenByKey(service, stranger)];
      },
    ],
    [
      "a token for the API that the caller is",
      async (mine) => {
        const audience = `https://${freshName()}.example.com`;
        const client = await givenHolder(service, home, { allowedAudiences: [audience] });
        const input = { name: freshName(), audience, serviceAccount: mine.id };
        await must(service, "POST", `${home.path}/resource-servers`, input);
        return [home, client, await tokenByKey(service, client, { audience })];
      },
    ],
  ])("%s, whose token stays good; the try is in the caller's record alone", async (_name, make) => {
    const mine = await givenHolder(service, home);
    const [where, owner, token] = await make(mine);
    const before = await eventsOf(where);
    const bearer = await tokenByKey(service, mine);
    await answersNothing(await revoke(token, bearer));
    expect(JSON.parse(await stateOf(service, token, BOOTSTRAP)).active).toBe(true);
    const [own] = await eventsOf(home);
    expect(own).toMatchObject({
      action: "access_token.revoke",
      outcome: "refused",
      reason: "not_found",
      serviceAccountId: mine.id,
    });
    const told = JSON.stringify(own);
    for (const secret of [owner.id, owner.email, decodeJwt(token).jti ?? "", token.slice(-20)]) {
      expect(told).not.toContain(secret);
    }
    const ids = new Set(before.map(({ id }) => id));
    const news = (await eventsOf(where)).filter(({ id }) => !ids.has(id));
    expect(news.filter(({ serviceAccountId }) => serviceAccountId !== mine.id)).toEqual([]);
  });
});

describe("at once", () => {
  it("20 revocations of one token: all are 200, one is recorded as having ended it", async () => {
    const token = await tokenByKey(service, holder);
    const { jti } = decodeJwt(token);
    const answers = await Promise.all(Array.from({ length: 20 }, () => revoke(token, BOOTSTRAP)));
    for (const answer of answers) await answersNothing(answer);
    expect(await stateOf(service, token, BOOTSTRAP)).toBe(INACTIVE);
    const ended = (await eventsOf(home)).filter(({ action, target }) => {
      return action === "access_token.revoke" && (target as { id: string | null }).id === jti;
    });
    expect(ended).toHaveLength(1);
  });

  it("of 20 uses of a project token beside its revocation, each token answered is dead afterwards", async () => {
    const { text } = await givenProjectToken(service, holder);
    const uses = Array.from({ length: 20 }, () => service.exchange(exchangeOf(text, holder.email)));
    const [answers] = await Promise.all([Promise.all(uses), revoke(text, BOOTSTRAP)]);
    const got = answers.filter(({ status }) => status === 200).map(({ body }) => body.access_token as string);
    expect(new Set(await areActive(service, got, BOOTSTRAP))).not.toContain(true);
    expect((await service.exchange(exchangeOf(text, holder.email))).status).toBe(400);
  });
});
