import { describe, expect, it } from "vitest";
import { startService } from "./harness.ts";
import {
  accessTokenOf,
  callAs,
  DEAD,
  dumpDatabase,
  eventsOf,
  GOOD,
  givenAccount,
  givenToken,
  sha256Of,
  stateOf,
} from "./project_token_kit.ts";

const service = startService();
const PATH = "/v1/leaked-credentials";
const report = (...credentials: string[]) => service.call("POST", PATH, { credentials });
const NOTHING = { recognised: false, found: [], truncated: false };

/** An account with a project token and an access token that was got by it. */
async function givenTokens() {
  const given = await givenAccount(service);
  const made = await givenToken(service, given);
  const access = await accessTokenOf(service, given, made.token);
  return { given, made, access };
}

/** How a scanner may quote a token. */
const QUOTES: [string, (token: string) => string | Promise<string>][] = [
  ["alone", (token) => token],
  ["as its SHA-256", sha256Of],
  ["as its SHA-256 in capitals", async (token) => (await sha256Of(token)).toUpperCase()],
  ["as its SHA-256 with a line end", async (token) => `${await sha256Of(token)}\n`],
  ["within white space", (token) => `\r\n\t ${token} \n`],
  ["in a line of source", (token) => `const token = "${token}"; // TODO`],
  ["in a header", (token) => `curl -H 'Authorization: Bearer ${token}' https://x.example/v1?x=1`],
  ["in a URL", (token) => `https://x.example/?access_token=${token}&x=1`],
  ["behind a cookie", (token) => `${btoa('{"user":"somebody"}').replaceAll("=", "")}.${token}`],
  ["wrapped by a terminal", (token) => `token:\n${token.replace(/.{80}/g, "$&\n")}`],
  ["in a Kubernetes Secret", (token) => `data:\n  token: ${btoa(token)}\n`],
  ["in JSON", (token) => JSON.stringify({ a: { token }, b: 1 })],
  ["in JSON, escaped, after a line end", (token) => JSON.stringify(`TOKEN:\n${token}\nEND`)],
  ["in a .env file", (token) => `A=1\nTOKEN=${token}\nB=2\n`],
  ["at the end of a sentence", (token) => `We leaked ${token}.`],
  ["after much else", (token) => `${"lorem ipsum ".repeat(5000)}${token}`],
  [
    "behind three others",
    (token) =>
      `${Array(3)
        .fill([1, 2, 3].map(() => "x".repeat(20)).join("."))
        .join(" ")} ${token}`,
  ],
];

describe("a reported project token", () => {
  it.each(QUOTES)("%s is recognised, and dead with what was got by it", async (_name, quote) => {
    const { given, made, access } = await givenTokens();
    const { status, body, headers } = await report("nothing", await quote(made.token));
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("no-store");
    const found = (wasLive: boolean) => ({
      index: 1,
      recognised: true,
      found: [{ type: "project_token", wasLive }],
      truncated: false,
    });
    expect(body).toEqual({ items: [{ index: 0, ...NOTHING }, found(true)] });
    expect(await stateOf(service, given, made.token)).toEqual(DEAD);
    expect((await callAs(service, access, "GET", given.path)).body.code).toBe("invalid_token");
    expect((await service.call("GET", made.path)).body.code).toBe("not_found");
    const [event] = await eventsOf(service, given.project, "action=project_token.leaked");
    expect(event).toMatchObject({
      outcome: "granted",
      target: { type: "project_token", id: made.id },
      serviceAccountId: given.account.id,
      actor: { type: "bootstrap" },
    });
    const again = await report("nothing", await quote(made.token));
    expect(again.body).toEqual({ items: [{ index: 0, ...NOTHING }, found(false)] });
    expect(await eventsOf(service, given.project, "action=project_token.leaked")).toHaveLength(1);
    expect(await stateOf(service, given, (await givenToken(service, given)).token)).toEqual(GOOD);
  });
});

describe("a reported access token", () => {
  it.each(QUOTES)("%s is recognised, and dead alone", async (_name, quote) => {
    const { given, made, access } = await givenTokens();
    const other = await accessTokenOf(service, given, made.token);
    const found = (wasLive: boolean) => [
      { index: 0, recognised: true, found: [{ type: "access_token", wasLive }], truncated: false },
    ];
    expect((await report(await quote(access))).body.items).toEqual(found(true));
    expect((await callAs(service, access, "GET", given.path)).body.code).toBe("invalid_token");
    expect((await callAs(service, other, "GET", given.path)).body.code).toBe("permission_denied");
    expect(await stateOf(service, given, made.token)).toEqual(GOOD);
    const events = await eventsOf(service, given.project, "action=access_token.leaked");
    expect(events).toMatchObject([{ outcome: "granted", serviceAccountId: given.account.id }]);
    expect((await report(await quote(access))).body.items).toEqual(found(false));
    expect(await eventsOf(service, given.project, "action=access_token.leaked")).toHaveLength(1);
  });
});

describe("what is not ours, or not whole", () => {
  it.each<[string, (token: string, id: string) => string | Promise<string>]>([
    ["an unknown string", () => "hunter2"],
    ["white space", () => " "],
    ["a random hash", () => sha256Of(crypto.randomUUID())],
    ["a random hash in capitals", async () => (await sha256Of(crypto.randomUUID())).toUpperCase()],
    ["the hash of a hash", async (token) => sha256Of(await sha256Of(token))],
    ["a hash cut short", async (token) => (await sha256Of(token)).slice(0, 63)],
    ["a hash within text", async (token) => `sha256:${await sha256Of(token)}`],
    ["a token cut short", (token) => token.slice(0, -1)],
    ["a token in capitals", (token) => token.toUpperCase()],
    ["a token without its signature", (token) => token.slice(0, token.lastIndexOf("."))],
    ["a token with another signature", (token) => `${token.slice(0, -43)}${"A".repeat(43)}`],
    ["a token's id", (_token, id) => id],
    ["SQL", () => `' OR 1=1 --`],
    ["half a character", () => "\\ud800 \u0000"],
    ["a JSON number", () => "1e999"],
  ])("%s is answered like nothing, and ends nothing", async (_name, quote) => {
    const { given, made, access } = await givenTokens();
    const reported = [await quote(made.token, made.id), await quote(access, made.id), "hunter2"];
    const { status, body } = await report(...reported);
    expect(status).toBe(200);
    expect(new Set(body.items.map(({ index, ...rest }: { index: number }) => JSON.stringify(rest)))).toEqual(
      new Set([JSON.stringify(NOTHING)]),
    );
    expect(body.items.map(({ index }: { index: number }) => index)).toEqual([0, 1, 2]);
    expect(await stateOf(service, given, made.token)).toEqual(GOOD);
    expect((await callAs(service, access, "GET", given.path)).body.code).toBe("permission_denied");
  });

  it("nor a token that was made anew, deleted with its account, or has expired", async () => {
    const { given, made } = await givenTokens();
    await service.call("POST", `${made.path}/regenerate`);
    const second = await givenTokens();
    await service.call("DELETE", second.given.path);
    expect((await report(made.token, second.made.token, second.access)).body.items).toMatchObject([
      NOTHING,
      NOTHING,
      NOTHING,
    ]);
    expect(await eventsOf(service, given.project, "action=project_token.leaked")).toEqual([]);
  });
});

describe("a report", () => {
  it("of many projects ends each and tells each project of its own alone", async () => {
    const [one, two] = [await givenTokens(), await givenTokens()];
    const both = `${two.made.token}\n${one.access}`;
    const { body } = await report(one.made.token, "x", await sha256Of(two.access), both, one.made.token);
    const types = body.items.map(({ found }: { found: { type: string; wasLive: boolean }[] }) =>
      found.map(({ type, wasLive }) => [type, wasLive]).sort(),
    );
    expect(types).toEqual([
      [["project_token", true]],
      [],
      [["access_token", true]],
      [
        ["access_token", true],
        ["project_token", true],
      ],
      [["project_token", true]],
    ]);
    for (const { given, made } of [one, two]) {
      expect(await stateOf(service, given, made.token)).toEqual(DEAD);
      const leaked = (await eventsOf(service, given.project)).filter(({ action }) =>
        String(action).endsWith(".leaked"),
      );
      for (const event of leaked) expect(event.serviceAccountId).toBe(given.account.id);
      expect(leaked.map(({ action }) => action)).toContain("project_token.leaked");
    }
  });

  it("of one token by ten reporters at once makes one event", async () => {
    const { given, made } = await givenTokens();
    const answers = await Promise.all(Array.from({ length: 10 }, () => report(made.token)));
    for (const { status, body } of answers) expect([status, body.items[0].recognised]).toEqual([200, true]);
    expect(await eventsOf(service, given.project, "action=project_token.leaked")).toHaveLength(1);
  });

  it("leaves what was reported in no log line, no event, no answer, no row", async () => {
    const loud = startService();
    const { made, access } = await givenTokens();
    const stranger = `stranger-${crypto.randomUUID()}`;
    const unknown = await sha256Of(stranger);
    const credentials = [`x ${made.token} y`, access, stranger, unknown];
    const answers = [
      await loud.call("POST", PATH, { credentials }),
      await loud.call("POST", PATH, { credentials, note: stranger }),
      await loud.call("POST", PATH, { credentials: [...credentials, 7] }),
      await loud.call("POST", PATH, { credentials: stranger }),
      await loud.call("POST", PATH, `{"credentials": ["${stranger}"`),
      await loud.call("POST", PATH, { credentials: [stranger.repeat(3000)] }),
      await callAs(loud, access, "POST", PATH, { credentials }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 400, 400, 400, 400, 400, 401]);
    const everything = [
      JSON.stringify(answers.map(({ body }) => body)),
      JSON.stringify(loud.log),
      await dumpDatabase(),
    ].join("\n");
    for (const secret of [made.token, access, stranger, unknown]) {
      expect(everything.includes(secret)).toBe(false);
      expect(everything.includes(secret.slice(-43))).toBe(false);
    }
  });
});
