import { sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import { type AuditEvent, commit, inSteps } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import { OWN_CLOCKS_APART_SECONDS, secondsOf, VERIFIER_LEEWAY_SECONDS } from "../protocol/index.ts";
import { schema } from "../store/index.ts";

const { accessToken, projectToken, revokedToken, spentAssertion } = schema;

/** How long a token's row stays after its end, so that an incident of yesterday can still be followed. */
const KEPT_AFTER_EXPIRY_SECONDS = 7 * 24 * 3600;
/** A revoked token is kept for longer than the feed tells it: what this hour revoked says when the feed was made. */
const REVOKED_KEPT_SECONDS = 2 * 3600 + VERIFIER_LEEWAY_SECONDS + OWN_CLOCKS_APART_SECONDS;
/** A spent assertion's end contains the leeway that it is judged with; beyond that, our own clocks differ. */
const SPENT_KEPT_SECONDS = 2 * OWN_CLOCKS_APART_SECONDS;
/** Rows deleted in one step: short enough that no exchange beside it waits. */
const FORGOTTEN_AT_ONCE = 1000;
/** Steps of one hour's work, two statements each: D1 lets an invocation run a thousand. */
const STEPS_MAX = 400;

interface Forgettable {
  readonly table: typeof accessToken | typeof projectToken | typeof revokedToken | typeof spentAssertion;
  readonly key: readonly SQLiteColumn[];
  readonly keptSeconds: number;
  readonly event: Pick<AuditEvent, "action" | "target">;
}

const FORGETTABLE: readonly Forgettable[] = [
  {
    table: accessToken,
    key: [accessToken.jti],
    keptSeconds: KEPT_AFTER_EXPIRY_SECONDS,
    event: { action: "access_token.purge", target: { type: "access_token" } },
  },
  {
    table: projectToken,
    key: [projectToken.id],
    keptSeconds: KEPT_AFTER_EXPIRY_SECONDS,
    event: { action: "project_token.purge", target: { type: "project_token" } },
  },
  {
    table: revokedToken,
    key: [revokedToken.jti],
    keptSeconds: REVOKED_KEPT_SECONDS,
    event: { action: "revoked_token.purge", target: { type: "revoked_token" } },
  },
  {
    table: spentAssertion,
    key: [spentAssertion.voucherId, spentAssertion.jti],
    keptSeconds: SPENT_KEPT_SECONDS,
    event: { action: "spent_assertion.purge", target: { type: "spent_assertion" } },
  },
];

/** Deletes what expired long enough ago, in bounded steps. Events stay; what is left over is for the next hour. */
export async function forgetExpired(context: Context): Promise<void> {
  const purges = FORGETTABLE.map((kind) => () => forgetOldest(context, kind));
  await inSteps(context, purges, { stepsMax: STEPS_MAX, rowsAtOnce: FORGOTTEN_AT_ONCE });
}

/** One step; false when there was nothing to forget, which the guard of its event says. */
async function forgetOldest(
  context: Context,
  { table, key, keptSeconds, event }: Forgettable,
): Promise<boolean> {
  const { db, nowMs } = context.deps;
  const before = secondsOf(nowMs()) - keptSeconds;
  const columns = sql.join([...key], sql`, `);
  const oldest = sql`SELECT ${columns} FROM ${table} WHERE ${table.expiresAt} < ${before}
    ORDER BY ${table.expiresAt} LIMIT ${FORGOTTEN_AT_ONCE}`;
  const guarded = db.delete(table).where(sql`(${columns}) IN (${oldest})`);
  return (await commit(context, { event, guarded })).ok;
}
