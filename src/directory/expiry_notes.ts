import { and, asc, eq, gt, isNull, lte } from "drizzle-orm";
import { commit } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import { EXPIRES_SOON_SECONDS, instantOf, secondsOf } from "../protocol/index.ts";
import { readBatch, schema } from "../store/index.ts";
import { isAt } from "./etag.ts";
import { placeInAccount } from "./places.ts";

const { projectToken, serviceAccountKey } = schema;

/** Notes of one hour's work, of each kind: an invocation has a bound on its requests. */
const NOTED_AT_ONCE = 100;

/** Tells the record once of each key and project token that expires within 30 days. The clock's work. */
export async function noteExpiring(context: Context): Promise<void> {
  const { db, nowMs } = context.deps;
  const now = secondsOf(nowMs());
  const soon = now + EXPIRES_SOON_SECONDS;
  const { active, validUntil, expiryNotedAt } = serviceAccountKey;
  const [keys, tokens] = await readBatch(db, [
    db
      .select()
      .from(serviceAccountKey)
      .where(and(eq(active, true), gt(validUntil, now), lte(validUntil, soon), isNull(expiryNotedAt)))
      .orderBy(asc(validUntil))
      .limit(NOTED_AT_ONCE),
    db
      .select()
      .from(projectToken)
      .where(
        and(
          isNull(projectToken.revokedAt),
          gt(projectToken.expiresAt, now),
          lte(projectToken.expiresAt, soon),
          isNull(projectToken.expiryNotedAt),
        ),
      )
      .orderBy(asc(projectToken.expiresAt))
      .limit(NOTED_AT_ONCE),
  ]);
  for (const row of keys) {
    await note(context, { type: "service_account_key", row, end: row.validUntil ?? now });
  }
  for (const row of tokens) await note(context, { type: "project_token", row, end: row.expiresAt });
}

const TABLES = { service_account_key: serviceAccountKey, project_token: projectToken } as const;

interface Expiring {
  readonly type: keyof typeof TABLES;
  readonly row: Readonly<Record<"id" | "projectId" | "serviceAccountId", string>> & {
    readonly version: number;
  };
  /** Integer seconds. */
  readonly end: number;
}

async function note(context: Context, { type, row, end }: Expiring): Promise<void> {
  const table = TABLES[type];
  await commit(context, {
    event: {
      action: `${type}.expiring`,
      target: { type, id: row.id },
      ...placeInAccount(row),
      detail: `It expires at ${instantOf(end)}; make its successor now.`,
    },
    // Whoever noted it meanwhile, or gave it another end, makes this note needless.
    guarded: context.deps.db
      .update(table)
      .set({ expiryNotedAt: secondsOf(context.deps.nowMs()) })
      .where(and(isAt(table, row), isNull(table.expiryNotedAt))),
  });
}
