import { and, eq, sql } from "drizzle-orm";
import type { BatchResponse } from "drizzle-orm/batch";
import type { RunnableQuery } from "drizzle-orm/runnable-query";
import { alias } from "drizzle-orm/sqlite-core";
import type { Deps } from "../deps.ts";
import { type AuthMethod, hasPassed, secondsOf } from "../protocol/index.ts";
import { prepared, type Query, readBatch, schema } from "../store/index.ts";
import { sha256Hex } from "./hash.ts";
import { claimsOf } from "./own_claims.ts";
import {
  type ClaimedProjectToken,
  judgeProjectToken,
  PROJECT_TOKEN_COLUMNS,
  type ProjectTokenUse,
  readProjectToken,
} from "./project_token.ts";
import { IS_REVOKED } from "./revoke.ts";

const { accessToken, projectToken } = schema;
// Short names: every question sends the text of these queries to the database.
const serviceAccount = alias(schema.serviceAccount, "a");
const project = alias(schema.project, "p");

/** One of our tokens that is good at this instant, as the database has it. */
export interface LiveToken {
  readonly type: "access_token" | "project_token";
  readonly jti: string;
  readonly tokenSha256: string;
  readonly account: { readonly id: string; readonly email: string; readonly projectId: string };
  readonly audience: string;
  /** The account of the API that the audience is, where the project registered one. */
  readonly apiAccountId: string | null;
  readonly scope: string;
  readonly authMethod: AuthMethod;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** A project token's row, for the mark of its use. */
  readonly projectToken?: ProjectTokenUse;
}

/**
 * The tokens that these texts are, each when it is one of ours and good now: known, not expired, not revoked, its
 * account and project there and enabled. One read for all, no cache: a row's SHA-256 is proof enough that we signed
 * exactly this text. @throws Fault `storage`
 */
export async function findLiveTokens(
  deps: Deps,
  texts: readonly string[],
): Promise<readonly (LiveToken | undefined)[]> {
  const sought = await Promise.all(texts.map((text) => seek(deps, text)));
  const [first, ...others] = sought.flatMap((one) => (one === undefined ? [] : [one.query]));
  if (first === undefined) return texts.map(() => undefined);
  const results: readonly (readonly unknown[])[] = await readBatch(deps.db, [first, ...others]);
  const found = results.values();
  return Promise.all(sought.map((one) => one?.judge(found.next().value?.[0])));
}

type Verdict = LiveToken | undefined | Promise<LiveToken | undefined>;

/** One text's part of the read, and what its row comes to. */
interface Sought {
  readonly query: Query;
  readonly judge: (row: unknown) => Verdict;
}

/**
 * A query beside the judge of its row. A batch of any length forgets the types of its rows; the cast gives the judge
 * its own back, which is safe since the caller hands it the row of just this query.
 */
function soughtBy<Row>(
  query: RunnableQuery<Row[], "sqlite">,
  judge: (row: Row | undefined) => Verdict,
): Sought {
  return { query, judge: (row) => judge(row as Row | undefined) };
}

async function seek(deps: Deps, text: string): Promise<Sought | undefined> {
  const claimed = readProjectToken(text);
  if (claimed !== undefined) {
    const query = selectProjectToken(deps.db, { id: claimed.id });
    return soughtBy(query, (row) => projectTokenOf(deps, claimed, row));
  }
  const claims = claimsOf(text);
  if (claims === undefined || claims.iss !== deps.config.issuerUrl) return undefined;
  const query = selectAccessToken(deps.db, { jti: claims.jti, sha256: await sha256Hex(text) });
  return soughtBy(query, (row) => accessTokenOf(deps, row));
}

/** Whose token it is, as columns with names of their own: D1 hands a batch's rows over as objects. */
const OWNER = {
  email: serviceAccount.email,
  projectId: serviceAccount.projectId,
  accountDisabled: sql<number>`${serviceAccount.disabled}`.as("account_disabled"),
  accountExpiresAt: sql<number | null>`${serviceAccount.expiresAt}`.as("account_expires_at"),
  projectDisabled: sql<number>`${project.disabled}`.as("project_disabled"),
};

const ACCESS_TOKEN_COLUMNS = {
  jti: accessToken.jti,
  tokenSha256: accessToken.tokenSha256,
  serviceAccountId: accessToken.serviceAccountId,
  audience: accessToken.audience,
  scope: accessToken.scope,
  authMethod: accessToken.authMethod,
  issuedAt: accessToken.issuedAt,
  expiresAt: accessToken.expiresAt,
};

const selectAccessToken = prepared((db) =>
  db
    .select({
      ...OWNER,
      token: ACCESS_TOKEN_COLUMNS,
      isRevoked: IS_REVOKED.as("is_revoked"),
      apiAccountId: sql<string | null>`(SELECT s.service_account_id FROM resource_server s
        WHERE s.project_id = ${accessToken.projectId} AND s.audience = ${accessToken.audience})`.as(
        "api_account_id",
      ),
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
type AccessTokenWithOwner = BatchResponse<[ReturnType<typeof selectAccessToken>]>[0][number];

const selectProjectToken = prepared((db) =>
  db
    .select({ ...OWNER, token: PROJECT_TOKEN_COLUMNS })
    .from(projectToken)
    .innerJoin(serviceAccount, eq(serviceAccount.id, projectToken.serviceAccountId))
    .innerJoin(project, eq(project.id, serviceAccount.projectId))
    .where(eq(projectToken.id, sql.placeholder("id"))),
);
type ProjectTokenWithOwner = BatchResponse<[ReturnType<typeof selectProjectToken>]>[0][number];

function accessTokenOf({ nowMs }: Deps, row: AccessTokenWithOwner | undefined): LiveToken | undefined {
  const now = secondsOf(nowMs());
  if (row === undefined || row.isRevoked !== 0 || hasPassed(row.token.expiresAt, now) || !isAlive(row, now)) {
    return undefined;
  }
  const { serviceAccountId, ...token } = row.token;
  return { type: "access_token", ...token, account: accountOf(row), apiAccountId: row.apiAccountId };
}

async function projectTokenOf(
  deps: Deps,
  claimed: ClaimedProjectToken,
  row: ProjectTokenWithOwner | undefined,
): Promise<LiveToken | undefined> {
  if (row === undefined || !isAlive(row, secondsOf(deps.nowMs()))) return undefined;
  const judged = await judgeProjectToken(deps, claimed, claimed.subject, row.token);
  if (!judged.ok) return undefined;
  return {
    type: "project_token",
    jti: claimed.id,
    tokenSha256: row.token.tokenSha256,
    account: accountOf(row),
    audience: deps.config.issuerUrl,
    apiAccountId: null,
    scope: "",
    authMethod: "project_token",
    issuedAt: row.token.issuedAt,
    expiresAt: row.token.expiresAt,
    projectToken: row.token,
  };
}

interface OwnerRow {
  readonly email: string;
  readonly projectId: string;
  readonly accountDisabled: number;
  readonly accountExpiresAt: number | null;
  readonly projectDisabled: number;
}

function accountOf({
  token,
  email,
  projectId,
}: OwnerRow & { readonly token: { readonly serviceAccountId: string } }) {
  return { id: token.serviceAccountId, email, projectId };
}

function isAlive({ accountDisabled, accountExpiresAt, projectDisabled }: OwnerRow, now: number): boolean {
  return accountDisabled === 0 && projectDisabled === 0 && !hasPassed(accountExpiresAt, now);
}
