import type { Context } from "../deps.ts";
import { instantOf, secondsOf } from "../protocol/index.ts";
import { etagOf, type Stored } from "./etag.ts";
import { expiryWarnings } from "./expiry_warnings.ts";
import type { ProjectTokenRow } from "./locate.ts";
import type { MadeProjectToken } from "./project_token_row.ts";

export type ProjectTokenItem = ReturnType<typeof projectTokenItem>;

/** A project token as it is answered, never itself. @param now integer seconds, for what is said of its end */
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

/** A project token as it is answered, with its tag. */
export function storedProjectToken({ deps }: Context, row: ProjectTokenRow): Stored<ProjectTokenItem> {
  return { item: projectTokenItem(row, secondsOf(deps.nowMs())), etag: etagOf(row) };
}

/** With the token itself: this once. */
export type ProjectTokenItemWithToken = ProjectTokenItem & { readonly token: string };

/** A project token as it is answered when it was made, with itself. */
export function shownProjectToken(
  context: Context,
  { row, token }: MadeProjectToken,
): Stored<ProjectTokenItemWithToken> {
  const { item, etag } = storedProjectToken(context, row);
  return { item: { ...item, token }, etag };
}
