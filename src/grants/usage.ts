import { and, eq, isNull, lte, or } from "drizzle-orm";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";
import { recordedText } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import { secondsOf } from "../protocol/index.ts";
import { type Statement, schema } from "../store/index.ts";
import type { Anchor } from "../trust/index.ts";
import type { Voucher } from "./voucher.ts";

/** `lastUsedAt` is exact to a minute, so that a busy account does not rewrite its rows with every exchange. */
const USAGE_RESOLUTION_SECONDS = 60;

interface Used {
  readonly id: string;
  readonly lastUsedAt: number | null;
}

/** Marks the account and what vouched for it as used now, where that is not known to the minute. */
export function usageMarks(
  context: Context,
  account: Anchor["account"],
  voucher: Voucher,
): readonly Statement[] {
  return [...markOf(context, schema.serviceAccount, account), ...voucherMark(context, voucher)];
}

function voucherMark(context: Context, voucher: Voucher): readonly Statement[] {
  switch (voucher.authMethod) {
    case "federation":
      return markOf(context, schema.federatedIdentityProvider, voucher.provider);
    case "key":
      return markOf(context, schema.serviceAccountKey, voucher.key, clientOf(context));
    case "project_token":
      return projectTokenMark(context, voucher.token);
    case "impersonation":
      return [];
  }
}

/** Marks a project token as used, wherever it was. */
export function projectTokenMark(context: Context, token: Used): readonly Statement[] {
  return markOf(context, schema.projectToken, token, clientOf(context));
}

function clientOf({ request }: Context) {
  return {
    lastUsedIp: request.ip,
    lastUsedUserAgent: request.userAgent === null ? null : recordedText(request.userAgent),
  };
}

type Marked = SQLiteTable & { readonly id: SQLiteColumn; readonly lastUsedAt: SQLiteColumn };

function markOf(
  { deps }: Context,
  table: Marked,
  row: Used,
  more: Readonly<Record<string, unknown>> = {},
): readonly Statement[] {
  const now = secondsOf(deps.nowMs());
  const stale = now - USAGE_RESOLUTION_SECONDS;
  if (row.lastUsedAt !== null && row.lastUsedAt > stale) return [];
  const isStale = or(isNull(table.lastUsedAt), lte(table.lastUsedAt, stale));
  return [
    deps.db
      .update(table)
      .set({ lastUsedAt: now, ...more })
      .where(and(eq(table.id, row.id), isStale)),
  ];
}
