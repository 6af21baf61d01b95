import { sql } from "drizzle-orm";
import type { Context } from "../deps.ts";
import { insertSelect, placeholdersOf, prepared, type Statement, schema } from "../store/index.ts";
import type { Anchor } from "../trust/index.ts";
import type { Voucher } from "./voucher.ts";

/**
 * The mark that a self-signed assertion is used: of all that race, the unique index lets one batch through. It is
 * made only while account, project and key stand as they were judged. @see RFC 7523 s3, `jti`
 */
export function spend(
  { deps }: Context,
  { account, project }: Anchor,
  voucher: Voucher,
): readonly Statement[] {
  if (voucher.authMethod !== "key") return [];
  const { key, jti, spentUntil } = voucher;
  return [
    insertSpent(deps.db, {
      voucherId: key.id,
      jti,
      expiresAt: spentUntil,
      accountId: account.id,
      accountVersion: account.version,
      projectVersion: project.version,
      keyVersion: key.version,
    }),
  ];
}

const insertSpent = prepared((db) =>
  insertSelect(
    db,
    schema.spentAssertion,
    placeholdersOf(schema.spentAssertion),
    sql`FROM service_account a
      JOIN project p ON p.id = a.project_id AND p.version = ${sql.placeholder("projectVersion")}
      JOIN service_account_key k ON k.service_account_id = a.id AND k.version = ${sql.placeholder("keyVersion")}
    WHERE a.id = ${sql.placeholder("accountId")} AND a.version = ${sql.placeholder("accountVersion")}
      AND k.id = ${sql.placeholder("voucherId")}`,
  ),
);
