import { sql } from "drizzle-orm";
import type { Context } from "../../deps.ts";
import { type JsonWebKeyWithKid, secondsOf } from "../../protocol/index.ts";
import { readBatch, schema } from "../../store/index.ts";
import { fetchKeys } from "../../trust/index.ts";
import { type MetKey, mergeKeys } from "./seen.ts";
import { type Look, readWatched, type Watched, writeWatched } from "./watched_row.ts";

/** Issuers asked in one hour, those that were not asked for longest first: an invocation has a bound on its requests. */
const ASKED_PER_HOUR = 20;

const { federatedIdentityProvider: provider, watchedIssuer } = schema;

/**
 * Asks issuers for their keys before an exchange needs them: what fails or changed is an event then, not an outage. Nothing
 * is believed or refused by it, and one that faults does not keep the others waiting.
 */
export async function watchIssuers(context: Context): Promise<void> {
  const { deps } = context;
  for (const asked of await readLongestUnasked(context)) {
    try {
      await watchOne(context, asked);
    } catch (error) {
      deps.log({ level: "warn", event: "issuer_watch_failed", cause: String(error).slice(0, 200) });
    }
  }
}

interface Asked {
  readonly projectId: string;
  readonly issuer: string;
}

/** Issuers that some enabled trust fetches keys from, one of each project first: who trusts many keeps nobody waiting. */
async function readLongestUnasked({ deps }: Context): Promise<readonly Asked[]> {
  const askedAt = sql`coalesce(max(${watchedIssuer.askedAt}), 0)`;
  const query = deps.db
    .select({ projectId: provider.projectId, issuer: provider.issuer })
    .from(provider)
    .leftJoin(
      watchedIssuer,
      sql`${watchedIssuer.projectId} = ${provider.projectId} AND ${watchedIssuer.issuer} = ${provider.issuer}`,
    )
    .where(sql`${provider.disabled} = 0 AND ${provider.jwks} IS NULL`)
    .groupBy(provider.projectId, provider.issuer)
    .orderBy(sql`row_number() OVER (PARTITION BY ${provider.projectId} ORDER BY ${askedAt})`, askedAt)
    .limit(ASKED_PER_HOUR);
  const [rows] = await readBatch(deps.db, [query]);
  return rows;
}

async function watchOne(context: Context, { projectId, issuer }: Asked): Promise<void> {
  const fetched = await fetchKeys(context.deps, issuer);
  const watched = { projectId, issuer, row: await readWatched(context.deps, projectId, issuer) };
  const now = secondsOf(context.deps.nowMs());
  const look = fetched.ok
    ? lookAtKeys(watched, fetched.value.keys.map(metKey), now)
    : lookAtFailure(watched, fetched.refusal.detail, now);
  await writeWatched(context, watched, look);
}

function metKey({ kid, alg }: JsonWebKeyWithKid): MetKey {
  return { kid, algorithm: typeof alg === "string" ? alg : null };
}

function lookAtKeys({ row }: Watched, keys: readonly MetKey[], now: number): Look {
  const merged = mergeKeys(row?.keys ?? [], keys, now);
  // Of who asks for the first time a token may have shown one key: the others of its set are not new.
  const news = row === undefined || row.askedAt === null ? [] : merged.news;
  const change = { keys: merged.seen, askedAt: now, failingSince: null, failure: null };
  if (row?.failingSince === null || row === undefined) return { change, news };
  const since = now - row.failingSince;
  return { change, news: [`answers again after ${since} s`, ...news], action: "issuer.recovered" };
}

/** Told once: as long as it goes on failing, the row says since when. */
function lookAtFailure({ row }: Watched, detail: string, now: number): Look {
  const isNew = row === undefined || row.failingSince === null;
  const change = { askedAt: now, failingSince: row?.failingSince ?? now, failure: detail.slice(0, 512) };
  return { change, news: isNew ? [detail] : [], action: "issuer.unreachable" };
}
