import { instantOf } from "../protocol/index.ts";
import { etagOf, type Stored } from "./etag.ts";
import type { ServiceAccountRow } from "./locate.ts";

export type ServiceAccountItem = ReturnType<typeof serviceAccountItem>;

/** An account as it is answered. */
export function serviceAccountItem(row: ServiceAccountRow) {
  return {
    id: row.id,
    projectId: row.projectId,
    name: row.name,
    email: row.email,
    displayName: row.displayName,
    description: row.description,
    owner: row.owner,
    labels: row.labels,
    allowedAudiences: row.allowedAudiences,
    tokenLifetime: row.tokenLifetime,
    disabled: row.disabled,
    expiresAt: row.expiresAt === null ? null : instantOf(row.expiresAt),
    createdAt: instantOf(row.createdAt),
    updatedAt: instantOf(row.updatedAt),
    lastUsedAt: row.lastUsedAt === null ? null : instantOf(row.lastUsedAt),
  };
}

/** An account as it is answered, with its tag. */
export function storedAccount(row: ServiceAccountRow): Stored<ServiceAccountItem> {
  return { item: serviceAccountItem(row), etag: etagOf(row) };
}
