import { type SQL, sql } from "drizzle-orm";
import type { Deps } from "../deps.ts";
import type { Impersonation } from "../protocol/index.ts";
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
  | { readonly authMethod: "project_token"; readonly token: Version }
  | Impersonation;

/** The versions that the decision was made from. */
export interface DecidedFrom {
  readonly account: Version & { readonly projectId: string };
  readonly project: { readonly version: number; readonly grantsVersion: number };
  readonly voucher: VoucherVersion;
}

/** For what a token was granted. */
export interface TokenGrant {
  readonly audience: string;
  readonly scope: readonly string[];
  /** Of the API whose permissions decided; null where none did. */
  readonly resourceServerId: string | null;
  /** The bindings that the workload's claims met: they are its rights as long as the token lives. */
  readonly workloadBindings: readonly string[];
}

/**
 * The token's row, guarded: it is inserted only while account, project, voucher and the project's role bindings stand as
 * the decision read them. Whoever changed one of them meanwhile has won, and no token is answered.
 */
export function insertAccessToken(
  deps: Deps,
  { account, project, voucher }: DecidedFrom,
  token: MintedToken,
  grant: TokenGrant,
): Statement {
  return INSERTS[insertOf(voucher)](deps.db, {
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
    grantsVersion: project.grantsVersion,
    resourceServerId: grant.resourceServerId,
    workloadBindings: grant.workloadBindings.length === 0 ? null : grant.workloadBindings,
    act: voucher.authMethod === "impersonation" ? voucher.act : null,
    ...vouchedBy(voucher),
  });
}

function insertOf(voucher: VoucherVersion): keyof typeof INSERTS {
  return voucher.authMethod === "impersonation" ? voucher.by.type : voucher.authMethod;
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
    case "impersonation":
      return {
        voucherId: voucher.by.id,
        voucherVersion: voucher.by.type === "identity_provider" ? voucher.by.version : 0,
      };
  }
}

const NO_VOUCHER = {
  federatedIdentityProviderId: sql`NULL`,
  serviceAccountKeyId: sql`NULL`,
  projectTokenId: sql`NULL`,
  parentJti: sql`NULL`,
  identityProviderId: sql`NULL`,
};

const voucherId = sql.placeholder("voucherId");
const IS_OF_ACCOUNT = sql`v.id = ${voucherId} AND v.service_account_id = a.id
  AND v.version = ${sql.placeholder("voucherVersion")}`;

/** By what vouches: `v` is its row, and what must still be true of it. */
const INSERTS = {
  federation: guardedInsert(
    { federatedIdentityProviderId: sql`v.id` },
    sql`JOIN federated_identity_provider v ON ${IS_OF_ACCOUNT}
      AND coalesce((SELECT k.generation FROM key_purge k
        WHERE k.project_id = a.project_id AND k.issuer = v.issuer), '') = ${sql.placeholder("generation")}`,
  ),
  key: guardedInsert({ serviceAccountKeyId: sql`v.id` }, sql`JOIN service_account_key v ON ${IS_OF_ACCOUNT}`),
  project_token: guardedInsert({ projectTokenId: sql`v.id` }, sql`JOIN project_token v ON ${IS_OF_ACCOUNT}`),
  access_token: guardedInsert(
    { parentJti: sql`v.jti` },
    sql`JOIN access_token v ON v.jti = ${voucherId} AND v.project_id = a.project_id
      AND NOT EXISTS (SELECT 1 FROM revoked_token r WHERE r.jti = v.jti)`,
  ),
  identity_provider: guardedInsert(
    { identityProviderId: sql`v.id` },
    sql`JOIN identity_provider v ON v.id = ${voucherId} AND v.disabled = 0
      AND v.version = ${sql.placeholder("voucherVersion")}`,
  ),
  bootstrap: guardedInsert({}, sql``),
} as const;

/**
 * Ids that the guard looks for are written from where it finds them: sent a second time they would cost every exchange.
 * @param voucher its columns @param join finds its row as `v`
 */
function guardedInsert(voucher: Partial<typeof NO_VOUCHER>, join: SQL) {
  const found = { ...NO_VOUCHER, ...voucher, projectId: sql`p.id`, serviceAccountId: sql`a.id` };
  return prepared((db) =>
    insertSelect(
      db,
      schema.accessToken,
      { ...placeholdersOf(schema.accessToken), ...found },
      sql`FROM service_account a JOIN project p ON p.id = a.project_id ${join}
    WHERE a.id = ${sql.placeholder("accountId")} AND a.version = ${sql.placeholder("accountVersion")}
      AND p.version = ${sql.placeholder("projectVersion")} AND p.grants_version = ${sql.placeholder("grantsVersion")}
      AND (a.expires_at IS NULL OR a.expires_at > ${sql.placeholder("issuedAt")})`,
    ),
  );
}
