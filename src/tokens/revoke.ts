import { type SQL, sql } from "drizzle-orm";
import { commit, commitRefusal } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import { secondsOf } from "../protocol/index.ts";
import { type Statement, schema } from "../store/index.ts";
import type { LiveToken } from "./live_token.ts";

const { accessToken, projectToken, revokedToken } = schema;

/** What access tokens may hang on. */
const OWNERS = {
  projectId: accessToken.projectId,
  serviceAccountId: accessToken.serviceAccountId,
  federatedIdentityProviderId: accessToken.federatedIdentityProviderId,
  serviceAccountKeyId: accessToken.serviceAccountKeyId,
  projectTokenId: accessToken.projectTokenId,
} as const;

type Owned<Owner extends keyof typeof OWNERS> = Readonly<Record<Owner, string>>;

/** Whose access tokens are taken back. The account is always named: its index finds the live ones. */
export type RevokedWith =
  | Owned<"projectId">
  | Owned<"serviceAccountId">
  | Owned<"serviceAccountId" | "federatedIdentityProviderId">
  | Owned<"serviceAccountId" | "serviceAccountKeyId">
  | Owned<"serviceAccountId" | "projectTokenId">;

/**
 * Takes back every live access token that hangs on something, in the batch that ends that thing: whoever disables a
 * key or deletes an account takes its tokens along, and the feed tells them. May match nothing.
 */
export function revokeTokensOf(context: Context, owner: RevokedWith): Statement {
  const owned = Object.entries(owner).map(
    ([name, id]) => sql`${OWNERS[name as keyof typeof OWNERS]} = ${id}`,
  );
  return revokeAccessTokens(context, sql.join(owned, sql` AND `), null);
}

/**
 * Takes back one token, when it is the caller's to take back: the operator any, an account its own. What is not is
 * recorded and told to nobody. @see RFC 7009 s2.1 @throws Fault `storage`
 */
export async function revokeToken(context: Context, token: LiveToken | undefined): Promise<void> {
  const { actor } = context;
  const own =
    actor.type === "service_account" ? { projectId: actor.projectId, serviceAccountId: actor.id } : {};
  if (token === undefined && actor.type === "bootstrap") return;
  if (token === undefined || !(actor.type === "bootstrap" || own.serviceAccountId === token.account.id)) {
    const event = { action: "access_token.revoke", target: { type: "access_token" }, ...own } as const;
    return commitRefusal(context, { ...event, reason: "not_found", detail: NOT_FOUND }, "write");
  }
  const { jti, account, type } = token;
  const place = { projectId: account.projectId, serviceAccountId: account.id };
  if (type === "access_token") {
    // A guard that matches nothing says that somebody was faster: it is revoked all the same.
    await commit(context, {
      event: { action: "access_token.revoke", target: { type, id: jti }, ...place },
      guarded: revokeAccessTokens(context, sql`${accessToken.jti} = ${jti}`, null),
    });
    return;
  }
  await commit(context, {
    event: { action: "project_token.revoke", target: { type, id: jti }, ...place },
    before: [revokeTokensOf(context, { serviceAccountId: account.id, projectTokenId: jti })],
    guarded: revokeProjectTokens(context, sql`${projectToken.id} = ${jti}`, null),
  });
}

const NOT_FOUND = "No live token of the caller; whoever asks is told 200 all the same.";

/** Takes back the live access tokens for which a condition on `access_token` holds; each once. */
export function revokeAccessTokens(
  { deps }: Context,
  condition: SQL,
  revocationId: string | null,
): Statement {
  const now = secondsOf(deps.nowMs());
  return deps.db
    .insert(revokedToken)
    .select(
      sql`SELECT ${accessToken.jti}, ${accessToken.projectId}, ${accessToken.expiresAt}, ${now}, ${revocationId}
      FROM ${accessToken} WHERE ${accessToken.expiresAt} > ${now} AND ${condition}`,
    )
    .onConflictDoNothing();
}

/** Revokes the project tokens for which a condition on `project_token` holds. */
export function revokeProjectTokens(
  { deps }: Context,
  condition: SQL,
  revocationId: string | null,
): Statement {
  const now = secondsOf(deps.nowMs());
  return deps.db
    .update(projectToken)
    .set({ revokedAt: now, revocationId, version: sql`${projectToken.version} + 1`, updatedAt: now })
    .where(sql`${projectToken.revokedAt} IS NULL AND ${condition}`);
}
