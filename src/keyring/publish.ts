import type { Context } from "../deps.ts";
import { ensureSigningKey } from "./ensure.ts";
import { readPublishedKeys } from "./list.ts";

/** How long anybody may cache our own key set: no longer than a new key is published before it signs. */
export const OWN_KEY_SET_MAX_AGE_SECONDS = 3600;

/** The public halves of our signing keys, as verifiers read them. */
export interface PublicKeySet {
  readonly keys: readonly Readonly<Record<string, string>>[];
}

/**
 * Our key set. Makes the first key where there is none, since an empty set would be cached by verifiers for an
 * hour and refuse our first tokens. @see RFC 7517 s5
 */
export async function publicKeySet(context: Context): Promise<PublicKeySet> {
  const rows = await readPublishedKeys(context.deps);
  if (rows.length === 0) await ensureSigningKey(context);
  const published = rows.length > 0 ? rows : await readPublishedKeys(context.deps);
  return { keys: published.map((row) => row.publicJwk) };
}
