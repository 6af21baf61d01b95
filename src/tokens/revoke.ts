import { type SQL, sql } from "drizzle-orm";
import type { Context } from "../deps.ts";
import { secondsOf, VERIFIER_LEEWAY_SECONDS } from "../protocol/index.ts";
import { type Statement, schema } from "../store/index.ts";

const { accessToken, projectToken, revokedToken } = schema;

/**
 * Whether an access token was revoked, for a query on `access_token`. Names stand in the text: in a select from one
 * table Drizzle drops the table of a column, and the two `jti` would be one.
 */
export const IS_REVOKED = sql<number>`EXISTS (SELECT 1 FROM revoked_token WHERE revoked_token.jti = access_token.jti)`;

/** Whether a project token is good at this instant, for a query on `project_token`. @param now integer seconds */
export function isGoodProjectToken(now: number): SQL {
  return sql`project_token.revoked_at IS NULL AND project_token.expires_at > ${now}`;
}

/** What access tokens may hang on. */
const OWNERS = [
  "projectId",
  "serviceAccountId",
  "federatedIdentityProviderId",
  "serviceAccountKeyId",
  "projectTokenId",
] as const satisfies readonly (keyof typeof accessToken)[];
type Owner = (typeof OWNERS)[number];

/** Whose access tokens are revoked: all of a project, or of what is named within it. */
export type RevokedWith = Readonly<Record<"projectId", string> & Partial<Record<Owner, string>>>;

/**
 * Revokes every live access token that hangs on something, in the batch that ends that thing: whoever disables a key
 * or deletes an account takes its tokens along, and the feed tells them. May match nothing.
 * @param end integer seconds: spares the tokens that end by then, where the thing ends later than now
 */
export function revokeTokensOf(context: Context, owner: RevokedWith, end = 0): Statement {
  const owned = OWNERS.filter((name) => owner[name] !== undefined).map((name) => equals(owner, name));
  const outliving = sql`${accessToken.expiresAt} > ${end}`;
  return revokeAccessTokens(context, sql.join([...owned, outliving], sql` AND `), null);
}

/** The plus keeps the project's index out where the account's, which leads to fewer rows, can do it. */
function equals(owner: RevokedWith, name: Owner): SQL {
  const isWide = name === "projectId" && owner.serviceAccountId !== undefined;
  return sql`${sql.raw(isWide ? "+" : "")}${accessToken[name]} = ${owner[name]}`;
}

/**
 * Revokes the live access tokens for which a condition on `access_token` holds, and all that were got by showing one of
 * them; each once. Also those that expired so lately that a verifier's clock may still take them.
 */
export function revokeAccessTokens(
  { deps }: Context,
  condition: SQL,
  revocationId: string | null,
): Statement {
  const now = secondsOf(deps.nowMs());
  return deps.db
    .insert(revokedToken)
    .select(
      sql`WITH RECURSIVE ended (jti, project_id, expires_at) AS (
        SELECT ${accessToken.jti}, ${accessToken.projectId}, ${accessToken.expiresAt} FROM ${accessToken}
          WHERE ${accessToken.expiresAt} > ${now - VERIFIER_LEEWAY_SECONDS} AND ${condition}
        UNION SELECT c.jti, c.project_id, c.expires_at FROM access_token c JOIN ended e ON c.parent_jti = e.jti)
      SELECT NULL, jti, project_id, expires_at, ${now}, ${revocationId} FROM ended WHERE true`,
    )
    .onConflictDoNothing();
}

/** Revokes the project tokens for which a condition on `project_token` holds. */
export function revokeProjectTokens(
  { deps }: Context,
  condition: SQL | undefined,
  revocationId: string | null,
): Statement {
  const now = secondsOf(deps.nowMs());
  return deps.db
    .update(projectToken)
    .set({ revokedAt: now, revocationId, version: sql`${projectToken.version} + 1`, updatedAt: now })
    .where(sql`${projectToken.revokedAt} IS NULL AND ${condition}`);
}
