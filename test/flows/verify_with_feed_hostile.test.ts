/** What the middleware makes of feeds that we never sign: an issuer of the test's own, whose key is at hand. */
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import type { VerifyOptions } from "../../examples/verify_with_feed.ts";
import { answering, startApi } from "./offline_api.ts";

const ISSUER = "https://sts.example";
const AUDIENCE = "https://api.example.com";
const FEED_TYP = "revoked-tokens+jwt";
const DAY = 86_400;

type Members = Record<string, unknown>;
type Sign = (typ: string, claims: Members) => Promise<string>;

const now = () => Math.floor(Date.now() / 1000);
let sign: Sign;
let forge: Sign;
let keySet: string;
beforeAll(async () => {
  const [ours, theirs] = [await generateKeyPair("ES256"), await generateKeyPair("ES256")];
  const signer =
    ({ privateKey }: typeof ours): Sign =>
    (typ, claims) =>
      new SignJWT(JSON.parse(JSON.stringify(claims)))
        .setProtectedHeader({ alg: "ES256", kid: "one", typ })
        .sign(privateKey);
  [sign, forge] = [signer(ours), signer(theirs)];
  keySet = JSON.stringify({ keys: [{ ...(await exportJWK(ours.publicKey)), kid: "one", alg: "ES256" }] });
});

/** A sound feed, changed. */
const feedOf = (changed: Members = {}, jtis: readonly string[] = []) => ({
  ...{ iss: ISSUER, iat: now(), exp: now() + 7200, jtis },
  ...changed,
});

/** A sound access token that lives for a day, changed. */
const tokenOf = (changed: Members = {}) =>
  sign("at+jwt", {
    ...{ iss: ISSUER, aud: AUDIENCE, sub: "a", client_id: "a", jti: "1", iat: now(), exp: now() + DAY },
    ...changed,
  });

function api(options: Partial<VerifyOptions> = {}) {
  const started = startApi(ISSUER, AUDIENCE, options);
  started.line.keys = answering(keySet);
  return started;
}

describe("a feed", () => {
  it.each<[string, () => Response | Promise<Response>, number]>([
    ["that is sound", async () => new Response(await sign(FEED_TYP, feedOf())), 200],
    ["signed by somebody else", async () => new Response(await forge(FEED_TYP, feedOf())), 503],
    ["of another typ", async () => new Response(await sign("at+jwt", feedOf())), 503],
    ["of another issuer", async () => new Response(await sign(FEED_TYP, feedOf({ iss: AUDIENCE }))), 503],
    ["without iss", async () => new Response(await sign(FEED_TYP, feedOf({ iss: undefined }))), 503],
    ["without iat", async () => new Response(await sign(FEED_TYP, feedOf({ iat: undefined }))), 503],
    ["without exp", async () => new Response(await sign(FEED_TYP, feedOf({ exp: undefined }))), 503],
    ["that has expired", async () => new Response(await sign(FEED_TYP, feedOf({ exp: now() - 1 }))), 503],
    ["without jtis", async () => new Response(await sign(FEED_TYP, feedOf({ jtis: undefined }))), 503],
    ["whose jtis are a text", async () => new Response(await sign(FEED_TYP, feedOf({ jtis: "1" }))), 503],
    ["that is no JWT", () => new Response("{}"), 503],
    ["not modified since never", () => new Response(null, { status: 304 }), 503],
    [
      "that is a failure's page",
      async () => new Response(await sign(FEED_TYP, feedOf()), { status: 500 }),
      503,
    ],
  ])("%s", async (_name, answer, status) => {
    const { show, line } = api();
    line.feed = async () => answer();
    expect(await show(await tokenOf())).toBe(status);
  });

  it("behind a redirect is none: nobody is followed", async () => {
    const { show, line } = api();
    const sound = await sign(FEED_TYP, feedOf());
    line.feed = async (_url, { redirect }) =>
      redirect === "manual" ? Response.redirect("https://other.example/", 302) : new Response(sound);
    expect(await show(await tokenOf())).toBe(503);
  });

  it("that never comes is waited for by nobody who holds one, and for 5 seconds by who holds none", async () => {
    const { app, show, pass, line } = api();
    const headers = { authorization: `Bearer ${await tokenOf()}` };
    line.feed = answering(await sign(FEED_TYP, feedOf()));
    expect((await app.request("/", { headers })).status).toBe(200);
    line.feed = (_url, { signal }) =>
      new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    pass(31);
    const begun = Date.now();
    expect((await app.request("/", { headers })).status).toBe(200);
    expect(Date.now() - begun).toBeLessThan(1000);
    pass(300);
    expect(await show(await tokenOf())).toBe(503);
    expect(Date.now() - begun).toBeLessThan(8000);
  });

  it("that is older than the one held gives no revoked token its life back", async () => {
    const { show, pass, line, asked } = api();
    const token = await tokenOf();
    line.feed = answering(await sign(FEED_TYP, feedOf({ iat: now() - 1 })));
    expect(await show(token)).toBe(200);
    line.feed = answering(await sign(FEED_TYP, feedOf({}, ["1"])));
    pass(31);
    expect([await show(token), await show(token)]).toEqual([200, 401]);
    line.feed = answering(await sign(FEED_TYP, feedOf({ iat: now() - 1 })));
    pass(31);
    expect([await show(token), await show(token)]).toEqual([401, 401]);
    // Nor does it keep the one held alive: that is 300 seconds old before long, and then all is refused.
    pass(270);
    expect(await show(token)).toBe(503);
    expect(asked).toHaveLength(4);
  });

  it("that was refused leaves the one held in force, for as long as that may serve", async () => {
    const { show, pass, line } = api();
    const token = await tokenOf();
    line.feed = answering(await sign(FEED_TYP, feedOf()));
    expect(await show(token)).toBe(200);
    line.feed = answering(await forge(FEED_TYP, feedOf({}, ["1"])));
    pass(31);
    expect([await show(token), await show(token)]).toEqual([200, 200]);
    pass(270);
    expect(await show(token)).toBe(503);
  });

  it("that has expired while it was held is none, and is not asked about any more but anew", async () => {
    const { show, pass, line, asked } = api({ staleSeconds: DAY });
    const token = await tokenOf();
    const text = await sign(FEED_TYP, feedOf({ exp: now() + 100 }));
    line.feed = answering(text, 200, { ETag: 'W/"a"' });
    expect(await show(token)).toBe(200);
    line.feed = async () => new Response(null, { status: 304 });
    pass(90);
    expect(await show(token)).toBe(200);
    pass(31);
    expect(await show(token)).toBe(503);
    expect(asked.map(({ tag }) => tag)).toEqual([null, 'W/"a"', null]);
  });
});

describe("a token that we could have signed and did not", () => {
  it.each<[string, Members]>([
    ["without exp", { exp: undefined }],
    ["without jti, which no feed could name", { jti: undefined }],
    ["without sub", { sub: undefined }],
    ["without aud", { aud: undefined }],
    ["of another issuer", { iss: "https://other.example" }],
    ["for several audiences, none of them this", { aud: ["https://a.example", "https://b.example"] }],
  ])("%s is refused", async (_name, changed) => {
    const { show, line } = api();
    line.feed = answering(await sign(FEED_TYP, feedOf()));
    expect(await show(await tokenOf())).toBe(200);
    expect(await show(await tokenOf(changed))).toBe(401);
  });

  it("of an algorithm that we never sign with is refused, were there even a key for it", async () => {
    const { show, line } = api();
    const { publicKey, privateKey } = await generateKeyPair("ES384");
    line.keys = answering(JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: "one" }] }));
    const claims = {
      iss: ISSUER,
      aud: AUDIENCE,
      sub: "a",
      client_id: "a",
      jti: "1",
      iat: now(),
      exp: now() + 9,
    };
    const token = new SignJWT(claims).setProtectedHeader({ alg: "ES384", kid: "one", typ: "at+jwt" });
    expect(await show(await token.sign(privateKey))).toBe(401);
  });

  it.each(["JWT", "application/jwt", FEED_TYP])("of typ %s is refused", async (typ) => {
    const { show, line } = api();
    line.feed = answering(await sign(FEED_TYP, feedOf()));
    const claims = {
      iss: ISSUER,
      aud: AUDIENCE,
      sub: "a",
      client_id: "a",
      jti: "1",
      iat: now(),
      exp: now() + 9,
    };
    expect(await show(await sign(typ, claims))).toBe(401);
    expect(await show(await sign("application/at+jwt", claims))).toBe(200);
  });
});
