import type { Context } from "../../deps.ts";
import { secondsOf } from "../../protocol/index.ts";
import { claimShapeOf, type DecodedJwt } from "../../trust/index.ts";
import { mergeClaims, mergeKeys } from "./seen.ts";
import { readWatched, writeWatched } from "./watched_row.ts";

/** How long an isolate takes it for known that a token of this shape was noted. */
const NOTED_SECONDS = 3600;
const NOTED_MAX = 5000;
/** Of a look: what differs behind is noted an hour later. */
const LOOK_MAX_CHARACTERS = 1024;

/** A token that a trust believed. */
export interface BelievedToken {
  readonly projectId: string;
  readonly jwt: Pick<DecodedJwt, "issuer" | "kid" | "alg" | "claims">;
}

/**
 * Notes which key signed a believed token and what its claims look like; what is new becomes an event. Once an hour for
 * tokens that look alike: `hasNoted` tells an exchange at the price of a look into a map.
 */
export async function noteToken(context: Context, { projectId, jwt }: BelievedToken): Promise<void> {
  const { deps } = context;
  const now = secondsOf(deps.nowMs());
  const row = await readWatched(deps, projectId, jwt.issuer);
  const keys = mergeKeys(row?.keys ?? [], [{ kid: jwt.kid, algorithm: jwt.alg }], now);
  const claims = mergeClaims(row?.claims ?? [], claimShapeOf(jwt.claims), now);
  const change = { keys: keys.seen, claims: claims.seen };
  await writeWatched(
    context,
    { projectId, issuer: jwt.issuer, row },
    { change, news: [...keys.news, ...claims.news] },
  );
}

/** Whether a token that looks so was noted within the hour; from now on it is. */
export function hasNoted(context: Context, { projectId, jwt }: BelievedToken): boolean {
  return isNoted(
    context,
    `${projectId} ${jwt.issuer} ${jwt.kid} ${jwt.alg} ${lookOf(jwt.claims, 2).slice(0, LOOK_MAX_CHARACTERS)}`,
  );
}

/** Names and types, as they come: of two tokens that look alike it is the same text. */
function lookOf(claims: Readonly<Record<string, unknown>>, depth: number): string {
  let look = "";
  for (const name of Object.keys(claims)) {
    const value = claims[name];
    if (typeof value !== "object") look += `${name}:${typeof value} `;
    else if (value === null || Array.isArray(value)) look += `${name}:${value === null ? "null" : "list"} `;
    else
      look += `${name}:(${depth > 0 ? lookOf(value as Readonly<Record<string, unknown>>, depth - 1) : ""})`;
  }
  return look;
}

/** A believed issuer's token without a claim that a trust asks for, though its tokens had it before. */
export async function noteVanished(
  context: Context,
  {
    projectId,
    issuer,
    items,
  }: { readonly projectId: string; readonly issuer: string; readonly items: readonly string[] },
): Promise<void> {
  const asked = items.filter(
    (item) => !isNoted(context, JSON.stringify([projectId, issuer, "vanished", item])),
  );
  if (asked.length === 0) return;
  const row = await readWatched(context.deps, projectId, issuer);
  const gone = (row?.claims ?? []).filter(({ name }) => asked.includes(name));
  if (row === undefined || gone.length === 0) return;
  const news = gone.map(
    ({ name }) => `claim ${JSON.stringify(name)}, which a trust asks for, is in its tokens no more`,
  );
  await writeWatched(context, { projectId, issuer, row }, { change: {}, news });
}

/** Whether it was noted within the hour; from now on it is. The oldest go first, so that no flood grows an isolate. */
function isNoted({ deps }: Context, mark: string): boolean {
  const { notedTokens } = deps;
  const now = secondsOf(deps.nowMs());
  if ((notedTokens.get(mark) ?? 0) > now) return true;
  notedTokens.delete(mark);
  const [oldest] = notedTokens.keys();
  if (notedTokens.size >= NOTED_MAX && oldest !== undefined) notedTokens.delete(oldest);
  notedTokens.set(mark, now + NOTED_SECONDS);
  return false;
}
