/** How an API checks our access tokens offline and refuses revoked ones all the same: a middleware for Hono. */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from "jose";

export interface VerifyOptions {
  /** Of countersign, as tokens carry it in `iss`: an origin without a trailing slash. */
  readonly issuerUrl: string;
  /** This API's own name, as tokens for it carry it in `aud`. */
  readonly audience: string;
  /**
   * The project whose tokens are let in (`project_id`); any without it. An audience is no secret: every project of a shared
   * service may register this one too, and permit itself what it likes there.
   */
  readonly projectId?: string;
  /** How often the feed of revoked tokens is asked for at most, in seconds; 30 unless told, as long as it is cached. */
  readonly refreshSeconds?: number;
  /** How long the last feed serves at most, if no newer one was had or asked for; 300 unless told. Then it is 503. */
  readonly staleSeconds?: number;
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  readonly nowMs?: () => number;
}

/** What one feed said was revoked. */
interface Feed {
  readonly jtis: ReadonlySet<unknown>;
  readonly iat: number;
  readonly exp: number;
  readonly etag: string | null;
}

const ALGORITHMS = ["ES256", "RS256", "EdDSA"];
const TOKEN_CLAIMS = ["sub", "client_id", "iat", "exp", "jti"];
const FEED_TYP = "revoked-tokens+jwt";
const KEYS_UNREACHABLE = ["ERR_JOSE_GENERIC", "ERR_JWKS_TIMEOUT", "ERR_JWKS_INVALID"];
const TIMEOUT_MS = 5000;
const INVALID =
  'Bearer error="invalid_token", error_description="Expired, revoked, or not a token for this API."';

/**
 * Lets through who shows an access token of ours, for this audience, alive and not revoked; its claims are then at
 * `c.get("claims")`. Others get 401, and 503 when nobody can say. Keys and feed are fetched when first needed.
 * @see RFC 9068 s4, RFC 6750 s3
 */
export function verifyWithFeed({ issuerUrl, audience, projectId, ...options }: VerifyOptions) {
  const { refreshSeconds = 30, staleSeconds = 300, nowMs = () => Date.now() } = options;
  const ask = options.fetch ?? ((url, init) => fetch(url, init));
  const keys = createRemoteJWKSet(new URL(`${issuerUrl}/.well-known/jwks.json`), { [customFetch]: ask });
  const verify = async (jwt: string, typ: string, requiredClaims: string[], more = {}) => {
    const ours = { issuer: issuerUrl, algorithms: ALGORITHMS, currentDate: new Date(nowMs()) };
    return (await jwtVerify(jwt, keys, { ...ours, typ, requiredClaims, ...more })).payload;
  };
  const load = async (held: Feed | undefined): Promise<Feed> => {
    const headers: Record<string, string> = held?.etag ? { "If-None-Match": held.etag } : {};
    const init: RequestInit = { headers, redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) };
    const answer = await ask(`${issuerUrl}/oauth/v2/revoked-tokens`, init);
    if (answer.status === 304 && held !== undefined) return held;
    if (answer.status !== 200) throw new Error(`The feed is answered with ${answer.status}.`);
    const { iat = 0, exp = 0, jtis } = await verify(await answer.text(), FEED_TYP, ["iat", "exp"]);
    if (!Array.isArray(jtis)) throw new Error("The feed has no jtis.");
    return { jtis: new Set(jtis), iat, exp, etag: answer.headers.get("ETag") };
  };
  const feedNow = keepFeed(load, nowMs, refreshSeconds * 1000, staleSeconds * 1000);

  return createMiddleware<{ Variables: { claims: JWTPayload } }>(async (c, next) => {
    const token = /^bearer +([\w.~+/-]+=*)$/i.exec(c.req.header("Authorization") ?? "")?.[1];
    if (token === undefined) return c.body(null, 401, { "WWW-Authenticate": "Bearer" });
    const claims = await verify(token, "at+jwt", TOKEN_CLAIMS, { audience }).catch(faultOf);
    if (claims === "invalid") return c.body(null, 401, { "WWW-Authenticate": INVALID });
    const feed = claims === "unknown" ? undefined : await feedNow(c);
    if (claims === "unknown" || feed === undefined)
      return c.body(null, 503, { "Retry-After": String(refreshSeconds) });
    const isStranger = projectId !== undefined && claims.project_id !== projectId;
    if (isStranger || feed.jtis.has(claims.jti)) return c.body(null, 401, { "WWW-Authenticate": INVALID });
    c.set("claims", claims);
    return next();
  });
}

/**
 * Keeps the newest feed. While requests come nobody waits: it is renewed behind the answer, for whoever comes next.
 * After a pause of two intervals the first request waits, so that no revocation is overlooked for longer than that.
 */
function keepFeed(
  load: (held: Feed | undefined) => Promise<Feed>,
  nowMs: () => number,
  refreshMs: number,
  staleMs: number,
) {
  let held: (Feed & { readonly seenAtMs: number }) | undefined;
  let nextMs = 0;
  const usable = (now: number) =>
    held !== undefined && now < Math.min(held.seenAtMs + staleMs, held.exp * 1000) ? held : undefined;
  const renew = async () => {
    const seenAtMs = nowMs();
    const got = await load(usable(seenAtMs)).catch(() => undefined);
    // A feed older than the one held is a replay: it would give revoked tokens their life back.
    if (got !== undefined && got.iat >= (held?.iat ?? 0)) held = { ...got, seenAtMs };
    nextMs = nowMs() + refreshMs;
  };
  return async (c: Context): Promise<Feed | undefined> => {
    const now = nowMs();
    const feed = usable(now);
    if (now < nextMs) return feed;
    if (feed === undefined || now >= feed.seenAtMs + 2 * refreshMs) {
      // On Workers no request may wait for another's fetch: those that come together each ask for themselves.
      await renew();
      return usable(nowMs());
    }
    nextMs = now + refreshMs;
    leaveBehind(c, renew());
    return feed;
  };
}

/** Workers stop what a request leaves behind unless they are told of it; elsewhere it just goes on. */
function leaveBehind(c: Context, work: Promise<void>): void {
  try {
    c.executionCtx.waitUntil(work);
  } catch {
    // There is no such context here.
  }
}

/** Whether the token is bad, or our keys could not be had. */
function faultOf(error: unknown): "invalid" | "unknown" {
  const isToken = error instanceof errors.JOSEError && !KEYS_UNREACHABLE.includes(error.code);
  return isToken ? "invalid" : "unknown";
}
