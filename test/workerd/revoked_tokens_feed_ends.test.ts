import { describe, expect, it } from "vitest";
import { jtiOf, startAt } from "./feed_clock.ts";
import {
  givenHolder,
  givenHome,
  givenProjectToken,
  givenTrustIn,
  type Holder,
  type Home,
  must,
  type ProjectToken,
  type Trust,
  tokenByProjectToken,
  tokenByTrust,
} from "./token_holders.ts";

interface Stage {
  readonly clock: ReturnType<typeof startAt>;
  readonly home: Home;
  readonly holder: Holder;
  readonly projectToken: ProjectToken;
  readonly trust: Trust;
}

describe("tells the tokens of whatever was ended", () => {
  type Kind = "key" | "project token" | "trust";
  const ALL: readonly Kind[] = ["key", "project token", "trust"];
  const to = (method: string, path: (stage: Stage) => string, body?: unknown) => (stage: Stage) =>
    must(stage.clock.service, method, path(stage), body);
  const ended = (seconds: number) => new Date(seconds * 1000).toISOString();

  it.each<readonly [string, readonly Kind[], (stage: Stage) => Promise<unknown>]>([
    ["an account disabled", ALL, to("PATCH", ({ holder }) => holder.path, { disabled: true })],
    ["an account deleted", ALL, to("DELETE", ({ holder }) => holder.path)],
    [
      "an account whose end was set to now",
      ALL,
      ({ clock, holder }) => must(clock.service, "PATCH", holder.path, { expiresAt: ended(clock.seconds()) }),
    ],
    [
      "an account whose end has come",
      ALL,
      async ({ clock, holder }) => {
        await must(clock.service, "PATCH", holder.path, { expiresAt: ended(clock.seconds() + 10) });
        clock.advance(11);
      },
    ],
    ["a project disabled", ALL, to("PATCH", ({ home }) => home.path, { disabled: true })],
    ["a project deleted", ALL, to("DELETE", ({ home }) => home.path)],
    ["a key switched off", ["key"], to("PATCH", ({ holder }) => holder.keyPath, { active: false })],
    ["a key deleted", ["key"], to("DELETE", ({ holder }) => holder.keyPath)],
    [
      "a key whose end has come",
      ["key"],
      async ({ clock, holder }) => {
        await must(clock.service, "PATCH", holder.keyPath, { validUntil: ended(clock.seconds() + 10) });
        clock.advance(11);
      },
    ],
    ["a trust disabled", ["trust"], to("PATCH", ({ trust }) => trust.path, { disabled: true })],
    ["a trust deleted", ["trust"], to("DELETE", ({ trust }) => trust.path)],
    ["a project token deleted", ["project token"], to("DELETE", ({ projectToken }) => projectToken.path)],
    [
      "a project token made anew",
      ["project token"],
      to("POST", ({ projectToken }) => `${projectToken.path}/regenerate`),
    ],
    ["all taken back", ALL, to("POST", ({ home }) => `${home.path}/revocations`, { all: true })],
    [
      "a bulk revocation, then the account deleted with its rows",
      ALL,
      async (stage) => {
        await to("POST", ({ home }) => `${home.path}/revocations`, { all: true })(stage);
        await to("DELETE", ({ home }) => home.path)(stage);
      },
    ],
  ])("%s", async (_name, kinds, end) => {
    const clock = startAt();
    const { service } = clock;
    const home = await givenHome(service);
    const holder = await givenHolder(service, home);
    const projectToken = await givenProjectToken(service, holder);
    const trust = await givenTrustIn(service, holder, { nowMs: clock.seconds() * 1000 });
    const tokens: Readonly<Record<Kind, string>> = {
      key: await clock.byKey(holder),
      "project token": await tokenByProjectToken(service, holder, projectToken.text),
      trust: await tokenByTrust(service, holder, trust),
    };
    expect(await clock.jtis()).toEqual([]);
    await end({ clock, home, holder, projectToken, trust });
    expect(await clock.jtis()).toEqual(kinds.map((kind) => jtiOf(tokens[kind])).sort());
  });
});
