import { base64url } from "jose";
import type { Context, Deps } from "../deps.ts";
import {
  accept,
  type ExchangeRefusal,
  hasPassed,
  type JsonWebKeyWithKid,
  type KeySource,
  type Result,
  refuse,
} from "../protocol/index.ts";
import { quote } from "./decode.ts";
import { FETCH_TIMEOUT_MS, fetchKeys } from "./jwks.ts";
import { type CoolDown, cachedKeyOf, coolDownOf, remember } from "./key_cache.ts";

/** How long a foreign key is believed after it was seen in its issuer's set. */
const KEY_LIFETIME_SECONDS = 3600;
/** How long an issuer is left alone after a fetch that did not bring what it was made for. */
const COOL_DOWN_SECONDS = 30;
/** KV's least: the mark itself says when it ends. */
const COOL_DOWN_KV_SECONDS = 60;
/** KV that does not answer by then counts as down: an exchange is slower without it, not broken. */
const KV_TIMEOUT_MS = 500;
const POLL_MS = 25;
const POLLS_MAX = FETCH_TIMEOUT_MS / POLL_MS;
/** Whoever has waited longer for another's fetch has no time left for one of its own. */
const POLLS_BEFORE_FETCH_MAX = 20;

/** Which key is looked for. `generation` changes when the project purges the issuer's keys. */
export interface KeyQuery {
  readonly issuer: string;
  readonly kid: string;
  readonly generation: string;
}

/** A public key to verify with, wherever it was found. */
export interface FoundKey {
  readonly jwk: JsonWebKeyWithKid;
  /** Imported keys by algorithm, kept as long as the key itself. */
  readonly imported: Map<string, CryptoKey>;
  /** Where it was found. */
  readonly source: KeySource;
}

type Found = Result<FoundKey, ExchangeRefusal>;

/**
 * An issuer's key: from memory, else from KV, else from the issuer. A fetch that brings the key it was made for
 * starts no cool-down, so a rotated key is believed at once; one that does not leaves the issuer alone for 30 s,
 * however many unknown kids come.
 */
export async function findKey(context: Context, query: KeyQuery): Promise<Found> {
  const { deps } = context;
  const names = namesOf(query);
  const remembered = recall(deps, names.key);
  if (remembered !== undefined) return accept(remembered);
  const [cached, mark] = await Promise.all([
    readKeyInKv(deps, query, names),
    readKv(deps, names.coolDown).then((value) => coolDownOf(value, deps.nowMs() + COOL_DOWN_SECONDS * 1000)),
  ]);
  if (cached !== undefined) return accept(cached);
  if (mark !== undefined && mark.untilMs > deps.nowMs()) return refuse(coolDownRefusal(deps, mark, query));
  return fetchOnce(context, query, names);
}

/**
 * An issuer's key from memory or KV; undefined where neither has it. Nobody is asked. Where the issuer is known not to
 * answer now, that is the answer here too: else it would tell which tokens are worth asking for.
 */
export async function keyAtHand({ deps }: Context, query: KeyQuery): Promise<Found | undefined> {
  const names = namesOf(query);
  const found = recall(deps, names.key) ?? (await readKeyInKv(deps, query, names));
  if (found !== undefined) return accept(found);
  const untilMs = deps.nowMs() + COOL_DOWN_SECONDS * 1000;
  const mark =
    deps.keyCache.fetches.get(names.coolDown)?.coolDown ??
    coolDownOf(await readKv(deps, names.coolDown), untilMs);
  const isDown = mark?.reason === "issuer_unreachable" && mark.untilMs > deps.nowMs();
  return isDown ? refuse(coolDownRefusal(deps, mark, query)) : undefined;
}

/** From KV into memory, where its hour has not passed. */
async function readKeyInKv(
  deps: Deps,
  { kid }: KeyQuery,
  { key }: CacheNames,
): Promise<FoundKey | undefined> {
  const lastEndMs = deps.nowMs() + KEY_LIFETIME_SECONDS * 1000;
  const cached = cachedKeyOf(await readKv(deps, key), kid, lastEndMs);
  if (cached === undefined || hasPassed(cached.expiresAtMs, deps.nowMs())) return undefined;
  const kept = remember(deps.keyCache.issuerKeys, key, { ...cached, imported: new Map() });
  return { ...kept, source: "kv" };
}

interface CacheNames {
  readonly key: string;
  readonly coolDown: string;
}

function namesOf({ issuer, kid, generation }: KeyQuery): CacheNames {
  return {
    key: JSON.stringify(["v1:key", issuer, kid, generation]),
    coolDown: JSON.stringify(["v1:cool-down", issuer, generation]),
  };
}

/** Hashed for KV alone, whose keys end at 512 bytes: issuers and kids are foreign text. */
async function digest(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return base64url.encode(new Uint8Array(bytes));
}

function recall(deps: Deps, name: string): FoundKey | undefined {
  const entry = deps.keyCache.issuerKeys.get(name);
  if (entry === undefined || hasPassed(entry.expiresAtMs, deps.nowMs())) return undefined;
  return { jwk: entry.jwk, imported: entry.imported, source: "memory" };
}

/** One fetch at a time for an issuer in this isolate; the others poll for its outcome, sharing no promise. */
async function fetchOnce(context: Context, query: KeyQuery, names: CacheNames): Promise<Found> {
  const { deps } = context;
  const { fetches } = deps.keyCache;
  for (let poll = 0; poll < POLLS_MAX; poll++) {
    const state = fetches.get(names.coolDown);
    if (state?.coolDown !== undefined && state.coolDown.untilMs > deps.nowMs()) {
      return refuse(coolDownRefusal(deps, state.coolDown, query));
    }
    const isFree = state === undefined || state.inFlightUntilMs <= deps.nowMs();
    if (isFree && poll < POLLS_BEFORE_FETCH_MAX) return fetchAndKeep(context, query, names);
    if (isFree) break;
    await deps.sleep(POLL_MS);
    const remembered = recall(deps, names.key);
    if (remembered !== undefined) return accept(remembered);
  }
  return refuse({
    reason: "issuer_unreachable",
    detail: `${query.issuer} is being asked for its keys and has not answered yet.`,
    retryAfterSeconds: COOL_DOWN_SECONDS,
  });
}

async function fetchAndKeep(context: Context, query: KeyQuery, names: CacheNames): Promise<Found> {
  const { deps } = context;
  const { fetches } = deps.keyCache;
  remember(fetches, names.coolDown, {
    inFlightUntilMs: deps.nowMs() + FETCH_TIMEOUT_MS + 1000,
    coolDown: undefined,
  });
  const fetched = await fetchKeys(deps, query.issuer).catch((error: unknown) => {
    fetches.delete(names.coolDown);
    throw error;
  });
  if (!fetched.ok) return refuse(coolDown(context, query, names, fetched.refusal));
  keep(context, query, fetched.value.keys);
  const found = recall(deps, names.key);
  if (found !== undefined) {
    fetches.delete(names.coolDown);
    return accept({ ...found, source: "issuer" });
  }
  const detail = `${query.issuer} was asked for its keys and published no usable one for the token's kid.`;
  const refusal = coolDown(context, query, names, { reason: "key_not_found", detail });
  const rejected = fetched.value.rejected.get(query.kid);
  return refuse(
    rejected === undefined ? refusal : { reason: "key_rejected", detail: `The issuer's key ${rejected}.` },
  );
}

/** Keys of one set that go to KV, the wanted one first: an invocation has a bound on its requests. */
const KV_WRITES_MAX = 32;

/** Every key of the set, in memory now and in KV behind the answer. A set never takes away what it lacks. */
function keep(context: Context, query: KeyQuery, keys: readonly JsonWebKeyWithKid[]): void {
  const { deps, request } = context;
  const expiresAtMs = deps.nowMs() + KEY_LIFETIME_SECONDS * 1000;
  const wantedFirst = keys.toSorted(
    (one, other) => Number(other.kid === query.kid) - Number(one.kid === query.kid),
  );
  for (const [index, jwk] of wantedFirst.entries()) {
    const { key } = namesOf({ ...query, kid: jwk.kid });
    remember(deps.keyCache.issuerKeys, key, { jwk, expiresAtMs, imported: new Map() });
    if (index >= KV_WRITES_MAX) continue;
    request.waitUntil(writeKv(deps, key, { jwk, expiresAtMs }, KEY_LIFETIME_SECONDS));
  }
}

function coolDown(
  { deps, request }: Context,
  query: KeyQuery,
  names: CacheNames,
  why: Omit<CoolDown, "untilMs">,
): ExchangeRefusal {
  const mark = { ...why, untilMs: deps.nowMs() + COOL_DOWN_SECONDS * 1000 };
  remember(deps.keyCache.fetches, names.coolDown, { inFlightUntilMs: 0, coolDown: mark });
  request.waitUntil(writeKv(deps, names.coolDown, mark, COOL_DOWN_KV_SECONDS));
  return coolDownRefusal(deps, mark, query);
}

function coolDownRefusal(
  deps: Deps,
  { reason, detail, untilMs }: CoolDown,
  { kid }: KeyQuery,
): ExchangeRefusal {
  const retryAfterSeconds = Math.max(1, Math.ceil((untilMs - deps.nowMs()) / 1000));
  return {
    reason,
    detail: `${detail} kid is ${quote(kid)}; asked again in ${retryAfterSeconds} s.`,
    retryAfterSeconds,
  };
}

async function readKv(deps: Deps, name: string): Promise<unknown> {
  try {
    const value = await Promise.race([deps.kv.get(await digest(name), "json"), deps.sleep(KV_TIMEOUT_MS)]);
    return value ?? undefined;
  } catch (error) {
    deps.log({ level: "warn", event: "kv_read_failed", cause: String(error).slice(0, 200) });
    return undefined;
  }
}

async function writeKv(deps: Deps, name: string, value: unknown, expirationTtl: number): Promise<void> {
  try {
    await Promise.race([
      deps.kv.put(await digest(name), JSON.stringify(value), { expirationTtl }),
      deps.sleep(KV_TIMEOUT_MS),
    ]);
  } catch (error) {
    deps.log({ level: "warn", event: "kv_write_failed", cause: String(error).slice(0, 200) });
  }
}
