import type { BindingCondition } from "../protocol/index.ts";
import { addressOf, blocksOf, isIn } from "./ip_range.ts";
import { HOUR_SECONDS, type Holds, hourOf, isWithin, turnsWithin } from "./schedule.ts";

export type { Holds };

/** From when and where a call comes. */
export interface Circumstances {
  /** Integer seconds since the epoch. */
  readonly now: number;
  /** Null where nobody tells. */
  readonly ip: string | null;
}

/**
 * Judges a condition; none at all always holds, and a part that we do not know never surely does. Pure.
 * @param circumstances now, and from where
 */
export function holds(condition: BindingCondition | null, { now, ip }: Circumstances): Holds {
  if (condition === null) return "yes";
  const verdicts = timeParts(condition, now).map(([, verdict]) => verdict);
  // The clock is asked before the address: dozens of ranges cost more than it does.
  if (verdicts.includes("no")) return "no";
  if (condition.ipRanges !== undefined) verdicts.push(isAmong(ip, condition.ipRanges));
  if (verdicts.includes("no")) return "no";
  return verdicts.includes("unknown") ? "unknown" : "yes";
}

/** Which parts of a condition do not hold, or cannot be known to. */
export function failing(condition: BindingCondition | null, { now, ip }: Circumstances): readonly string[] {
  if (condition === null) return [];
  const parts = timeParts(condition, now);
  if (condition.ipRanges !== undefined) parts.push(["ipRanges", isAmong(ip, condition.ipRanges)]);
  return parts.filter(([, verdict]) => verdict !== "yes").map(([name]) => name);
}

type Part = readonly [name: string, verdict: Holds];

/** All parts but the address, and so those that we do not know. */
function timeParts(condition: BindingCondition, now: number): Part[] {
  const { notBefore, notAfter, schedule, ipRanges: _, ...unknown } = condition;
  const parts: Part[] = Object.keys(unknown).map((name) => [name, "unknown"]);
  if (notBefore !== undefined) parts.push(["notBefore", now >= notBefore ? "yes" : "no"]);
  if (notAfter !== undefined) parts.push(["notAfter", now < notAfter ? "yes" : "no"]);
  if (schedule !== undefined) parts.push(["schedule", isWithin(schedule, now)]);
  return parts;
}

/** An address that is none says nothing, and neither does a range that we cannot read. */
function isAmong(ip: string | null, ranges: readonly string[]): Holds {
  const address = ip === null ? undefined : addressOf(ip);
  if (address === undefined) return "unknown";
  const blocks = blocksOf(ranges);
  if (blocks.some((block) => block !== undefined && isIn(address, block))) return "yes";
  return blocks.every((block) => block?.isExact) ? "no" : "unknown";
}

/** From `begin` on, until just before `end`; integer seconds. */
export interface Span {
  readonly begin: number;
  readonly end: number;
}

/**
 * When, from now until a horizon, the verdict on a condition is one that counts: in order, and apart from each other.
 * @param counts as for an allow, that must hold, or for a deny, that must not be known not to
 */
export function spansOf(
  condition: BindingCondition | null,
  { now, ip }: Circumstances,
  horizon: number,
  counts: (verdict: Holds) => boolean,
): readonly Span[] {
  if (condition === null) return counts("yes") ? [{ begin: now, end: horizon }] : [];
  const instants = [now, ...turningPoints(condition, now, horizon)];
  const spans: Span[] = [];
  for (const [index, begin] of instants.entries()) {
    if (!counts(holds(condition, { now: begin, ip }))) continue;
    const end = instants[index + 1] ?? horizon;
    const last = spans.at(-1);
    if (last?.end === begin) spans[spans.length - 1] = { begin: last.begin, end };
    else spans.push({ begin, end });
  }
  return spans;
}

/** Every instant between `now` and `horizon`, both outside, at which a condition could begin or cease to hold; in order. */
function turningPoints(condition: BindingCondition, now: number, horizon: number): readonly number[] {
  const { notBefore = now, notAfter = now, schedule } = condition;
  const instants = [notBefore, notAfter];
  for (let hour = hourOf(now); schedule !== undefined && hour < horizon; hour += HOUR_SECONDS) {
    instants.push(...turnsWithin(schedule, hour));
  }
  return [...new Set(instants)].filter((at) => at > now && at < horizon).sort((a, b) => a - b);
}

/** A schedule comes round within a week and a day; in one of two weeks where a clock change leaves its hours out. */
const ROUND_SECONDS = 15 * 24 * HOUR_SECONDS;

/** Whether a condition can hold at any instant from now on. From where is left out: any address may call. */
export function canHold(condition: BindingCondition, now: number): boolean {
  const { notBefore = 0, notAfter = Number.MAX_SAFE_INTEGER, schedule } = condition;
  const begin = Math.max(now, notBefore);
  if (begin >= notAfter) return false;
  if (schedule === undefined) return true;
  const first = isWithin(schedule, begin);
  if (first !== "no") return first === "yes";
  const end = Math.min(notAfter, begin + ROUND_SECONDS);
  for (let hour = hourOf(begin); hour < end; hour += HOUR_SECONDS) {
    const ahead = turnsWithin(schedule, hour).filter((at) => at > begin && at < end);
    if (ahead.some((at) => isWithin(schedule, at) === "yes")) return true;
  }
  return false;
}
