import type { Context } from "../deps.ts";
import { placeholdersOf, prepared, type Statement, schema } from "../store/index.ts";
import type { Voucher } from "./voucher.ts";

/**
 * The mark that a self-signed assertion is used: of all that race, the unique index lets one batch through.
 * @see RFC 7523 s3, `jti`
 */
export function spend({ deps }: Context, voucher: Voucher): readonly Statement[] {
  if (voucher.authMethod !== "key") return [];
  const { key, jti, spentUntil } = voucher;
  return [insertSpent(deps.db, { voucherId: key.id, jti, expiresAt: spentUntil })];
}

const insertSpent = prepared((db) =>
  db.insert(schema.spentAssertion).values(placeholdersOf(schema.spentAssertion)),
);
