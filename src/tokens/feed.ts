import { asc, gt } from "drizzle-orm";
import type { Context } from "../deps.ts";
import { ensureSigningKey, signJwt } from "../keyring/index.ts";
import { secondsOf } from "../protocol/index.ts";
import { readBatch, schema } from "../store/index.ts";
import { sha256Hex } from "./hash.ts";

const { revokedToken } = schema;

/** How long anybody may cache the feed: with the time between two looks, what a revocation takes to be seen. */
export const FEED_MAX_AGE_SECONDS = 30;
/** A revoked token is told for so long after its end: verifiers' clocks lag, and they allow for it. */
const TOLD_AFTER_EXPIRY_SECONDS = 300;
/** The feed is signed anew at least so often, and good for twice as long: an answer of 304 never ages it out. */
const SIGNED_ANEW_SECONDS = 3600;

export const FEED_TYP = "revoked-tokens+jwt";

/** The feed's state, and how to sign it, which a caller who has this state already is spared. */
export interface Feed {
  readonly etag: string;
  readonly sign: () => Promise<string>;
}

/**
 * The `jti`s of all tokens that were revoked and have not expired, for APIs that verify offline: a JWT of ours with
 * `typ` revoked-tokens+jwt and the claims `iss`, `iat`, `exp`, `jtis`. @throws Fault `storage`, `keyring`
 */
export async function revokedTokenFeed(context: Context): Promise<Feed> {
  const { deps } = context;
  const now = secondsOf(deps.nowMs());
  const query = deps.db
    .select({ jti: revokedToken.jti })
    .from(revokedToken)
    .where(gt(revokedToken.expiresAt, now - TOLD_AFTER_EXPIRY_SECONDS))
    .orderBy(asc(revokedToken.jti));
  const [rows] = await readBatch(deps.db, [query]);
  const jtis = rows.map(({ jti }) => jti);
  const state = await sha256Hex([Math.floor(now / SIGNED_ANEW_SECONDS), ...jtis].join(" "));
  return {
    // Weak: the same state signed twice differs in its bytes. @see RFC 9110 s8.8.1
    etag: `W/"${state.slice(0, 32)}"`,
    sign: async () => {
      const claims = { iss: deps.config.issuerUrl, iat: now, exp: now + 2 * SIGNED_ANEW_SECONDS, jtis };
      return signJwt(deps, await ensureSigningKey(context), FEED_TYP, claims);
    },
  };
}
