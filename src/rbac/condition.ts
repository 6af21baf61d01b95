import { type BindingCondition, type Schedule, WEEKDAYS } from "../protocol/index.ts";
import { isAddress, isInRange, isIpRange } from "./ip_range.ts";

/** From when and where a call comes. */
export interface Circumstances {
  /** Integer seconds since the epoch. */
  readonly now: number;
  /** Null where nobody tells. */
  readonly ip: string | null;
}

/** Whether a condition holds now and from there, is known not to, or cannot be known. */
export type Holds = "yes" | "no" | "unknown";

/**
 * Judges a condition; none at all always holds, and a part that we do not know never surely does. Pure.
 * @param circumstances now, and from where
 */
export function holds(condition: BindingCondition | null, circumstances: Circumstances): Holds {
  if (condition === null) return "yes";
  const verdicts = partsOf(condition, circumstances).map(([, verdict]) => verdict);
  if (verdicts.includes("no")) return "no";
  return verdicts.includes("unknown") ? "unknown" : "yes";
}

/** Which parts of a condition do not hold, or cannot be known to. */
export function failing(condition: BindingCondition | null, circumstances: Circumstances): readonly string[] {
  const parts = condition === null ? [] : partsOf(condition, circumstances);
  return parts.filter(([, verdict]) => verdict !== "yes").map(([name]) => name);
}

function partsOf(
  condition: BindingCondition,
  { now, ip }: Circumstances,
): readonly (readonly [string, Holds])[] {
  const { notBefore, notAfter, schedule, ipRanges, ...unknown } = condition;
  const parts: (readonly [string, Holds])[] = Object.keys(unknown).map((name) => [name, "unknown"]);
  if (notBefore !== undefined) parts.push(["notBefore", now >= notBefore ? "yes" : "no"]);
  if (notAfter !== undefined) parts.push(["notAfter", now < notAfter ? "yes" : "no"]);
  if (schedule !== undefined) parts.push(["schedule", isWithin(schedule, now)]);
  if (ipRanges !== undefined) parts.push(["ipRanges", isAmong(ip, ipRanges)]);
  return parts;
}

/** An address that is none says nothing, and neither does a range that we cannot read. */
function isAmong(ip: string | null, ranges: readonly string[]): Holds {
  if (ip === null || !isAddress(ip)) return "unknown";
  if (ranges.some((range) => isInRange(ip, range))) return "yes";
  return ranges.every(isIpRange) ? "no" : "unknown";
}

const MINUTE_SECONDS = 60;

/**
 * Every instant after `now`, up to `horizon` itself, at which a condition could begin or cease to hold; in order. Any
 * minute for a schedule, whose hours are whole minutes: a clock change between them moves it too.
 */
export function turningPoints(
  conditions: readonly (BindingCondition | null)[],
  now: number,
  horizon: number,
): readonly number[] {
  const instants = conditions.flatMap((condition) => [
    ...(condition?.notBefore === undefined ? [] : [condition.notBefore]),
    ...(condition?.notAfter === undefined ? [] : [condition.notAfter]),
  ]);
  if (conditions.some((condition) => condition?.schedule !== undefined)) {
    const first = (Math.floor(now / MINUTE_SECONDS) + 1) * MINUTE_SECONDS;
    for (let minute = first; minute <= horizon; minute += MINUTE_SECONDS) instants.push(minute);
  }
  return [...new Set(instants)].filter((at) => at > now && at <= horizon).sort((a, b) => a - b);
}

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 24 * HOUR_SECONDS;
/** A schedule comes round within a week and a day; in one of two weeks where a clock change leaves its hours out. */
const ROUND_SECONDS = 15 * DAY_SECONDS;

/** Whether a condition can hold at any instant from now on. From where is left out: any address may call. */
export function canHold(condition: BindingCondition, now: number): boolean {
  const { notBefore = 0, notAfter = Number.MAX_SAFE_INTEGER, schedule } = condition;
  const begin = Math.max(now, notBefore);
  if (begin >= notAfter) return false;
  if (schedule === undefined) return true;
  if (isWithin(schedule, begin) === "unknown") return false;
  const end = Math.min(notAfter, begin + ROUND_SECONDS);
  for (let at = begin; at < end; at += HOUR_SECONDS) {
    if (openings(schedule, at).some((one) => one < end && isWithin(schedule, one) === "yes")) return true;
  }
  return false;
}

/** Where a schedule may open within an hour: at once, when the clock next says its first minute, or as it is changed. */
function openings({ from, timeZone }: Schedule, at: number): readonly number[] {
  const [minutes, later] = [at, at + HOUR_SECONDS].map((one) => localOf(one, timeZone)?.minutes);
  const minute = Math.floor(at / MINUTE_SECONDS);
  const isChanged = minutesBetween(minutes, later) !== HOUR_MINUTES;
  const ahead = isChanged
    ? Array.from({ length: HOUR_MINUTES }, (_, index) => index + 1)
    : [minutesBetween(minutes, minutesOf(from))];
  return [at, ...ahead.map((one) => (minute + one) * MINUTE_SECONDS)];
}

function minutesBetween(earlier = 0, later = 0): number {
  return (later - earlier + DAY_MINUTES) % DAY_MINUTES;
}

const HOUR_MINUTES = 60;

const DAY_MINUTES = 24 * 60;

/** Minutes of the day that `HH:MM` names, `24:00` included; undefined where it is none. */
export function minutesOf(text: string): number | undefined {
  const [, hours, minutes] = /^([01]\d|2[0-4]):([0-5]\d)$/.exec(text) ?? [];
  const total = Number(hours) * 60 + Number(minutes);
  return hours === undefined || total > DAY_MINUTES ? undefined : total;
}

/** Hours that reach over midnight belong to the weekday on which they begin. A part unknown to us may move any. */
function isWithin({ weekdays, from, until, timeZone, ...unknown }: Schedule, now: number): Holds {
  const local = localOf(now, timeZone);
  const [begin, end] = [minutesOf(from), minutesOf(until)];
  if (local === undefined || begin === undefined || end === undefined) return "unknown";
  if (Object.keys(unknown).length > 0) return "unknown";
  const today = WEEKDAYS[local.weekday];
  const yesterday = WEEKDAYS[(local.weekday + 6) % 7];
  const isOn = (day: typeof today) => day !== undefined && weekdays.includes(day);
  const isInside =
    begin < end
      ? isOn(today) && local.minutes >= begin && local.minutes < end
      : (isOn(today) && local.minutes >= begin) || (isOn(yesterday) && local.minutes < end);
  return isInside ? "yes" : "no";
}

const WEEKDAY_NAMES: readonly string[] = WEEKDAYS;

interface Local {
  /** 0 is Monday. */
  readonly weekday: number;
  readonly minutes: number;
}

/** The one asked last: hundreds of bindings ask for the same minute of the same zone, and each answer costs a format. */
let last: { readonly minute: number; readonly timeZone: string; readonly local: Local } | undefined;

function localOf(now: number, timeZone: string): Local | undefined {
  const minute = Math.floor(now / MINUTE_SECONDS);
  if (last?.minute === minute && last.timeZone === timeZone) return last.local;
  const format = formatterOf(timeZone);
  if (format === undefined) return undefined;
  const parts = new Map(format.formatToParts(new Date(now * 1000)).map(({ type, value }) => [type, value]));
  const weekday = WEEKDAY_NAMES.indexOf(parts.get("weekday")?.toLowerCase() ?? "");
  const local = { weekday, minutes: Number(parts.get("hour")) * 60 + Number(parts.get("minute")) };
  last = { minute, timeZone, local };
  return local;
}

/** Whether the runtime knows this time zone. */
export function isTimeZone(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(text) && formatterOf(text) !== undefined;
}

/** Made once for each zone, in whatever case it is written: making one costs more than an exchange. Some 600 at most. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(timeZone: string): Intl.DateTimeFormat | undefined {
  const name = timeZone.toLowerCase();
  const known = formatters.get(name);
  if (known !== undefined) return known;
  try {
    const fields = { weekday: "long", hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
    const made = new Intl.DateTimeFormat("en-GB", { ...fields, timeZone });
    formatters.set(name, made);
    return made;
  } catch {
    return undefined;
  }
}
