import { asc, inArray, lt, sql } from "drizzle-orm";
import { commit } from "../audit/index.ts";
import type { Context, Deps } from "../deps.ts";
import { secondsOf } from "../protocol/index.ts";
import { insertSelect, placeholdersOf, prepared, readBatch, type Statement, schema } from "../store/index.ts";
import type { MintedToken } from "./mint.ts";

/** The versions that the decision was made from. */
export interface DecidedFrom {
  readonly account: { readonly id: string; readonly projectId: string; readonly version: number };
  readonly project: { readonly version: number };
  readonly provider: { readonly id: string; readonly version: number };
  /** Of the issuer's cached keys: a purge that came between takes the token back too. */
  readonly generation: string;
}

/**
 * The token's row, guarded: it is inserted only while account, project and trust stand as the decision read them.
 * Whoever disabled one of them meanwhile has won, and no token is answered.
 */
export function insertAccessToken(
  deps: Deps,
  { account, project, provider, generation }: DecidedFrom,
  token: MintedToken,
  grant: { readonly audience: string; readonly scope: readonly string[]; readonly authMethod: string },
): Statement {
  return insertGuarded(deps.db, {
    jti: token.jti,
    projectId: account.projectId,
    serviceAccountId: account.id,
    federatedIdentityProviderId: provider.id,
    authMethod: grant.authMethod,
    audience: grant.audience,
    scope: grant.scope.join(" "),
    tokenSha256: token.sha256,
    issuedAt: token.issuedAt,
    expiresAt: token.expiresAt,
    accountVersion: account.version,
    projectVersion: project.version,
    providerVersion: provider.version,
    generation,
  });
}

const insertGuarded = prepared((db) =>
  insertSelect(
    db,
    schema.accessToken,
    placeholdersOf(schema.accessToken),
    sql`FROM service_account a
      JOIN project p ON p.id = a.project_id
      JOIN federated_identity_provider f ON f.service_account_id = a.id
    WHERE a.id = ${sql.placeholder("serviceAccountId")} AND a.version = ${sql.placeholder("accountVersion")}
      AND p.version = ${sql.placeholder("projectVersion")}
      AND f.id = ${sql.placeholder("federatedIdentityProviderId")} AND f.version = ${sql.placeholder("providerVersion")}
      AND (a.expires_at IS NULL OR a.expires_at > ${sql.placeholder("issuedAt")})
      AND coalesce((SELECT k.generation FROM key_purge k
        WHERE k.project_id = a.project_id AND k.issuer = f.issuer), '') = ${sql.placeholder("generation")}`,
  ),
);

/** How long an expired token's row stays, so that an incident of yesterday can still be followed. */
const KEPT_AFTER_EXPIRY_SECONDS = 7 * 24 * 3600;
/** Rows deleted in one step: short enough that no exchange beside it waits. */
const FORGOTTEN_AT_ONCE = 1000;
/** Steps of one hour's work. */
const STEPS_MAX = 200;

/** Deletes the rows of tokens that expired a week ago, in bounded steps. Their events stay. */
export async function forgetExpiredTokens(context: Context): Promise<void> {
  const { deps } = context;
  const { accessToken } = schema;
  const before = secondsOf(deps.nowMs()) - KEPT_AFTER_EXPIRY_SECONDS;
  const expired = lt(accessToken.expiresAt, before);
  for (let step = 0; step < STEPS_MAX; step++) {
    const [rows] = await readBatch(deps.db, [
      deps.db.select({ jti: accessToken.jti }).from(accessToken).where(expired).limit(1),
    ]);
    if (rows.length === 0) return;
    const oldest = deps.db
      .select({ jti: accessToken.jti })
      .from(accessToken)
      .where(expired)
      .orderBy(asc(accessToken.expiresAt))
      .limit(FORGOTTEN_AT_ONCE);
    await commit(context, {
      event: { action: "access_token.purge", target: { type: "access_token" } },
      guarded: deps.db.delete(accessToken).where(inArray(accessToken.jti, oldest)),
    });
  }
}
