import { breadthOf } from "../advice/index.ts";
import { instantOf } from "../protocol/index.ts";
import { etagOf, type Stored } from "./etag.ts";
import type { ProviderRow } from "./locate.ts";

export type ProviderItem = ReturnType<typeof providerItem>;

/** How often a trust was used. */
export interface TrustUse {
  readonly exchanges: number;
  readonly refusals: number;
  readonly lastRefusedAt: number | null;
}

/** Of a trust that nobody has used. */
export const UNUSED: TrustUse = { exchanges: 0, refusals: 0, lastRefusedAt: null };

/** A trust as it is answered. */
export function providerItem(row: ProviderRow, use: TrustUse) {
  return {
    id: row.id,
    projectId: row.projectId,
    serviceAccountId: row.serviceAccountId,
    name: row.name,
    issuer: row.issuer,
    assertions: row.assertions,
    jwks: row.jwks,
    tokenLifetime: row.tokenLifetime,
    disabled: row.disabled,
    mode: row.mode,
    singleUse: row.singleUse,
    maxTokenAge: row.maxTokenAge,
    leeway: row.leeway,
    learnedIds: row.learnedIds ?? [],
    acknowledged: row.acknowledged,
    template: row.template,
    breadth: breadthOf(row),
    exchanges: use.exchanges,
    refusals: use.refusals,
    lastRefusedAt: use.lastRefusedAt === null ? null : instantOf(use.lastRefusedAt),
    createdAt: instantOf(row.createdAt),
    updatedAt: instantOf(row.updatedAt),
    lastUsedAt: row.lastUsedAt === null ? null : instantOf(row.lastUsedAt),
  };
}

/** A trust as it is answered, with its tag. */
export function storedProvider(row: ProviderRow, use: TrustUse): Stored<ProviderItem> {
  return { item: providerItem(row, use), etag: etagOf(row) };
}
