import { instantOf } from "../protocol/index.ts";
import type { ProviderRow } from "./locate.ts";
import { etagOf, type Stored } from "./versioned.ts";

export type ProviderItem = ReturnType<typeof providerItem>;

export function providerItem(row: ProviderRow) {
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
    createdAt: instantOf(row.createdAt),
    updatedAt: instantOf(row.updatedAt),
    lastUsedAt: row.lastUsedAt === null ? null : instantOf(row.lastUsedAt),
  };
}

export function storedProvider(row: ProviderRow): Stored<ProviderItem> {
  return { item: providerItem(row), etag: etagOf(row) };
}
