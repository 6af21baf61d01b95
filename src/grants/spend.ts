import { and, eq, sql } from "drizzle-orm";
import { base64url } from "jose";
import type { Context } from "../deps.ts";
import { secondsOf } from "../protocol/index.ts";
import { insertSelect, placeholdersOf, prepared, type Statement, schema } from "../store/index.ts";
import { type Anchor, type DecodedJwt, LEEWAY_SECONDS, type TrustedProvider } from "../trust/index.ts";
import type { TokenUse, Voucher } from "./voucher.ts";

/**
 * The mark that what is good once is used: of all that race, the unique index lets one batch through. It is made only
 * while account, project and what vouches stand as they were judged. @see RFC 7523 s3, `jti`
 */
export function spend(
  { deps }: Context,
  { account, project }: Anchor,
  voucher: Voucher,
): readonly Statement[] {
  const versions = {
    accountId: account.id,
    accountVersion: account.version,
    projectVersion: project.version,
  };
  switch (voucher.authMethod) {
    case "key": {
      const { key, jti, spentUntil: expiresAt } = voucher;
      const spent = { voucherId: key.id, voucherVersion: key.version, jti, expiresAt };
      return [INSERTS.key(deps.db, { ...spent, ...versions })];
    }
    case "federation": {
      const { provider, use } = voucher;
      if (use === undefined) return [];
      const { jti, spentUntil: expiresAt } = use;
      const spent = { voucherId: provider.id, voucherVersion: provider.version, jti, expiresAt };
      return [INSERTS.federation(deps.db, { ...spent, ...versions })];
    }
    case "project_token":
    case "impersonation":
      return [];
  }
}

const INSERTS = {
  key: insertSpent("service_account_key"),
  federation: insertSpent("federated_identity_provider"),
} as const;

/** @param table of what vouches */
function insertSpent(table: "service_account_key" | "federated_identity_provider") {
  return prepared((db) =>
    insertSelect(
      db,
      schema.spentAssertion,
      placeholdersOf(schema.spentAssertion),
      sql`FROM service_account a
      JOIN project p ON p.id = a.project_id AND p.version = ${sql.placeholder("projectVersion")}
      JOIN ${sql.raw(table)} v ON v.service_account_id = a.id AND v.version = ${sql.placeholder("voucherVersion")}
    WHERE a.id = ${sql.placeholder("accountId")} AND a.version = ${sql.placeholder("accountVersion")}
      AND v.id = ${sql.placeholder("voucherId")}`,
    ),
  );
}

/** Longest `jti` that is kept as it is. */
const JTI_MAX_CHARACTERS = 256;

/**
 * What a foreign token is known by where it is good once: its `jti`, or else the digest of what was signed. The signature
 * itself says nothing: of ECDSA there are two for one text.
 */
export async function tokenUse(jwt: DecodedJwt, { leeway }: TrustedProvider): Promise<TokenUse> {
  const spentUntil = Math.ceil(jwt.expiresAt) + (leeway ?? LEEWAY_SECONDS);
  const { jti } = jwt.claims;
  const isName = typeof jti === "string" && jti !== "" && jti.length <= JTI_MAX_CHARACTERS;
  if (isName) return { jti: `jti:${jti}`, spentUntil };
  const signed = new TextEncoder().encode(jwt.compact.slice(0, jwt.compact.lastIndexOf(".")));
  const digest = await crypto.subtle.digest("SHA-256", signed);
  return { jti: `sha256:${base64url.encode(new Uint8Array(digest))}`, spentUntil };
}

/**
 * Ids of names that a trust believes for the first time. Its version moves, so that whoever was decided from the same state
 * is decided anew; written behind the token's row, which is only there at the version that was judged.
 */
export function learn({ deps }: Context, voucher: Voucher): readonly Statement[] {
  if (voucher.authMethod !== "federation" || voucher.learns.length === 0) return [];
  const { provider, learns } = voucher;
  const table = schema.federatedIdentityProvider;
  const learnedIds = [...(provider.learnedIds ?? []), ...learns];
  const next = { learnedIds, version: provider.version + 1, updatedAt: secondsOf(deps.nowMs()) };
  const isAsJudged = and(eq(table.id, provider.id), eq(table.version, provider.version));
  return [deps.db.update(table).set(next).where(isAsJudged)];
}
