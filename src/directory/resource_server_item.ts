import { instantOf } from "../protocol/index.ts";
import { etagOf, type Stored } from "./etag.ts";
import type { ResourceServerRow } from "./locate.ts";

export type ResourceServerItem = ReturnType<typeof resourceServerItem>;

/** A resource server as it is answered. */
export function resourceServerItem(row: ResourceServerRow) {
  return {
    id: row.id,
    projectId: row.projectId,
    name: row.name,
    audience: row.audience,
    serviceAccountId: row.serviceAccountId,
    permissions: row.permissions,
    tokenLifetime: row.tokenLifetime,
    signingAlgorithm: row.signingAlgorithm,
    createdAt: instantOf(row.createdAt),
    updatedAt: instantOf(row.updatedAt),
  };
}

/** A resource server as it is answered, with its tag. */
export function storedResourceServer(row: ResourceServerRow): Stored<ResourceServerItem> {
  return { item: resourceServerItem(row), etag: etagOf(row) };
}
