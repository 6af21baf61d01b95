import type { Context } from "../deps.ts";
import { instantOf, secondsOf } from "../protocol/index.ts";
import { publicKeyPem } from "../trust/index.ts";
import { etagOf, type Stored } from "./etag.ts";
import { expiryWarnings } from "./expiry_warnings.ts";
import type { NewKey } from "./key_row.ts";
import type { KeyRow, ServiceAccountRow } from "./locate.ts";

export type KeyItem = Awaited<ReturnType<typeof keyItem>>;

/** A key as it is answered. @param now integer seconds, for what is said of its end */
export async function keyItem(row: KeyRow, now: number) {
  return {
    id: row.id,
    projectId: row.projectId,
    serviceAccountId: row.serviceAccountId,
    active: row.active,
    createdAt: instantOf(row.createdAt),
    updatedAt: instantOf(row.updatedAt),
    validUntil: row.validUntil === null ? null : instantOf(row.validUntil),
    leakedAt: row.leakedAt === null ? null : instantOf(row.leakedAt),
    publicKey: await publicKeyPem(row.publicJwk),
    keyType: KEY_TYPE,
    keyOrigin: row.keyOrigin,
    keyAlgorithm: row.keyAlgorithm,
    lastUsedAt: row.lastUsedAt === null ? null : instantOf(row.lastUsedAt),
    lastUsedBy: row.lastUsedAt === null ? null : { ip: row.lastUsedIp, userAgent: row.lastUsedUserAgent },
    warnings: expiryWarnings(row.validUntil, now),
  };
}

/** A key as it is answered, with its tag. */
export async function storedKey({ deps }: Context, row: KeyRow): Promise<Stored<KeyItem>> {
  return { item: await keyItem(row, secondsOf(deps.nowMs())), etag: etagOf(row) };
}

/** All keys here are the account's to manage. */
const KEY_TYPE = "USER_MANAGED";

export type KeyFile = Awaited<ReturnType<typeof keyFile>>;

/**
 * STACKIT's key file: its SDKs work with what is answered here and no other setting. The private key is in it once,
 * and nowhere afterwards.
 */
export async function keyFile({ deps }: Context, account: ServiceAccountRow, { row, privateKey }: NewKey) {
  const { issuerUrl } = deps.config;
  return {
    id: row.id,
    active: row.active,
    createdAt: instantOf(row.createdAt),
    ...(row.validUntil === null ? {} : { validUntil: instantOf(row.validUntil) }),
    publicKey: await publicKeyPem(row.publicJwk),
    keyType: KEY_TYPE,
    keyOrigin: row.keyOrigin,
    keyAlgorithm: row.keyAlgorithm,
    credentials: {
      kid: row.id,
      iss: account.email,
      sub: account.id,
      aud: issuerUrl,
      ...(privateKey === undefined ? {} : { privateKey }),
      tokenEndpoint: `${issuerUrl}/oauth/v2/token`,
    },
  };
}
