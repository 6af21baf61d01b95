import type { JsonWebKeyWithKid } from "../store/index.ts";

/** A foreign key as it is cached, in KV and in memory alike: its own end is part of it. */
export interface CachedKey {
  readonly jwk: JsonWebKeyWithKid;
  readonly expiresAtMs: number;
}

/** One isolate's part of the key cache. Values only: a promise of one request is never awaited by another. */
export interface KeyCache {
  /** By cache key (see `find_key`); the imported key rides along by algorithm. */
  readonly keys: Map<string, CachedKey & { readonly imported: Map<string, CryptoKey> }>;
  /** By issuer and generation: whether somebody fetches now, and until when nobody may. */
  readonly fetches: Map<string, FetchState>;
}

export interface FetchState {
  /** A fetch that began and has not ended; past this instant its request must have died. */
  readonly inFlightUntilMs: number;
  readonly coolDown: CoolDown | undefined;
}

/** Why and until when an issuer is left alone. */
export interface CoolDown {
  readonly untilMs: number;
  readonly reason: "key_not_found" | "issuer_unreachable" | "issuer_mismatch" | "issuer_not_allowed";
  readonly detail: string;
}

/** Entries of each map; the oldest go first, so that no flood of issuers grows an isolate. */
const ENTRIES_MAX = 2000;

export function newKeyCache(): KeyCache {
  return { keys: new Map(), fetches: new Map() };
}

export function remember<Value>(map: Map<string, Value>, key: string, value: Value): Value {
  map.delete(key);
  if (map.size >= ENTRIES_MAX) {
    const oldest = map.keys().next();
    if (!oldest.done) map.delete(oldest.value);
  }
  map.set(key, value);
  return value;
}
