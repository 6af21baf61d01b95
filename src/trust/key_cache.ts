import { isRecord, type JsonWebKeyWithKid } from "../protocol/index.ts";
import { judgeKey } from "./key_hygiene.ts";

/** An issuer's key as it is cached, in KV and in memory alike: its own end is part of it. */
export interface CachedKey {
  readonly jwk: JsonWebKeyWithKid;
  readonly expiresAtMs: number;
}

/** One isolate's part of the key cache. Values only: a promise of one request is never awaited by another. */
export interface KeyCache {
  /** By cache key (see `find_key`); the imported key rides along by algorithm. */
  readonly issuerKeys: Map<string, CachedKey & { readonly imported: Map<string, CryptoKey> }>;
  /** By issuer and generation: whether somebody fetches now, and until when nobody may. */
  readonly fetches: Map<string, FetchState>;
  /**
   * Accounts' own keys as imported, by key id and algorithm. A row's key never changes, so this remembers work and
   * no decision: whether a key is good is read at each use.
   */
  readonly accountKeys: Map<string, Map<string, CryptoKey>>;
}

/** What one isolate knows of asking one issuer. */
export interface FetchState {
  /** A fetch that began and has not ended; past this instant its request must have died. */
  readonly inFlightUntilMs: number;
  readonly coolDown: CoolDown | undefined;
}

const COOL_DOWN_REASONS = [
  "key_not_found",
  "issuer_unreachable",
  "issuer_mismatch",
  "issuer_not_allowed",
] as const;

type CoolDownReason = (typeof COOL_DOWN_REASONS)[number];

/** Why and until when an issuer is left alone. */
export interface CoolDown {
  readonly untilMs: number;
  readonly reason: CoolDownReason;
  readonly detail: string;
}

/** Entries of each map; the oldest go first, so that no flood of issuers grows an isolate. */
const ENTRIES_MAX = 2000;

/** Empty, for one isolate. */
export function newKeyCache(): KeyCache {
  return { issuerKeys: new Map(), fetches: new Map(), accountKeys: new Map() };
}

/** Puts a value in as the youngest, and returns it. */
export function remember<Value>(map: Map<string, Value>, key: string, value: Value): Value {
  map.delete(key);
  if (map.size >= ENTRIES_MAX) {
    const oldest = map.keys().next();
    if (!oldest.done) map.delete(oldest.value);
  }
  map.set(key, value);
  return value;
}

/** What KV says of a key, as far as it can be true: KV is shared, late and nobody's proof. */
export function cachedKeyOf(value: unknown, kid: string, latestEndMs: number): CachedKey | undefined {
  if (!isRecord(value) || typeof value.expiresAtMs !== "number") return undefined;
  const judged = judgeKey(value.jwk);
  if (!judged.ok || judged.value.kid !== kid || value.expiresAtMs > latestEndMs) return undefined;
  return { jwk: judged.value, expiresAtMs: value.expiresAtMs };
}

/** What KV says of a cool-down, as far as it can be true. */
export function coolDownOf(value: unknown, latestEndMs: number): CoolDown | undefined {
  if (!isRecord(value) || typeof value.untilMs !== "number" || typeof value.detail !== "string")
    return undefined;
  const reason = COOL_DOWN_REASONS.find((known) => known === value.reason);
  if (reason === undefined || value.untilMs > latestEndMs) return undefined;
  return { reason, detail: value.detail, untilMs: value.untilMs };
}
