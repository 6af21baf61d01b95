import { and, eq, isNull, sql } from "drizzle-orm";
import type { Context } from "../deps.ts";
import {
  accept,
  instantOf,
  PROJECT_TOKENS_PER_ACCOUNT_MAX,
  type Problem,
  type Result,
  refuse,
  secondsOf,
} from "../protocol/index.ts";
import { insertSelect, newId, type Statement, schema } from "../store/index.ts";
import { makeProjectToken } from "../tokens/index.ts";
import { expiryWarnings } from "./expiry.ts";
import type { Owned, ProjectTokenRow, ServiceAccountRow } from "./locate.ts";

const { projectToken } = schema;

export interface ProjectTokenInput {
  readonly name: string;
  /** Integer seconds since the epoch; three calendar years from now without it. */
  readonly expiresAt?: number | undefined;
}

/** A token as its row will have it, and itself: answered once, never stored. */
export interface MadeToken {
  readonly row: ProjectTokenRow;
  readonly token: string;
}

export async function newToken(
  context: Context,
  account: ServiceAccountRow,
  input: ProjectTokenInput,
): Promise<Result<MadeToken, Problem>> {
  const now = secondsOf(context.deps.nowMs());
  const expiresAt = input.expiresAt ?? threeYearsAfter(now);
  if (expiresAt <= now) return refuse(PAST);
  return makeToken(context, account, {
    id: newId(context.deps.nowMs()),
    projectId: account.projectId,
    serviceAccountId: account.id,
    name: input.name,
    tokenSha256: "",
    generation: 1,
    issuedAt: now,
    expiresAt,
    revokedAt: null,
    revocationId: null,
    lastUsedAt: null,
    lastUsedIp: null,
    lastUsedUserAgent: null,
    expiryNotedAt: null,
    version: 1,
    createdAt: now,
    updatedAt: now,
  });
}

/** The same row with another token, for as long as the one before. */
export async function regeneratedToken(
  context: Context,
  { row, account }: Owned<ProjectTokenRow>,
): Promise<Result<MadeToken, Problem>> {
  const now = secondsOf(context.deps.nowMs());
  // Three calendar years are no fixed number of seconds: a default stays a default.
  const hadDefault = row.expiresAt === threeYearsAfter(row.issuedAt);
  const sameAgain = Math.min(now + (row.expiresAt - row.issuedAt), LAST_INSTANT);
  return makeToken(context, account, {
    ...row,
    generation: row.generation + 1,
    issuedAt: now,
    expiresAt: hadDefault ? threeYearsAfter(now) : sameAgain,
    expiryNotedAt: null,
    version: row.version + 1,
    updatedAt: now,
  });
}

async function makeToken(
  { deps }: Context,
  account: ServiceAccountRow,
  row: ProjectTokenRow,
): Promise<Result<MadeToken, Problem>> {
  if (deps.config.projectTokenKey === undefined) return refuse(OFF);
  const made = await makeProjectToken(deps.config, { ...row, account });
  return accept({ row: { ...row, tokenSha256: made.sha256 }, token: made.compact });
}

const DEFAULT_YEARS = 3;
/** Beyond the year 9999 nothing could write an instant. @see RFC 3339 s1 */
const LAST_INSTANT = 253402300799;

/** The same day and second, three calendar years on. */
function threeYearsAfter(seconds: number): number {
  const date = new Date(seconds * 1000);
  return secondsOf(date.setUTCFullYear(date.getUTCFullYear() + DEFAULT_YEARS));
}

/** Inserted only while the account is there and has room: of two that race for the last place one gets it. */
export function insertToken({ deps }: Context, row: ProjectTokenRow): Statement {
  return insertSelect(
    deps.db,
    projectToken,
    row,
    sql`FROM service_account a WHERE a.id = ${row.serviceAccountId}
      AND (SELECT count(*) FROM project_token t
        WHERE t.service_account_id = a.id AND t.revoked_at IS NULL) < ${PROJECT_TOKENS_PER_ACCOUNT_MAX}`,
  );
}

/** This token in exactly this state. */
export function isThisToken(row: ProjectTokenRow) {
  return and(
    eq(projectToken.projectId, row.projectId),
    eq(projectToken.id, row.id),
    eq(projectToken.version, row.version),
    isNull(projectToken.revokedAt),
  );
}

export function updateTokenRow({ deps }: Context, row: ProjectTokenRow, next: ProjectTokenRow): Statement {
  const { name, tokenSha256, generation, issuedAt, expiresAt, expiryNotedAt, version, updatedAt } = next;
  return deps.db
    .update(projectToken)
    .set({ name, tokenSha256, generation, issuedAt, expiresAt, expiryNotedAt, version, updatedAt })
    .where(isThisToken(row));
}

export type ProjectTokenItem = ReturnType<typeof projectTokenItem>;

/** @param now integer seconds, for what is said of its end */
export function projectTokenItem(row: ProjectTokenRow, now: number) {
  return {
    id: row.id,
    projectId: row.projectId,
    serviceAccountId: row.serviceAccountId,
    name: row.name,
    createdAt: instantOf(row.createdAt),
    updatedAt: instantOf(row.updatedAt),
    issuedAt: instantOf(row.issuedAt),
    expiresAt: instantOf(row.expiresAt),
    lastUsedAt: row.lastUsedAt === null ? null : instantOf(row.lastUsedAt),
    lastUsedBy: row.lastUsedAt === null ? null : { ip: row.lastUsedIp, userAgent: row.lastUsedUserAgent },
    warnings: expiryWarnings(row.expiresAt, now),
  };
}

const PAST: Problem = {
  code: "invalid_body",
  detail: "expiresAt has passed already.",
  errors: [{ pointer: "/expiresAt", code: "in_the_past", detail: "Send an instant that lies ahead." }],
};

const OFF: Problem = {
  code: "project_tokens_off",
  detail: "PROJECT_TOKEN_KEY is not set, or has less than 32 bytes; the operator sets it (docs/deploy.md).",
};
