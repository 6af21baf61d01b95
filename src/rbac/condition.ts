import { type BindingCondition, type Schedule, WEEKDAYS } from "../protocol/index.ts";
import { addressOf, blocksOf, isIn } from "./ip_range.ts";

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

const MINUTE_SECONDS = 60;
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
  const first = isWithin(schedule, begin);
  if (first !== "no") return first === "yes";
  const end = Math.min(notAfter, begin + ROUND_SECONDS);
  for (let hour = hourOf(begin); hour < end; hour += HOUR_SECONDS) {
    const ahead = turnsWithin(schedule, hour).filter((at) => at > begin && at < end);
    if (ahead.some((at) => isWithin(schedule, at) === "yes")) return true;
  }
  return false;
}

/** The whole hour, since the epoch, in which an instant lies. */
function hourOf(now: number): number {
  return now - (now % HOUR_SECONDS);
}

/**
 * Every instant within an hour at which a schedule could open or close: as the hour begins, at its own two times and at
 * midnight. Where clocks change meanwhile, every minute.
 */
function turnsWithin({ from, until, timeZone }: Schedule, hour: number): readonly number[] {
  const [begin, end] = [clockAt(hour, timeZone), clockAt(hour + HOUR_SECONDS, timeZone)];
  const [opens, closes] = [minutesOf(from), minutesOf(until)];
  // What we cannot read is unknown at all times.
  if (begin === undefined || end === undefined || opens === undefined || closes === undefined) return [];
  const ahead = isSteady(begin, end)
    ? [0, ...[opens, closes, 0].map((minutes) => (minutes + WEEK_MINUTES - begin) % DAY_MINUTES)]
    : Array.from({ length: HOUR_MINUTES }, (_, index) => index);
  return ahead.filter((minutes) => minutes < HOUR_MINUTES).map((minutes) => hour + minutes * MINUTE_SECONDS);
}

const HOUR_MINUTES = 60;
const DAY_MINUTES = 24 * HOUR_MINUTES;
const WEEK_MINUTES = 7 * DAY_MINUTES;

/** Minutes of the day that `HH:MM` names, `24:00` included; undefined where it is none. */
export function minutesOf(text: string): number | undefined {
  const [, hours, minutes] = /^([01]\d|2[0-4]):([0-5]\d)$/.exec(text) ?? [];
  const total = Number(hours) * 60 + Number(minutes);
  return hours === undefined || total > DAY_MINUTES ? undefined : total;
}

/** Hours that reach over midnight belong to the weekday on which they begin. A part unknown to us may move any. */
function isWithin({ weekdays, from, until, timeZone, ...unknown }: Schedule, now: number): Holds {
  const clock = clockOf(now, timeZone);
  const [begin, end] = [minutesOf(from), minutesOf(until)];
  if (clock === undefined || begin === undefined || end === undefined) return "unknown";
  if (Object.keys(unknown).length > 0) return "unknown";
  const weekday = Math.floor(clock / DAY_MINUTES);
  const minutes = clock % DAY_MINUTES;
  const today = WEEKDAYS[weekday];
  const yesterday = WEEKDAYS[(weekday + 6) % 7];
  const isOn = (day: typeof today) => day !== undefined && weekdays.includes(day);
  const isInside =
    begin < end
      ? isOn(today) && minutes >= begin && minutes < end
      : (isOn(today) && minutes >= begin) || (isOn(yesterday) && minutes < end);
  return isInside ? "yes" : "no";
}

const WEEKDAY_NAMES: readonly string[] = WEEKDAYS;

/**
 * What the clock of a zone says: minutes since Monday began. Of most hours it is reckoned from how they begin and end,
 * since each reading costs a format, and hundreds of bindings may ask for every minute.
 */
function clockOf(now: number, timeZone: string): number | undefined {
  const hour = hourOf(now);
  const [begin, end] = [clockAt(hour, timeZone), clockAt(hour + HOUR_SECONDS, timeZone)];
  if (begin === undefined || end === undefined) return undefined;
  const minutes = Math.floor((now - hour) / MINUTE_SECONDS);
  if (isSteady(begin, end)) return (begin + minutes) % WEEK_MINUTES;
  return clockAt(hour + minutes * MINUTE_SECONDS, timeZone);
}

/** Whether a clock went on as it does all week between two readings an hour apart. */
function isSteady(begin: number, end: number): boolean {
  return (end - begin + WEEK_MINUTES) % WEEK_MINUTES === HOUR_MINUTES;
}

/** Readings of clocks, by instant and zone. */
const readings = new Map<string, number>();
const READINGS_MAX = 5000;

/** The clock of a zone, read at a whole minute; undefined where there is no such zone. */
function clockAt(instant: number, timeZone: string): number | undefined {
  const key = `${instant} ${timeZone.toLowerCase()}`;
  const known = readings.get(key);
  if (known !== undefined) return known;
  const format = formatterOf(timeZone);
  if (format === undefined) return undefined;
  const parts = new Map(format.formatToParts(instant * 1000).map(({ type, value }) => [type, value]));
  const weekday = WEEKDAY_NAMES.indexOf(parts.get("weekday")?.toLowerCase() ?? "");
  const clock =
    weekday * DAY_MINUTES + Number(parts.get("hour")) * HOUR_MINUTES + Number(parts.get("minute"));
  if (readings.size >= READINGS_MAX) readings.clear();
  readings.set(key, clock);
  return clock;
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
