import { describe, expect, it } from "vitest";
import type { Deps } from "../../../src/deps.ts";
import { judgeIssuerUrl } from "../../../src/trust/issuer_url.ts";
import { fetchKeys } from "../../../src/trust/jwks.ts";
import { foreignKey } from "./keys.ts";

const OWN_ORIGIN = "https://sts.example.com";
const ISSUER = "https://issuer.example";
const DISCOVERY = `${ISSUER}/.well-known/openid-configuration`;
const JWKS = `${ISSUER}/keys`;

const { jwk } = await foreignKey("ES256");

type Answer = () => Response;
type Site = Readonly<Record<string, Answer>>;

const json = (value: unknown) => () => Response.json(value);
const text = (body: BodyInit) => () => new Response(body);
const status = (code: number, location: string) => () =>
  new Response(null, { status: code, headers: { location } });

/** An issuer that does everything right, but for what is replaced. */
const site = (changes: Site = {}): Site => ({
  [DISCOVERY]: json({ issuer: ISSUER, jwks_uri: JWKS }),
  [JWKS]: json({ keys: [jwk] }),
  ...changes,
});

/** Asks the issuer, and tells which URLs were asked. */
async function ask(answers: Site, issuer = ISSUER) {
  const asked: string[] = [];
  const fetch = async (input: unknown, init?: RequestInit) => {
    expect(init).toMatchObject({ redirect: "manual", signal: expect.any(AbortSignal) });
    asked.push(String(input));
    const answer = answers[String(input)];
    if (answer === undefined) throw new TypeError("nobody there");
    return answer();
  };
  const config = { isDevelopment: false, issuerUrl: OWN_ORIGIN };
  const fetched = await fetchKeys(onlyWith({ config, fetch, log: () => undefined }), issuer);
  return { fetched, asked };
}

/** Deps of which fetching needs no more than these. */
function onlyWith(parts: object): Deps {
  return parts as Deps;
}

describe("an issuer's keys", () => {
  it("are found by discovery", async () => {
    const { fetched, asked } = await ask(site());
    expect(fetched).toEqual({ ok: true, value: { keys: [jwk], rejected: new Map() } });
    expect(asked).toEqual([DISCOVERY, JWKS]);
  });

  it.each([
    ["with a path (OpenID Connect Discovery 1.0 s4.1)", "https://issuer.example/realm"],
    ["with a slash behind", "https://issuer.example/realm/"],
    ["as long as a registered issuer may be", `https://issuer.example/${"p".repeat(232)}`],
  ])("of an issuer %s", async (_name, issuer) => {
    const rules = { isDevelopment: false, ownOrigin: OWN_ORIGIN, isFetched: true };
    expect(judgeIssuerUrl(issuer, rules).ok).toBe(true);
    const discovery = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
    const { fetched } = await ask(site({ [discovery]: json({ issuer, jwks_uri: JWKS }) }), issuer);
    expect(fetched.ok).toBe(true);
  });

  it("may lie elsewhere, and behind a query", async () => {
    const uri = "https://keys.example/v2?p=signin";
    const { fetched, asked } = await ask({
      [DISCOVERY]: json({ issuer: ISSUER, jwks_uri: uri }),
      [uri]: json({ keys: [jwk] }),
    });
    expect(fetched.ok).toBe(true);
    expect(asked).toEqual([DISCOVERY, uri]);
  });
});

const tooLong = `{"issuer":"${"x".repeat(256 * 1024)}"}`;

describe("a discovery document that is none", () => {
  it.each<readonly [name: string, answer: Answer, reason: string]>([
    ["a redirect", status(302, JWKS), "issuer_unreachable"],
    ["a permanent redirect", status(308, "http://169.254.169.254/"), "issuer_unreachable"],
    ["404", status(404, ""), "issuer_unreachable"],
    ["no content", status(204, ""), "issuer_unreachable"],
    ["nothing", text(""), "issuer_unreachable"],
    ["a page", text("<html>"), "issuer_unreachable"],
    ["an array", json([{ issuer: ISSUER, jwks_uri: JWKS }]), "issuer_unreachable"],
    ["null", json(null), "issuer_unreachable"],
    ["a byte-order mark", text(`\ufeff{"issuer":"${ISSUER}"}`), "issuer_unreachable"],
    ["bytes that are no UTF-8", text(new Uint8Array([0x7b, 0xff, 0x7d])), "issuer_unreachable"],
    ["more than 256 KiB", text(tooLong), "issuer_unreachable"],
    ["no issuer", json({ jwks_uri: JWKS }), "issuer_mismatch"],
    ["another issuer", json({ issuer: "https://other.example", jwks_uri: JWKS }), "issuer_mismatch"],
    ["the issuer with a slash more", json({ issuer: `${ISSUER}/`, jwks_uri: JWKS }), "issuer_mismatch"],
    ["the issuer in an array", json({ issuer: [ISSUER], jwks_uri: JWKS }), "issuer_mismatch"],
    ["no jwks_uri", json({ issuer: ISSUER }), "issuer_unreachable"],
    ["jwks_uri as an array", json({ issuer: ISSUER, jwks_uri: [JWKS] }), "issuer_unreachable"],
  ])("%s: the key set is not asked for", async (_name, answer, reason) => {
    const { fetched, asked } = await ask(site({ [DISCOVERY]: answer }));
    expect(fetched).toMatchObject({ ok: false, refusal: { reason } });
    expect(asked).toEqual([DISCOVERY]);
  });
});

describe("a jwks_uri that may not be asked (CVE-2025-52477)", () => {
  it.each([
    ["http", "http://issuer.example/keys"],
    ["loopback", "https://127.0.0.1/keys"],
    ["loopback in decimal", "https://2130706433/keys"],
    ["the cloud's metadata", "http://169.254.169.254/latest/meta-data/"],
    ["a private name", "https://vault.internal/keys"],
    ["ourselves", `${OWN_ORIGIN}/.well-known/jwks.json`],
    ["another port", "https://issuer.example:8443/keys"],
    ["a user", "https://issuer.example@other.example/keys"],
    ["a file", "file:///etc/passwd"],
    ["data", 'data:application/json,{"keys":[]}'],
    ["a relative path", "/keys"],
    ["nothing", ""],
  ])("%s", async (_name, uri) => {
    const { fetched, asked } = await ask(site({ [DISCOVERY]: json({ issuer: ISSUER, jwks_uri: uri }) }));
    expect(fetched).toMatchObject({ ok: false, refusal: { reason: "issuer_not_allowed" } });
    expect(asked).toEqual([DISCOVERY]);
  });
});

describe("a key set that is none", () => {
  it.each<readonly [name: string, answer: Answer, detail: string]>([
    ["a redirect", status(302, JWKS), "answered 302"],
    ["a page", text("<html>"), "answered no JSON object"],
    ["an array of keys", json([jwk]), "answered no JSON object"],
    ["no keys", json({}), "has no array keys"],
    ["a key too many", json({ keys: Array(101).fill(jwk) }), "has more than 100 keys"],
    ["more than 256 KiB", text(tooLong), "answered more than 256 KiB"],
    ["nobody", () => Response.error(), "answered 0"],
  ])("%s", async (_name, answer, detail) => {
    const { fetched } = await ask(site({ [JWKS]: answer }));
    expect(fetched).toMatchObject({
      ok: false,
      refusal: { reason: "issuer_unreachable", detail: expect.stringContaining(detail) },
    });
  });

  it("with a kid that no reader expects loses that key alone", async () => {
    const odd = { ...jwk, kid: { toString: 0, valueOf: 0 } };
    const { fetched } = await ask(site({ [JWKS]: json({ keys: [odd, jwk] }) }));
    expect(fetched).toMatchObject({ ok: true, value: { keys: [jwk] } });
  });
});

it("an issuer that may not be fetched is not asked at all", async () => {
  const { fetched, asked } = await ask({}, "http://169.254.169.254");
  expect(fetched).toMatchObject({ ok: false, refusal: { reason: "issuer_not_allowed" } });
  expect(asked).toEqual([]);
});
