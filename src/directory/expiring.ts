import { and, asc, eq, gt, isNull, lte } from "drizzle-orm";
import { commit } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import { EXPIRES_SOON_SECONDS, instantOf, secondsOf } from "../protocol/index.ts";
import { readBatch, schema } from "../store/index.ts";

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
  for (const key of keys) await note(context, "service_account_key", key, key.validUntil ?? now);
  for (const token of tokens) await note(context, "project_token", token, token.expiresAt);
}

interface Expiring {
  readonly id: string;
  readonly projectId: string;
  readonly serviceAccountId: string;
  readonly version: number;
}

const TABLES = { service_account_key: serviceAccountKey, project_token: projectToken } as const;

async function note(
  context: Context,
  type: keyof typeof TABLES,
  { id, projectId, serviceAccountId, version }: Expiring,
  end: number,
): Promise<void> {
  const table = TABLES[type];
  const detail = `It expires at ${instantOf(end)}; make its successor now.`;
  const event = {
    action: `${type}.expiring`,
    target: { type, id },
    projectId,
    serviceAccountId,
    detail,
  } as const;
  const isUnnoted = and(eq(table.id, id), eq(table.version, version), isNull(table.expiryNotedAt));
  await commit(context, {
    event,
    // Whoever noted it meanwhile, or gave it another end, makes this note needless.
    guarded: context.deps.db
      .update(table)
      .set({ expiryNotedAt: secondsOf(context.deps.nowMs()) })
      .where(isUnnoted),
  });
}
