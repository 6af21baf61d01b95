import { sql } from "drizzle-orm";
import type { Context } from "../deps.ts";
import { idsFrom, schema } from "../store/index.ts";
import { commit } from "./commit.ts";
import { inSteps } from "./in_steps.ts";

/** Receipts taken back in one step: short enough that no exchange beside it waits. */
const FORGOTTEN_AT_ONCE = 500;
/** Steps of one hour's work, two statements each. */
const STEPS_MAX = 200;

/** Takes the explanations of events away that are older than receipts are kept; the events stay. In bounded steps. */
export async function forgetReceipts(context: Context): Promise<void> {
  const { config, nowMs } = context.deps;
  const before = idsFrom(nowMs() - config.receiptDays * 24 * 3600 * 1000);
  const bounds = { stepsMax: STEPS_MAX, rowsAtOnce: FORGOTTEN_AT_ONCE };
  await inSteps(context, [() => forgetOldest(context, before)], bounds);
}

/** One step; false when there was nothing to forget, which the guard of its event says. */
async function forgetOldest(context: Context, before: string): Promise<boolean> {
  const { auditEvent } = schema;
  const oldest = sql`SELECT id FROM ${auditEvent} WHERE receipt IS NOT NULL AND id < ${before}
    ORDER BY id LIMIT ${FORGOTTEN_AT_ONCE}`;
  const guarded = context.deps.db
    .update(auditEvent)
    .set({ receipt: null })
    .where(sql`${auditEvent.id} IN (${oldest})`);
  return (await commit(context, { event: { action: "receipt.purge", target: { type: "receipt" } }, guarded }))
    .ok;
}
