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
    projectId: account.projectId,
    serviceAccountId: account.id,
    ...vouchedBy(voucher),
    authMethod: voucher.authMethod,
    audience: grant.audience,
    scope: grant.scope.join(" "),
    tokenSha256: token.sha256,
    issuedAt: token.issuedAt,
    expiresAt: token.expiresAt,
    accountVersion: account.version,
    projectVersion: project.version,
  });
}

const NO_VOUCHER = {
  federatedIdentityProviderId: null,
  serviceAccountKeyId: null,
  projectTokenId: null,
  generation: "",
};

function vouchedBy(voucher: VoucherVersion) {
  switch (voucher.authMethod) {
    case "federation": {
      const { provider, generation } = voucher;
      const id = { federatedIdentityProviderId: provider.id };
      return { ...NO_VOUCHER, ...id, generation, voucherVersion: provider.version };
    }
    case "key":
      return { ...NO_VOUCHER, serviceAccountKeyId: voucher.key.id, voucherVersion: voucher.key.version };
    case "project_token":
      return { ...NO_VOUCHER, projectTokenId: voucher.token.id, voucherVersion: voucher.token.version };
  }
}

const INSERTS = {
  federation:
    guardedInsert(sql`JOIN federated_identity_provider v ON v.id = ${sql.placeholder("federatedIdentityProviderId")}
      AND coalesce((SELECT k.generation FROM key_purge k
        WHERE k.project_id = a.project_id AND k.issuer = v.issuer), '') = ${sql.placeholder("generation")}`),
  key: guardedInsert(sql`JOIN service_account_key v ON v.id = ${sql.placeholder("serviceAccountKeyId")}`),
  project_token: guardedInsert(sql`JOIN project_token v ON v.id = ${sql.placeholder("projectTokenId")}`),
} as const satisfies Record<AuthMethod, unknown>;

/** @param voucher joins the voucher's row as `v` */
function guardedInsert(voucher: SQL) {
  return prepared((db) =>
    insertSelect(
      db,
      schema.accessToken,
      placeholdersOf(schema.accessToken),
      sql`FROM service_account a JOIN project p ON p.id = a.project_id ${voucher}
    WHERE a.id = ${sql.placeholder("serviceAccountId")} AND a.version = ${sql.placeholder("accountVersion")}
      AND p.version = ${sql.placeholder("projectVersion")}
      AND v.service_account_id = a.id AND v.version = ${sql.placeholder("voucherVersion")}
      AND (a.expires_at IS NULL OR a.expires_at > ${sql.placeholder("issuedAt")})`,
    ),
  );
}
