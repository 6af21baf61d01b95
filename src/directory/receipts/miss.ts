import { eq } from "drizzle-orm";
import type { Context } from "../../deps.ts";
import { readBatch, schema } from "../../store/index.ts";
import { type NearestMiss, nearestMiss, type TokenClaims } from "../../trust/index.ts";
import { audienceOf, type ReceiptRow } from "./receipt_item.ts";

const { federatedIdentityProvider: provider } = schema;

/** What would have made a refused exchange pass, by the trusts that the account has now; null where nothing comes near. */
export async function missOf({ deps }: Context, row: ReceiptRow): Promise<NearestMiss | null> {
  const token = row.outcome === "refused" ? tokenOf(row) : undefined;
  if (token === undefined || row.serviceAccountId === null) return null;
  const [trusts] = await readBatch(deps.db, [
    deps.db.select().from(provider).where(eq(provider.serviceAccountId, row.serviceAccountId)),
  ]);
  return nearestMiss(token, trusts, { now: row.createdAt, issuerUrl: deps.config.issuerUrl }) ?? null;
}

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
