import { sql } from "drizzle-orm";
import type { Context, Deps } from "../deps.ts";
import { accept, actorId, Fault, isPrincipal, type Result, refuse } from "../protocol/index.ts";
import { failureOf, insertSelect, placeholdersOf, prepared, type Statement, schema } from "../store/index.ts";
import { type AuditEvent, rowOf } from "./event.ts";

/** The guarded write matched nothing, or a unique index refused it: somebody was faster. Nothing was written. */
export type CommitFailure = "guard" | "unique";

/** What one call writes. */
export interface Commit {
  readonly event: AuditEvent;
  /** Run before `guarded`; may match nothing. */
  readonly before?: readonly Statement[];
  /** The write that the event records. When it changes no row, the whole batch is taken back. */
  readonly guarded: Statement;
  /** Run after the event: counters and marks that prove nothing. */
  readonly after?: readonly Statement[];
}

/**
 * The only way to write. One batch holds the statements and their event: the event's `rows_changed` takes
 * `changes()` of the guarded statement just before it, and its CHECK takes everything back at zero.
 * @throws Fault `storage`
 */
export async function commit(context: Context, work: Commit): Promise<Result<true, CommitFailure>> {
  const { db } = context.deps;
  const row = rowOf(context, work.event, "granted");
  const event = insertEvent(db, row);
  return run(context.deps, [...(work.before ?? []), work.guarded, event, ...(work.after ?? [])]);
}

const insertEvent = prepared((db) =>
  db.insert(schema.auditEvent).values({ ...placeholdersOf(schema.auditEvent), rowsChanged: sql`changes()` }),
);

/** What one flood is counted by, so that junk that anybody can send drowns no refusal of a real token or a write. */
export type FloodClass = "forged" | "authentic" | "own" | "write" | "dry_run";

/** Events of one account and class that one minute keeps as their own; further ones are counted in one more. */
const KEPT_PER_MINUTE = 60;

/**
 * Records a refusal, and answers its event's id: in a flood no event has it. Where there is no account to count by, all
 * such refusals share one bound. @throws Fault `storage`
 */
export async function commitRefusal(
  context: Context,
  event: AuditEvent,
  floodClass: FloodClass,
): Promise<string> {
  const { id } = await recordBounded(context, rowOf(context, event, "refused"), floodClass);
  return id;
}

/** Records what would have been: no write goes with it, so it is bounded as refusals are. @throws Fault `storage` */
export async function commitDryRun(
  context: Context,
  event: AuditEvent,
  outcome: EventRow["outcome"],
): Promise<EventRow> {
  return recordBounded(context, rowOf(context, event, outcome), "dry_run");
}

type EventRow = ReturnType<typeof rowOf>;

async function recordBounded(context: Context, row: EventRow, floodClass: FloodClass): Promise<EventRow> {
  const { actor } = context;
  const place = row.serviceAccountId ?? row.projectId ?? "nobody";
  // Whoever is known is counted alone: no account's refusals drown another's.
  const bucketOwner = isPrincipal(actor) ? actorId(actor) : place;
  const bucket = `${bucketOwner}:${floodClass}:${Math.floor(row.createdAt / 60)}`;
  const own = { ...row, floodBucket: bucket, rowsChanged: sql<number>`1` };
  const { auditEvent } = schema;
  const kept = sql`(SELECT count(*) FROM ${auditEvent} WHERE flood_bucket = ${bucket})`;
  const { db } = context.deps;
  const recorded = await run(context.deps, [
    insertSelect(db, auditEvent, own, sql`WHERE ${kept} < ${KEPT_PER_MINUTE}`),
    insertSelect(
      db,
      auditEvent,
      { ...own, ...FLOOD },
      sql`WHERE NOT EXISTS (SELECT 1 FROM ${auditEvent} WHERE id = ${row.id})`,
    ).onConflictDoUpdate({
      target: auditEvent.floodBucket,
      targetWhere: sql`reason = 'flood'`,
      set: { occurrences: sql`occurrences + 1` },
    }),
  ]);
  if (!recorded.ok) throw new Fault("storage", "an event could not be recorded");
  return row;
}

/** The one event of what is not kept: it names nobody. */
const FLOOD = {
  outcome: "refused",
  reason: "flood",
  actorId: "unknown",
  detail: "More of these in this minute than are kept one by one.",
  claims: null,
  act: null,
  issuer: null,
  subject: null,
  kid: null,
  jti: null,
  receipt: null,
  federatedIdentityProviderId: null,
} as const;

/** Writes marks that prove nothing, such as when a credential was last used: they change no state, so no event. */
export async function commitMarks(deps: Deps, marks: readonly Statement[]): Promise<void> {
  if (marks.length > 0) await run(deps, marks);
}

async function run(deps: Deps, statements: readonly Statement[]): Promise<Result<true, CommitFailure>> {
  try {
    // Drizzle's type asks for one at least, and every caller sees to that.
    await deps.db.batch(statements as [Statement, ...Statement[]]);
    return accept(true);
  } catch (error) {
    const failure = failureOf(error);
    if (failure === "storage") throw new Fault("storage", "the database did not take a write", error);
    return refuse(failure);
  }
}
