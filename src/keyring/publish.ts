import type { Context } from "../deps.ts";
import { ensureSigningKey } from "./ensure.ts";
import { readPublishedKeys } from "./list.ts";

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
