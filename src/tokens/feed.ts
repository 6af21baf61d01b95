import { asc, gt, sql } from "drizzle-orm";
import type { Context, Deps } from "../deps.ts";
import { ensureSigningKey, signJwt } from "../keyring/index.ts";
import { secondsOf, VERIFIER_LEEWAY_SECONDS } from "../protocol/index.ts";
import { readBatch, schema } from "../store/index.ts";

const { revokedToken } = schema;

/** How long anybody may cache the feed: with the time between two looks, what a revocation takes to be seen. */
export const FEED_MAX_AGE_SECONDS = 30;
/** The feed is signed anew at least so often, and good for twice as long: an answer of 304 never ages it out. */
const SIGNED_ANEW_SECONDS = 3600;

const FEED_TYP = "revoked-tokens+jwt";

/** The feed that this isolate signed last: for as long as the database is in that state, nobody needs another. */
export interface FeedCache {
  last: { readonly etag: string; readonly jwt: string } | undefined;
}

/** The feed's state, and the feed, which a caller who has this state already is spared. */
export interface Feed {
  readonly etag: string;
  /** A JWT of ours. */
  readonly read: () => Promise<string>;
}

/**
 * The `jti`s of all tokens that were revoked and have not expired, for APIs that verify offline: a JWT of ours with
 * `typ` revoked-tokens+jwt and the claims `iss`, `iat`, `exp`, `jtis`. Its state is one small read: the youngest
 * revocation, and the hour, at whose turn what has expired is left out. @throws Fault `storage`, `keyring`
 */
export async function revokedTokenFeed(context: Context): Promise<Feed> {
  const { deps } = context;
  const now = secondsOf(deps.nowMs());
  const hour = now - (now % SIGNED_ANEW_SECONDS);
  const [[state]] = await readBatch(deps.db, [deps.db.select(STATE).from(revokedToken).limit(1)]);
  // Weak: the same state signed twice differs in its bytes. @see RFC 9110 s8.8.1
  const etag = `W/"${hour}.${state?.youngest ?? 0}"`;
  const issuedAt = Math.max(hour, state?.revokedAt ?? 0);
  return { etag, read: () => readFeed(context, { etag, hour, issuedAt }) };
}

/** Each by its own index, at the end of which it stands. */
const STATE = {
  youngest: sql<number | null>`(SELECT max(seq) FROM revoked_token)`.as("youngest"),
  revokedAt: sql<number | null>`(SELECT max(revoked_at) FROM revoked_token)`.as("latest"),
};

interface State {
  readonly etag: string;
  /** Seconds at which the hour began. */
  readonly hour: number;
  /** The state's own: whichever isolate signs it, verifiers that refuse an older feed refuse no newer state. */
  readonly issuedAt: number;
}

async function readFeed(context: Context, { etag, hour, issuedAt: iat }: State): Promise<string> {
  const { deps } = context;
  const { last } = deps.feedCache;
  if (last?.etag === etag) return last.jwt;
  const jtis = await readJtis(deps, hour - VERIFIER_LEEWAY_SECONDS);
  const claims = { iss: deps.config.issuerUrl, iat, exp: iat + 2 * SIGNED_ANEW_SECONDS, jtis };
  const jwt = await signJwt(deps, await ensureSigningKey(context), FEED_TYP, claims);
  deps.feedCache.last = { etag, jwt };
  return jwt;
}

async function readJtis({ db }: Deps, expiredBy: number): Promise<readonly string[]> {
  const query = db
    .select({ jti: revokedToken.jti })
    .from(revokedToken)
    .where(gt(revokedToken.expiresAt, expiredBy))
    .orderBy(asc(revokedToken.jti));
  const [rows] = await readBatch(db, [query]);
  return rows.map(({ jti }) => jti);
}
