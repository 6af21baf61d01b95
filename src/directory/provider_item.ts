import { instantOf } from "../protocol/index.ts";
import { etagOf, type Stored } from "./etag.ts";
import type { ProviderRow } from "./locate.ts";

export type ProviderItem = ReturnType<typeof providerItem>;

/** A trust as it is answered. */
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

/** A trust as it is answered, with its tag. */
export function storedProvider(row: ProviderRow): Stored<ProviderItem> {
  return { item: providerItem(row), etag: etagOf(row) };
}
