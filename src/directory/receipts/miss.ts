import { and, eq } from "drizzle-orm";
import { type NearestMiss, nearestMiss } from "../../advice/index.ts";
import type { Context } from "../../deps.ts";
import type { ExchangeReason } from "../../protocol/index.ts";
import { readBatch, schema } from "../../store/index.ts";
import type { TokenClaims } from "../../trust/index.ts";
import { audienceOf, type ReceiptRow } from "./receipt_item.ts";

const { federatedIdentityProvider: provider } = schema;

/** What would have made a refused exchange pass, by the trusts that the account has now; null where nothing comes near. @param providerId this one alone */
export async function missOf(
  { deps }: Context,
  row: ReceiptRow,
  providerId?: string,
): Promise<NearestMiss | null> {
  const token = BY_TERMS.includes(row.reason ?? "") ? tokenOf(row) : undefined;
  const { projectId, serviceAccountId, receipt } = row;
  if (token === undefined || projectId === null || serviceAccountId === null) return null;
  if (receipt?.signature === false) return null;
  const isOwn = and(
    eq(provider.projectId, projectId),
    eq(provider.serviceAccountId, serviceAccountId),
    providerId === undefined ? undefined : eq(provider.id, providerId),
  );
  const [trusts] = await readBatch(deps.db, [deps.db.select().from(provider).where(isOwn)]);
  const miss = nearestMiss(token, trusts, { now: row.createdAt, issuerUrl: deps.config.issuerUrl });
  if (miss === undefined) return null;
  if (receipt?.signature === true || miss.patch === null) return miss;
  const patch = miss.kinds.includes("identity_changed") ? null : miss.patch;
  return { ...miss, patch, detail: `${miss.detail} ${UNVOUCHED}` };
}

/** Anybody may send what comes near. */
const UNVOUCHED = "No signature vouches for these claims: apply the patch only if the job is yours.";

/** Refusals that other terms would mend; none of another kind is a trust's to mend. */
export const BY_TERMS: readonly string[] = [
  "issuer_not_trusted",
  "token_expired",
  "token_not_yet_valid",
  "token_too_old",
  "audience_mismatch",
  "assertion_failed",
  "identity_changed",
  "trust_in_shadow",
] satisfies ExchangeReason[];

/** The token as the record shows it; undefined where it shows too little. */
export function tokenOf(row: ReceiptRow): TokenClaims | undefined {
  const { issuer, subject, claims, receipt, createdAt } = row;
  const { clock, claimed } = receipt ?? {};
  const known = claims ?? claimed;
  const audience = audienceOf(row);
  if (issuer === null || known === undefined || clock === undefined || audience === null) return undefined;
  return {
    issuer,
    subject: subject ?? "",
    audience,
    expiresAt: createdAt + clock.exp,
    issuedAt: clock.iat === undefined ? undefined : createdAt + clock.iat,
    notBefore: clock.nbf === undefined ? undefined : createdAt + clock.nbf,
    claims: known,
  };
}
