import { type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import { type AuditEvent, commit } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import { secondsOf } from "../protocol/index.ts";
import { readBatch, schema } from "../store/index.ts";

const { accessToken, projectToken, revokedToken, spentAssertion } = schema;

/** How long a token's row stays after its end, so that an incident of yesterday can still be followed. */
const KEPT_AFTER_EXPIRY_SECONDS = 7 * 24 * 3600;
/** What guards against a token is kept for clocks that lag. */
const CLOCK_MARGIN_SECONDS = 600;
/** Rows deleted in one step: short enough that no exchange beside it waits. */
const FORGOTTEN_AT_ONCE = 1000;
/** Steps of one hour's work, for each kind of row. */
const STEPS_MAX = 200;

interface Expiring {
  readonly table: typeof accessToken | typeof projectToken | typeof revokedToken | typeof spentAssertion;
  readonly key: readonly SQLiteColumn[];
  readonly keptSeconds: number;
  readonly event: Pick<AuditEvent, "action" | "target">;
}

const EXPIRING: readonly Expiring[] = [
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
    keptSeconds: CLOCK_MARGIN_SECONDS,
    event: { action: "revoked_token.purge", target: { type: "revoked_token" } },
  },
  {
    table: spentAssertion,
    key: [spentAssertion.voucherId, spentAssertion.jti],
    keptSeconds: CLOCK_MARGIN_SECONDS,
    event: { action: "spent_assertion.purge", target: { type: "spent_assertion" } },
  },
];

/** Deletes what expired long enough ago, in bounded steps. Events stay. */
export async function forgetExpired(context: Context): Promise<void> {
  for (const kind of EXPIRING) await forget(context, kind);
}

async function forget(context: Context, { table, key, keptSeconds, event }: Expiring): Promise<void> {
  const { db, nowMs } = context.deps;
  const before = secondsOf(nowMs()) - keptSeconds;
  const isExpired: SQL = sql`${table.expiresAt} < ${before}`;
  const columns = sql.join([...key], sql`, `);
  for (let step = 0; step < STEPS_MAX; step++) {
    const [rows] = await readBatch(db, [
      db.select({ expiresAt: table.expiresAt }).from(table).where(isExpired).limit(1),
    ]);
    if (rows.length === 0) return;
    const oldest = sql`SELECT ${columns} FROM ${table} WHERE ${isExpired} ORDER BY ${table.expiresAt} LIMIT ${FORGOTTEN_AT_ONCE}`;
    await commit(context, { event, guarded: db.delete(table).where(sql`(${columns}) IN (${oldest})`) });
  }
}
