import { and, eq, type SQL, sql } from "drizzle-orm";
import type { BatchResponse } from "drizzle-orm/batch";
import { alias } from "drizzle-orm/sqlite-core";
import { heldColumn } from "../rbac/index.ts";
import { prepared, schema } from "../store/index.ts";
import { PROJECT_TOKEN_COLUMNS } from "./project_token.ts";
import { IS_REVOKED } from "./revoke.ts";

const { accessToken, projectToken } = schema;
// Short names: every question sends the text of these queries to the database.
const serviceAccount = alias(schema.serviceAccount, "a");
const project = alias(schema.project, "p");

/** Whose token it is, as columns with names of their own: D1 hands a batch's rows over as objects. */
const OWNER = {
  email: serviceAccount.email,
  projectId: serviceAccount.projectId,
  accountDisabled: sql<number>`${serviceAccount.disabled}`.as("account_disabled"),
  accountExpiresAt: sql<number | null>`${serviceAccount.expiresAt}`.as("account_expires_at"),
  projectDisabled: sql<number>`${project.disabled}`.as("project_disabled"),
  grantsVersion: sql<number>`${project.grantsVersion}`.as("grants_version"),
};

const ACCESS_TOKEN_COLUMNS = {
  jti: accessToken.jti,
  tokenSha256: accessToken.tokenSha256,
  serviceAccountId: accessToken.serviceAccountId,
  audience: accessToken.audience,
  scope: accessToken.scope,
  authMethod: accessToken.authMethod,
  act: accessToken.act,
  resourceServerId: accessToken.resourceServerId,
  issuedAt: accessToken.issuedAt,
  expiresAt: accessToken.expiresAt,
};

/** The account of the API that the token is for. */
const API_ACCOUNT_ID = sql<string | null>`(SELECT s.service_account_id FROM resource_server s
  WHERE s.project_id = access_token.project_id AND CASE WHEN access_token.resource_server_id IS NULL
    THEN s.audience = access_token.audience ELSE s.id = access_token.resource_server_id END)`;

/**
 * What an impersonation rests on: the bindings of its steps, and what is denied to those who act. The plus keeps the
 * project's index out where the principal's leads to fewer rows.
 */
const CHAIN = sql<string>`CASE WHEN access_token.act IS NULL THEN '[]' ELSE ${heldColumn(
  sql`b.id IN (SELECT json_extract(value, '$.bindingId') FROM json_each(access_token.act))
    OR (+b.project_id = access_token.project_id AND b.effect = 'deny'
      AND b.principal_type IN ('service_account', 'person')
      AND b.principal_id IN (SELECT json_extract(value, '$.id') FROM json_each(access_token.act))
      AND (b.identity_provider_id IS NULL OR b.identity_provider_id IN (SELECT i.id FROM identity_provider i
        WHERE i.issuer IN (SELECT json_extract(value, '$.issuer') FROM json_each(access_token.act)))))`,
)} END`;

const NO_RIGHTS = sql<string>`'[]'`;
const OF_ACCOUNT = sql`b.principal_type = 'service_account' AND b.principal_id = ${serviceAccount.id}`;
/** Of the account, and of the workload that the token was got by. */
const TOKEN_RIGHTS = heldColumn(
  sql`(${OF_ACCOUNT}) OR b.id IN (SELECT value FROM json_each(access_token.workload_bindings))`,
);
const ACCOUNT_RIGHTS = heldColumn(OF_ACCOUNT);

function selectAccessToken(rights: SQL<string>) {
  return prepared((db) =>
    db
      .select({
        ...OWNER,
        token: ACCESS_TOKEN_COLUMNS,
        isRevoked: IS_REVOKED.as("is_revoked"),
        apiAccountId: API_ACCOUNT_ID.as("api_account_id"),
        chain: CHAIN.as("chain"),
        rights: rights.as("rights"),
      })
      .from(accessToken)
      .innerJoin(serviceAccount, eq(serviceAccount.id, accessToken.serviceAccountId))
      .innerJoin(project, eq(project.id, serviceAccount.projectId))
      .where(
        and(
          eq(accessToken.jti, sql.placeholder("jti")),
          eq(accessToken.tokenSha256, sql.placeholder("sha256")),
        ),
      ),
  );
}
/** By what is asked: the token alone, or what its account may do too. */
export const ACCESS_TOKEN = { state: selectAccessToken(NO_RIGHTS), rights: selectAccessToken(TOKEN_RIGHTS) };
export type AccessTokenWithOwner = BatchResponse<[ReturnType<typeof ACCESS_TOKEN.state>]>[0][number];

function selectProjectToken(rights: SQL<string>) {
  return prepared((db) =>
    db
      .select({ ...OWNER, token: PROJECT_TOKEN_COLUMNS, rights: rights.as("rights") })
      .from(projectToken)
      .innerJoin(serviceAccount, eq(serviceAccount.id, projectToken.serviceAccountId))
      .innerJoin(project, eq(project.id, serviceAccount.projectId))
      .where(eq(projectToken.id, sql.placeholder("id"))),
  );
}
/** As `ACCESS_TOKEN`. */
export const PROJECT_TOKEN = {
  state: selectProjectToken(NO_RIGHTS),
  rights: selectProjectToken(ACCOUNT_RIGHTS),
};
export type ProjectTokenWithOwner = BatchResponse<[ReturnType<typeof PROJECT_TOKEN.state>]>[0][number];
