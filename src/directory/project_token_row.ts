import { and, isNull, type SQL } from "drizzle-orm";
import type { Context } from "../deps.ts";
import {
  accept,
  PROJECT_TOKENS_PER_ACCOUNT_MAX,
  type Problem,
  type Result,
  refuse,
  secondsOf,
} from "../protocol/index.ts";
import { insertSelect, newId, type Statement, schema } from "../store/index.ts";
import { mintProjectToken } from "../tokens/index.ts";
import { whileRoom } from "./account_members.ts";
import { stillHolds } from "./bindings/grants_version.ts";
import { isAt } from "./etag.ts";
import type { OwnedProjectToken, ProjectTokenRow, ServiceAccountRow } from "./locate.ts";

const { projectToken } = schema;

export interface ProjectTokenInput {
  readonly name: string;
  /** Integer seconds since the epoch; three calendar years from now without it. */
  readonly expiresAt?: number | undefined;
}

/** A merge patch. @see RFC 7396 */
export interface ProjectTokenChange {
  readonly name?: string | undefined;
}

/** A token as its row will have it, and itself: answered once, never stored. */
export interface MadeProjectToken {
  readonly row: ProjectTokenRow;
  readonly token: string;
}

/** A token as it will be stored, and itself; refuses an end that has passed. */
export async function newProjectToken(
  context: Context,
  account: ServiceAccountRow,
  input: ProjectTokenInput,
): Promise<Result<MadeProjectToken, Problem>> {
  const now = secondsOf(context.deps.nowMs());
  const expiresAt = input.expiresAt ?? threeYearsAfter(now);
  if (expiresAt <= now) return refuse(PAST);
  return withToken(context, account, {
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
export async function regeneratedProjectToken(
  context: Context,
  { account, ...row }: OwnedProjectToken,
): Promise<Result<MadeProjectToken, Problem>> {
  const now = secondsOf(context.deps.nowMs());
  // Three calendar years are no fixed number of seconds: a default stays a default.
  const hadDefault = row.expiresAt === threeYearsAfter(row.issuedAt);
  const sameAgain = Math.min(now + (row.expiresAt - row.issuedAt), LAST_INSTANT);
  return withToken(context, account, {
    ...row,
    generation: row.generation + 1,
    issuedAt: now,
    expiresAt: hadDefault ? threeYearsAfter(now) : sameAgain,
    expiryNotedAt: null,
    version: row.version + 1,
    updatedAt: now,
  });
}

async function withToken(
  { deps }: Context,
  account: ServiceAccountRow,
  row: ProjectTokenRow,
): Promise<Result<MadeProjectToken, Problem>> {
  if (deps.config.projectTokenKey === undefined) return refuse(OFF);
  const made = await mintProjectToken(deps.config, { ...row, account });
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

/** The token after a change: itself it stays good. */
export function changedProjectToken(
  { deps }: Context,
  row: ProjectTokenRow,
  change: ProjectTokenChange,
): ProjectTokenRow {
  const updatedAt = secondsOf(deps.nowMs());
  return { ...row, name: change.name ?? row.name, version: row.version + 1, updatedAt };
}

/** Inserted only while the account is there and has room, which tokens that are revoked do not take. */
export function insertProjectToken(context: Context, row: ProjectTokenRow): Statement {
  const counts = isNull(projectToken.revokedAt);
  const room = { table: projectToken, max: PROJECT_TOKENS_PER_ACCOUNT_MAX, counts };
  return insertSelect(context.deps.db, projectToken, row, whileRoom(context, row, room));
}

/** This token in exactly this state. */
export function isThisProjectToken(row: ProjectTokenRow): SQL | undefined {
  return and(isAt(projectToken, row), isNull(projectToken.revokedAt));
}

/** Changes the row only at the version that was read. */
export function updateProjectTokenRow(
  context: Context,
  row: ProjectTokenRow,
  next: ProjectTokenRow,
): Statement {
  const { name, tokenSha256, generation, issuedAt, expiresAt, expiryNotedAt, version, updatedAt } = next;
  return context.deps.db
    .update(projectToken)
    .set({ name, tokenSha256, generation, issuedAt, expiresAt, expiryNotedAt, version, updatedAt })
    .where(and(isThisProjectToken(row), stillHolds(context, row.projectId)));
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
