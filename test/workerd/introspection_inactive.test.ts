import { env } from "cloudflare:workers";
import { base64url } from "jose";
import { describe, expect, it } from "vitest";
import { post } from "./credentials.ts";
import { issuer, type Service, startService } from "./harness.ts";
import {
  givenHolder,
  givenHome,
  givenProjectToken,
  givenTrustIn,
  type Holder,
  type Home,
  INACTIVE,
  must,
  type ProjectToken,
  stateOf,
  type Trust,
  tokenByKey,
  tokenByProjectToken,
  tokenByTrust,
} from "./token_holders.ts";

/** An account with a token by each credential that it has, and a clock. */
interface Stage {
  readonly service: Service;
  readonly home: Home;
  readonly holder: Holder;
  readonly projectToken: ProjectToken;
  readonly trust: Trust;
  readonly tokens: Readonly<Record<Kind, string>>;
  advance(seconds: number): void;
}

type Kind = "by key" | "by project token" | "by trust" | "project token itself";

async function givenStage(): Promise<Stage> {
  let shiftMs = 0;
  const service = startService({ nowMs: () => Date.now() + shiftMs });
  const home = await givenHome(service);
  const holder = await givenHolder(service, home);
  const projectToken = await givenProjectToken(service, holder);
  const trust = await givenTrustIn(service, holder);
  const tokens = {
    "by key": await tokenByKey(service, holder),
    "by project token": await tokenByProjectToken(service, holder, projectToken.text),
    "by trust": await tokenByTrust(service, holder, trust),
    "project token itself": projectToken.text,
  };
  const advance = (seconds: number) => {
    shiftMs += seconds * 1000;
  };
  return { service, home, holder, projectToken, trust, tokens, advance };
}

const ACCESS: readonly Kind[] = ["by key", "by project token", "by trust"];
const ALL: readonly Kind[] = [...ACCESS, "project token itself"];
const BY_PROJECT_TOKEN: readonly Kind[] = ["by project token", "project token itself"];

async function goodKinds({ service, tokens }: Stage): Promise<readonly string[]> {
  const good: string[] = [];
  for (const kind of ALL) {
    const { status, text, headers } = await post(
      service,
      "/oauth/v2/introspect",
      { token: tokens[kind] },
      env.BOOTSTRAP_TOKEN,
    );
    expect([status, headers.get("cache-control")], kind).toEqual([200, "no-store"]);
    if (text !== INACTIVE) good.push(kind);
    if (text !== INACTIVE) expect(JSON.parse(text), kind).toMatchObject({ active: true });
  }
  return good;
}

type End = (stage: Stage) => Promise<unknown> | unknown;
const change = (what: (stage: Stage) => string, body: unknown) => (stage: Stage) =>
  must(stage.service, "PATCH", what(stage), body);
const gone = (what: (stage: Stage) => string) => (stage: Stage) => must(stage.service, "DELETE", what(stage));
const account = ({ holder }: Stage) => holder.path;
const project = ({ home }: Stage) => home.path;
const key = ({ holder }: Stage) => holder.keyPath;
const trust = (stage: Stage) => stage.trust.path;
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();
const revoke = (kind: Kind) => (stage: Stage) =>
  post(stage.service, "/oauth/v2/revoke", { token: stage.tokens[kind] }, env.BOOTSTRAP_TOKEN);

describe("a token that is not good now is exactly inactive, also to the operator", () => {
  const without = (ended: readonly Kind[]) => ALL.filter((kind) => !ended.includes(kind));
  it.each<readonly [string, readonly Kind[], End]>([
    ["nothing happened", [], () => undefined],
    ["a second before the end", [], ({ advance }) => advance(3595)],
    ["at the end", ACCESS, ({ advance }) => advance(3600)],
    ["a project token after three years", ALL, ({ advance }) => advance(3 * 366 * 86_400)],
    ["an access token was revoked", ["by key"], revoke("by key")],
    ["a project token was revoked", BY_PROJECT_TOKEN, revoke("project token itself")],
    ["a project token was deleted", BY_PROJECT_TOKEN, gone((stage) => stage.projectToken.path)],
    [
      "a project token was made anew",
      BY_PROJECT_TOKEN,
      ({ service, projectToken }) => must(service, "POST", `${projectToken.path}/regenerate`),
    ],
    ["the account is switched off", ALL, change(account, { disabled: true })],
    ["the account has expired already", ALL, change(account, { expiresAt: inSeconds(-60) })],
    [
      "the account's end has come",
      ALL,
      async (stage) => {
        await change(account, { expiresAt: inSeconds(60) })(stage);
        stage.advance(61);
      },
    ],
    ["the account is deleted", ALL, gone(account)],
    ["the project is switched off", ALL, change(project, { disabled: true })],
    ["the project is deleted", ALL, gone(project)],
    ["the key is switched off", ["by key"], change(key, { active: false })],
    ["the key is deleted", ["by key"], gone(key)],
    [
      "the key's end has come",
      ["by key"],
      async (stage) => {
        await change(key, { validUntil: inSeconds(60) })(stage);
        stage.advance(61);
      },
    ],
    ["the trust is switched off", ["by trust"], change(trust, { disabled: true })],
    ["the trust is deleted", ["by trust"], gone(trust)],
    [
      "all of the project is taken back",
      ALL,
      ({ service, home }) => must(service, "POST", `${home.path}/revocations`, { all: true }),
    ],
    [
      "it was reported as leaked",
      ["by trust"],
      ({ service, tokens }) =>
        must(service, "POST", "/v1/leaked-credentials", { credentials: [tokens["by trust"]] }),
    ],
  ])("%s", async (_name, ended, end) => {
    const stage = await givenStage();
    expect(await goodKinds(stage)).toEqual(ALL);
    await end(stage);
    expect(await goodKinds(stage)).toEqual(without(ended));
  });

  it.each<readonly [string, readonly Kind[], End, End]>([
    ["the account", ACCESS, change(account, { disabled: true }), change(account, { disabled: false })],
    ["the project", ACCESS, change(project, { disabled: true }), change(project, { disabled: false })],
    ["the key", ["by key"], change(key, { active: false }), change(key, { active: true })],
    ["the trust", ["by trust"], change(trust, { disabled: true }), change(trust, { disabled: false })],
  ])("%s switched on again brings back no access token", async (_name, ended, off, on) => {
    const stage = await givenStage();
    await off(stage);
    await on(stage);
    expect(await goodKinds(stage)).toEqual(without(ended));
    expect(
      await stateOf(stage.service, await tokenByKey(stage.service, stage.holder), env.BOOTSTRAP_TOKEN),
    ).not.toBe(INACTIVE);
  });
});

describe("a text that is no token of ours is exactly inactive", () => {
  const service = startService();
  const json = (value: unknown) => base64url.encode(JSON.stringify(value));
  const changed = (text: string, part: number) => {
    const parts = text.split(".");
    const old = parts[part] ?? "";
    const middle = Math.floor(old.length / 2);
    parts[part] = `${old.slice(0, middle)}${old[middle] === "A" ? "B" : "A"}${old.slice(middle + 1)}`;
    return parts.join(".");
  };
  /** The last character carries spare bits: another text for the same bytes. */
  const respelled = (text: string) => {
    const last = text.at(-1) ?? "";
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    return `${text.slice(0, -1)}${alphabet[alphabet.indexOf(last) ^ 1]}`;
  };
  const own = { iss: service.url, sub: crypto.randomUUID(), jti: crypto.randomUUID() };

  it.each<readonly [string, (access: string, project: string) => string | Promise<string>]>([
    ["garbage", () => "garbage"],
    ["two dots", () => ".."],
    ["a control character", () => "\u0000"],
    ["beyond ASCII", () => "ünïcödé.tökén.tö"],
    ["64 KiB", () => "a".repeat(64 * 1024)],
    ["a jti that nobody knows", () => `${json({ alg: "ES256" })}.${json(own)}.AAAA`],
    ["an empty jti", () => `${json({ alg: "ES256" })}.${json({ ...own, jti: "" })}.AAAA`],
    ["a jti that is no text", () => `${json({ alg: "ES256" })}.${json({ ...own, jti: 1 })}.AAAA`],
    ["no claims at all", () => `${json({ alg: "ES256" })}.${json(null)}.AAAA`],
    ["alg none with a live jti", (a) => `${json({ alg: "none" })}.${a.split(".")[1]}.`],
    ["without its signature", (a) => a.split(".").slice(0, 2).join(".")],
    ["cut by a character", (a) => a.slice(0, -1)],
    ["a character more", (a) => `${a}A`],
    ["a part more", (a) => `${a}.AAAA`],
    ["white space before it", (a) => ` ${a}`],
    ["a line end after it", (a) => `${a}\n`],
    ["its header changed", (a) => changed(a, 0)],
    ["its payload changed", (a) => changed(a, 1)],
    ["its signature changed", (a) => changed(a, 2)],
    ["its signature spelled otherwise", (a) => respelled(a)],
    ["its SHA-256 instead of itself", async (a) => hex(a)],
    [
      "its jti alone",
      (a) => JSON.parse(new TextDecoder().decode(base64url.decode(a.split(".")[1] ?? ""))).jti,
    ],
    ["a project token, header changed", (_a, p) => changed(p, 0)],
    ["a project token, payload changed", (_a, p) => changed(p, 1)],
    ["a project token, signature changed", (_a, p) => changed(p, 2)],
    ["a project token, signature spelled otherwise", (_a, p) => respelled(p)],
    ["a foreign CI token", () => issuer.token({ repository_id: "777001" }, service.url)],
    ["the bootstrap token", () => env.BOOTSTRAP_TOKEN],
  ])("%s", async (_name, make) => {
    const holder = await givenHolder(service, await givenHome(service));
    const access = await tokenByKey(service, holder);
    const { text } = await givenProjectToken(service, holder);
    expect(await stateOf(service, await make(access, text), env.BOOTSTRAP_TOKEN)).toBe(INACTIVE);
    expect(JSON.parse(await stateOf(service, access, env.BOOTSTRAP_TOKEN)).active).toBe(true);
    expect(JSON.parse(await stateOf(service, text, env.BOOTSTRAP_TOKEN)).active).toBe(true);
  });
});

async function hex(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
