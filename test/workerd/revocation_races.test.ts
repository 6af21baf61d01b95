import { env } from "cloudflare:workers";
import { decodeJwt } from "jose";
import { beforeEach, describe, expect, it } from "vitest";
import { assertionOf, keyFlow } from "./credentials.ts";
import { exchangeOf, startService } from "./harness.ts";
import {
  areActive,
  givenHolder,
  givenHome,
  givenProjectToken,
  givenTrustIn,
  type Holder,
  type Home,
  must,
  type ProjectToken,
  type Trust,
  tokenByKey,
} from "./token_holders.ts";

const service = startService();

interface Stage {
  readonly home: Home;
  readonly holder: Holder;
  readonly trust: Trust;
  readonly projectToken: ProjectToken;
}

let stage: Stage;
beforeEach(async () => {
  const home = await givenHome(service);
  const holder = await givenHolder(service, home);
  const [trust, projectToken] = [
    await givenTrustIn(service, holder),
    await givenProjectToken(service, holder),
  ];
  stage = { home, holder, trust, projectToken };
});

/** One exchange of each kind in turn. */
async function exchangeBy(index: number) {
  const { holder, trust, projectToken } = stage;
  if (index % 3 === 0) return keyFlow(service, await assertionOf(holder.key));
  const text = index % 3 === 1 ? projectToken.text : await trust.stranger.sign();
  return service.exchange(exchangeOf(text, holder.email));
}

interface Race {
  /** Tokens whose answer was there before the end was asked for. */
  readonly before: readonly string[];
  readonly during: readonly string[];
  readonly statuses: ReadonlySet<number>;
}

/** 50 exchanges at once, and the end asked for when ten of them are answered. */
async function race(end: () => Promise<unknown>): Promise<Race> {
  const tokens: string[] = [];
  const statuses = new Set<number>();
  let before: readonly string[] = [];
  let ending: Promise<unknown> | undefined;
  const exchanges = Array.from({ length: 50 }, async (_, index) => {
    const { status, body } = await exchangeBy(index);
    statuses.add(status);
    if (status === 200) tokens.push(body.access_token);
    if (tokens.length >= 10 && ending === undefined) {
      before = [...tokens];
      ending = end();
    }
  });
  await Promise.all(exchanges);
  await ending;
  return { before, during: tokens.slice(before.length), statuses };
}

const revoke = async (criteria: unknown) =>
  (await must(service, "POST", `${stage.home.path}/revocations`, criteria)).body as { accessTokens: number };

describe("a bulk revocation beside 50 exchanges", () => {
  it.each<readonly [string, () => Record<string, unknown>]>([
    ["all", () => ({ all: true })],
    ["by account", () => ({ serviceAccount: stage.holder.id })],
  ])(
    "%s: takes every token answered before it was asked for, and exactly as many as it says",
    async (_name, criteria) => {
      let taken = -1;
      const { before, during } = await race(async () => {
        taken = (await revoke(criteria())).accessTokens;
      });
      const active = await areActive(service, [...before, ...during], env.BOOTSTRAP_TOKEN);
      expect(active.slice(0, before.length)).toEqual(before.map(() => false));
      expect(active.filter((isActive) => !isActive)).toHaveLength(taken);
    },
  );

  it("by provenance: an exchange is found by its event the moment its token is", async () => {
    const claims = [{ item: "team", value: "shop" }];
    const { before, during } = await race(() => revoke({ claims }));
    const isForeign = (token: string) => methodOf(token) === "federation";
    const [early, late] = [before.filter(isForeign), during.filter(isForeign)];
    expect(new Set(await areActive(service, early, env.BOOTSTRAP_TOKEN))).not.toContain(true);
    const survivors = (await areActive(service, late, env.BOOTSTRAP_TOKEN)).filter((isActive) => isActive);
    expect((await revoke({ claims })).accessTokens).toBe(survivors.length);
  });

  it("two at once take each token once", async () => {
    const tokens = await Promise.all(Array.from({ length: 9 }, () => tokenByKey(service, stage.holder)));
    const both = await Promise.all([revoke({ all: true }), revoke({ serviceAccount: stage.holder.id })]);
    expect(both.reduce((sum, { accessTokens }) => sum + accessTokens, 0)).toBe(tokens.length);
  });
});

describe("the end of what vouches, beside 50 exchanges: no token that was answered survives, however late", () => {
  const methods: Readonly<Record<string, readonly string[]>> = {
    all: ["key", "project_token", "federation"],
    key: ["key"],
    trust: ["federation"],
    token: ["project_token"],
  };
  it.each<readonly [string, keyof typeof methods, () => Promise<unknown>]>([
    ["account disabled", "all", () => must(service, "PATCH", stage.holder.path, { disabled: true })],
    ["account deleted", "all", () => must(service, "DELETE", stage.holder.path)],
    ["project disabled", "all", () => must(service, "PATCH", stage.home.path, { disabled: true })],
    ["project deleted", "all", () => must(service, "DELETE", stage.home.path)],
    ["key switched off", "key", () => must(service, "PATCH", stage.holder.keyPath, { active: false })],
    ["key deleted", "key", () => must(service, "DELETE", stage.holder.keyPath)],
    [
      "key leaked",
      "key",
      () => {
        const credentials = [stage.holder.key.credentials.privateKey];
        return must(service, "POST", "/v1/leaked-credentials", { credentials });
      },
    ],
    ["trust disabled", "trust", () => must(service, "PATCH", stage.trust.path, { disabled: true })],
    ["trust deleted", "trust", () => must(service, "DELETE", stage.trust.path)],
    ["project token revoked", "token", () => must(service, "DELETE", stage.projectToken.path)],
    [
      "project token made anew",
      "token",
      () => must(service, "POST", `${stage.projectToken.path}/regenerate`),
    ],
    ["project token taken in bulk", "token", () => revoke({ projectTokenId: stage.projectToken.id })],
  ])("%s", async (_name, by, end) => {
    const { before, during, statuses } = await race(end);
    const ended = [...before, ...during].filter((token) => methods[by]?.includes(methodOf(token)));
    expect(ended.length).toBeGreaterThan(0);
    expect(new Set(await areActive(service, ended, env.BOOTSTRAP_TOKEN))).toEqual(new Set([false]));
    expect([...statuses].filter((status) => status !== 200 && status !== 400)).toEqual([]);
  });
});

function methodOf(token: string): string {
  return String(decodeJwt(token).auth_method);
}
