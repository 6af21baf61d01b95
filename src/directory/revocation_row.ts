import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Context } from "../deps.ts";
import { secondsOf } from "../protocol/index.ts";
import { insertSelect, newId, readBatch, type Statement, schema } from "../store/index.ts";
import {
  accessTokensMeant,
  IS_REVOKED,
  isGoodProjectToken,
  projectTokensMeant,
  type RevocationScope,
  revokeAccessTokens,
  revokeProjectTokens,
} from "../tokens/index.ts";

const { accessToken, projectToken, revocation, revokedToken } = schema;

/** How many tokens a revocation takes, or would take. */
export interface Taken {
  readonly accessTokens: number;
  readonly projectTokens: number;
}

/** How many live tokens the criteria mean now. */
export async function countMeant({ deps }: Context, scope: RevocationScope): Promise<Taken> {
  const now = secondsOf(deps.nowMs());
  const count = { n: sql<number>`count(*)`.as("n") };
  const isLive = sql`${accessToken.expiresAt} > ${now} AND NOT ${IS_REVOKED}`;
  const [access, project] = await readBatch(deps.db, [
    deps.db
      .select(count)
      .from(accessToken)
      .where(sql`${isLive} AND ${accessTokensMeant(deps, scope)}`),
    deps.db
      .select(count)
      .from(projectToken)
      .where(sql`${isGoodProjectToken(now)} AND ${projectTokensMeant(scope) ?? sql`0`}`),
  ]);
  return { accessTokens: access[0]?.n ?? 0, projectTokens: project[0]?.n ?? 0 };
}

/** The statements of one revocation: take them, record it, count what was taken. */
export function revocationStatements(context: Context, scope: RevocationScope, reason: string | null) {
  const { deps } = context;
  const { projectId, criteria } = scope;
  const now = secondsOf(deps.nowMs());
  const id = newId(deps.nowMs());
  const row = { id, projectId, criteria, reason, accessTokens: 0, projectTokens: 0, createdAt: now };
  const projectTokens = projectTokensMeant(scope);
  const before: Statement[] = [revokeAccessTokens(context, accessTokensMeant(deps, scope), id)];
  if (projectTokens !== undefined) {
    before.push(revokeProjectTokens(context, sql`${isGoodProjectToken(now)} AND ${projectTokens}`, id));
  }
  const counted = deps.db
    .update(revocation)
    .set({
      accessTokens: countTaken(revokedToken, { projectId, id, now }),
      projectTokens: countTaken(projectToken, { projectId, id, now }),
    })
    .where(and(eq(revocation.projectId, projectId), eq(revocation.id, id)));
  const guarded = insertSelect(deps.db, revocation, row, sql`FROM project p WHERE p.id = ${projectId}`);
  return { id, before, guarded, after: [counted] };
}

/** Those that were live: some had expired, and were taken along for verifiers whose clocks lag. The plus keeps the project's index out where the revocation's leads to fewer rows. */
function countTaken(
  table: typeof revokedToken | typeof projectToken,
  taken: { readonly projectId: string; readonly id: string; readonly now: number },
): SQL {
  return sql`(SELECT count(*) FROM ${table}
    WHERE ${table.revocationId} = ${taken.id} AND +${table.projectId} = ${taken.projectId}
      AND +${table.expiresAt} > ${taken.now})`;
}
