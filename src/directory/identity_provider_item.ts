import { instantOf } from "../protocol/index.ts";
import { etagOf, type Stored } from "./etag.ts";
import type { IdentityProviderRow } from "./locate.ts";

export type IdentityProviderItem = ReturnType<typeof identityProviderItem>;

/** An identity provider as it is answered. */
export function identityProviderItem(row: IdentityProviderRow) {
  return {
    id: row.id,
    name: row.name,
    issuer: row.issuer,
    audience: row.audience,
    mapping: row.mapping,
    trustsEmail: row.trustsEmail,
    jwks: row.jwks,
    disabled: row.disabled,
    createdAt: instantOf(row.createdAt),
    updatedAt: instantOf(row.updatedAt),
  };
}

/** An identity provider as it is answered, with its tag. */
export function storedIdentityProvider(row: IdentityProviderRow): Stored<IdentityProviderItem> {
  return { item: identityProviderItem(row), etag: etagOf(row) };
}
