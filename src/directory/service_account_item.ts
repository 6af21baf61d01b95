import { instantOf } from "../protocol/index.ts";
import type { ServiceAccountRow } from "./locate.ts";
import { etagOf, type Stored } from "./versioned.ts";

const EMAIL_SUFFIX_CHARACTERS = 7;
const ALPHANUMERICS = "abcdefghijklmnopqrstuvwxyz0123456789";

/** `<name>-<7 random alphanumerics>@<domain>`: the form that STACKIT's Terraform provider parses. */
export function generateEmail(name: string, domain: string): string {
  let suffix = "";
  while (suffix.length < EMAIL_SUFFIX_CHARACTERS) {
    const [byte = 255] = crypto.getRandomValues(new Uint8Array(1));
    // 252 is the last multiple of 36 in a byte: beyond it some characters would come up more often.
    if (byte < 252) suffix += ALPHANUMERICS[byte % ALPHANUMERICS.length];
  }
  return `${name}-${suffix}@${domain}`;
}

export type ServiceAccountItem = ReturnType<typeof serviceAccountItem>;

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

export function storedAccount(row: ServiceAccountRow): Stored<ServiceAccountItem> {
  return { item: serviceAccountItem(row), etag: etagOf(row) };
}
