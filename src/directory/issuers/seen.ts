import { recordedText } from "../../audit/index.ts";
import type { SeenClaim, SeenKey } from "../../protocol/index.ts";
import type { ClaimShape } from "../../trust/index.ts";

/** What is remembered, and what of it is news; the first look at an issuer has none. */
export interface Merged<Seen> {
  readonly seen: readonly Seen[];
  readonly news: readonly string[];
}

/** Keys that are remembered of one issuer; those not seen for longest go first. */
const KEYS_KEPT_MAX = 50;
const CLAIMS_KEPT_MAX = 200;

/** A key as it was met: in the issuer's set, or by a token that it signed. */
export interface MetKey {
  readonly kid: string;
  readonly algorithm: string | null;
}

/** @param now integer seconds */
export function mergeKeys(known: readonly SeenKey[], met: readonly MetKey[], now: number): Merged<SeenKey> {
  const fresh = met.filter(({ kid }) => !known.some((key) => key.kid === kid));
  const kept = known.map((key) => {
    const again = met.find(({ kid }) => kid === key.kid);
    if (again === undefined) return key;
    return { ...key, algorithm: again.algorithm ?? key.algorithm, lastSeenAt: now };
  });
  const added = fresh.map((key) => ({ ...key, firstSeenAt: now, lastSeenAt: now }));
  const changed = met.filter(({ kid, algorithm }) =>
    known.some((key) => key.kid === kid && algorithm !== null && (key.algorithm ?? algorithm) !== algorithm),
  );
  const algorithms = new Set(known.map(({ algorithm }) => algorithm));
  return {
    seen: youngest([...kept, ...added], KEYS_KEPT_MAX),
    news: [
      ...(known.length === 0 ? [] : fresh.map((key) => newsOfKey(key, algorithms))),
      ...changed.map(({ kid, algorithm }) => `key ${quoted(kid)} is of another algorithm: ${algorithm}`),
    ],
  };
}

function newsOfKey({ kid, algorithm }: MetKey, algorithms: ReadonlySet<string | null>): string {
  const isOther = algorithm !== null && !algorithms.has(algorithm);
  return `new key ${quoted(kid)}${isOther ? `, of another algorithm: ${algorithm}` : ""}`;
}

/** @param now integer seconds */
export function mergeClaims(
  known: readonly SeenClaim[],
  met: readonly ClaimShape[],
  now: number,
): Merged<SeenClaim> {
  const news: string[] = [];
  const kept = known.map((claim) => {
    const again = met.find(({ name }) => name === claim.name);
    if (again === undefined) return claim;
    if (claim.types.includes(again.type)) return { ...claim, lastSeenAt: now };
    news.push(`claim ${quoted(claim.name)} is of another type: ${again.type}, was ${claim.types.join(", ")}`);
    return { ...claim, types: [...claim.types, again.type], lastSeenAt: now };
  });
  const fresh = met.filter(({ name }) => !known.some((claim) => claim.name === name));
  const added = fresh.map(({ name, type }) => ({ name, types: [type], firstSeenAt: now, lastSeenAt: now }));
  if (known.length > 0) news.push(...fresh.map(({ name, type }) => `new claim ${quoted(name)} (${type})`));
  return { seen: youngest([...kept, ...added], CLAIMS_KEPT_MAX), news };
}

function youngest<Seen extends { readonly lastSeenAt: number }>(
  seen: readonly Seen[],
  max: number,
): readonly Seen[] {
  return seen.length <= max
    ? seen
    : seen.toSorted((one, other) => other.lastSeenAt - one.lastSeenAt).slice(0, max);
}

function quoted(text: string): string {
  return recordedText(JSON.stringify(text)).slice(0, 140);
}
