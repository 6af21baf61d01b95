import { type SQL, sql } from "drizzle-orm";
import type { Deps } from "../deps.ts";
import type { AuthMethod } from "../protocol/index.ts";
import { insertSelect, placeholdersOf, prepared, type Statement, schema } from "../store/index.ts";
import type { MintedToken } from "./mint.ts";

interface Version {
  readonly id: string;
  readonly version: number;
}

/** What vouched for the account, at the version that the decision was made from. */
export type VoucherVersion =
  /** `generation` is of the issuer's cached keys: a purge that came between takes the token back too. */
  | { readonly authMethod: "federation"; readonly provider: Version; readonly generation: string }
  | { readonly authMethod: "key"; readonly key: Version }
  | { readonly authMethod: "project_token"; readonly token: Version };

/** The versions that the decision was made from. */
export interface DecidedFrom {
  readonly account: Version & { readonly projectId: string };
  readonly project: { readonly version: number };
  readonly voucher: VoucherVersion;
}

/**
 * The token's row, guarded: it is inserted only while account, project and voucher stand as the decision read them.
 * Whoever disabled one of them meanwhile has won, and no token is answered.
 */
export function insertAccessToken(
  deps: Deps,
  { account, project, voucher }: DecidedFrom,
  token: MintedToken,
  grant: { readonly audience: string; readonly scope: readonly string[] },
): Statement {
  return INSERTS[voucher.authMethod](deps.db, {
    jti: token.jti,
    authMethod: voucher.authMethod,
    audience: grant.audience,
    scope: grant.scope.join(" "),
    tokenSha256: token.sha256,
    issuedAt: token.issuedAt,
    expiresAt: token.expiresAt,
    accountId: account.id,
    accountVersion: account.version,
    projectVersion: project.version,
    ...vouchedBy(voucher),
  });
}

function vouchedBy(voucher: VoucherVersion) {
  switch (voucher.authMethod) {
    case "federation": {
      const { provider, generation } = voucher;
      return { voucherId: provider.id, voucherVersion: provider.version, generation };
    }
    case "key":
      return { voucherId: voucher.key.id, voucherVersion: voucher.key.version };
    case "project_token":
      return { voucherId: voucher.token.id, voucherVersion: voucher.token.version };
  }
}

const NO_VOUCHER = {
  federatedIdentityProviderId: sql`NULL`,
  serviceAccountKeyId: sql`NULL`,
  projectTokenId: sql`NULL`,
};

const INSERTS = {
  federation: guardedInsert(
    "federatedIdentityProviderId",
    sql`federated_identity_provider v ON coalesce((SELECT k.generation FROM key_purge k
      WHERE k.project_id = a.project_id AND k.issuer = v.issuer), '') = ${sql.placeholder("generation")}`,
  ),
  key: guardedInsert("serviceAccountKeyId", sql`service_account_key v`),
  project_token: guardedInsert("projectTokenId", sql`project_token v`),
} as const satisfies Record<AuthMethod, unknown>;

/**
 * Ids that the guard looks for are written from where it finds them: sent a second time they would cost every exchange.
 * @param column gets the voucher's id @param voucher joins its row as `v`
 */
function guardedInsert(column: keyof typeof NO_VOUCHER, voucher: SQL) {
  const found = { ...NO_VOUCHER, [column]: sql`v.id`, projectId: sql`p.id`, serviceAccountId: sql`a.id` };
  return prepared((db) =>
    insertSelect(
      db,
      schema.accessToken,
      { ...placeholdersOf(schema.accessToken), ...found },
      sql`FROM service_account a JOIN project p ON p.id = a.project_id JOIN ${voucher}
    WHERE a.id = ${sql.placeholder("accountId")} AND a.version = ${sql.placeholder("accountVersion")}
      AND p.version = ${sql.placeholder("projectVersion")} AND v.id = ${sql.placeholder("voucherId")}
      AND v.service_account_id = a.id AND v.version = ${sql.placeholder("voucherVersion")}
      AND (a.expires_at IS NULL OR a.expires_at > ${sql.placeholder("issuedAt")})`,
    ),
  );
}
