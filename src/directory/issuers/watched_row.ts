import { and, eq, sql } from "drizzle-orm";
import { type AuditAction, commit, commitMarks } from "../../audit/index.ts";
import type { Context, Deps } from "../../deps.ts";
import { secondsOf } from "../../protocol/index.ts";
import { insertSelect, newId, readBatch, type Statement, schema } from "../../store/index.ts";

const { watchedIssuer } = schema;

export type WatchedRow = typeof watchedIssuer.$inferSelect;

/** What is known of an issuer for one project; undefined before anything is. */
export async function readWatched(
  deps: Deps,
  projectId: string,
  issuer: string,
): Promise<WatchedRow | undefined> {
  const isIt = and(eq(watchedIssuer.projectId, projectId), eq(watchedIssuer.issuer, issuer));
  const [[row]] = await readBatch(deps.db, [deps.db.select().from(watchedIssuer).where(isIt)]);
  return row;
}

/** An issuer as one project knows it, and the row as it was read. */
export interface Watched {
  readonly projectId: string;
  readonly issuer: string;
  readonly row: WatchedRow | undefined;
}

type Change = Partial<Pick<WatchedRow, "keys" | "claims" | "askedAt" | "failingSince" | "failure">>;

/** What is written of one look, and what of it is news. */
export interface Look {
  readonly change: Change;
  readonly news: readonly string[];
  readonly action?: Extract<AuditAction, `issuer.${string}`>;
}

/**
 * Keeps what was seen. News go with an event; where somebody else wrote meanwhile, the next look tells them. Nothing is
 * decided by it. @throws Fault `storage`
 */
export async function writeWatched(
  context: Context,
  { projectId, issuer, row }: Watched,
  { change, news, action = "issuer.changed" }: Look,
): Promise<void> {
  const statement = statementOf(context, { projectId, issuer, row }, change);
  if (news.length === 0) return commitMarks(context.deps, [statement]);
  const event = {
    action,
    target: { type: "issuer", id: issuer },
    projectId,
    detail: news.join("; "),
  } as const;
  const system: Context = { ...context, actor: { type: "system" } };
  const committed = await commit(system, { event, guarded: statement });
  if (!committed.ok) return;
  const { id: requestId } = context.request;
  context.deps.log({
    level: "warn",
    event: action,
    projectId,
    issuer,
    detail: event.detail.slice(0, 1024),
    requestId,
  });
}

function statementOf({ deps }: Context, { projectId, issuer, row }: Watched, change: Change): Statement {
  const now = secondsOf(deps.nowMs());
  if (row !== undefined) {
    const isAsRead = and(eq(watchedIssuer.id, row.id), eq(watchedIssuer.version, row.version));
    const next = { ...change, version: row.version + 1, updatedAt: now };
    return deps.db.update(watchedIssuer).set(next).where(isAsRead);
  }
  const fresh = {
    id: newId(deps.nowMs()),
    projectId,
    issuer,
    keys: [],
    claims: [],
    askedAt: null,
    failingSince: null,
    failure: null,
    version: 1,
    createdAt: now,
    updatedAt: now,
    ...change,
  };
  return insertSelect(
    deps.db,
    watchedIssuer,
    fresh,
    sql`FROM project p WHERE p.id = ${projectId}`,
  ).onConflictDoNothing();
}
