import { type Schedule, WEEKDAYS } from "../protocol/index.ts";

/** Whether a condition holds now and from there, is known not to, or cannot be known. */
export type Holds = "yes" | "no" | "unknown";

const MINUTE_SECONDS = 60;
/** How far apart the readings are that most hours are reckoned from. */
export const HOUR_SECONDS = 3600;

const HOUR_MINUTES = 60;
const DAY_MINUTES = 24 * HOUR_MINUTES;
const WEEK_MINUTES = 7 * DAY_MINUTES;

/**
 * Whether a schedule's hours are on. Those that reach over midnight belong to the weekday on which they begin. A part
 * unknown to us may move any.
 */
export function isWithin({ weekdays, from, until, timeZone, ...unknown }: Schedule, now: number): Holds {
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

/** The whole hour, since the epoch, in which an instant lies. */
export function hourOf(now: number): number {
  return now - (now % HOUR_SECONDS);
}

/**
 * Every instant within an hour at which a schedule could open or close: as the hour begins, at its own two times and at
 * midnight. Where clocks change meanwhile, every minute.
 */
export function turnsWithin({ from, until, timeZone }: Schedule, hour: number): readonly number[] {
  const [begin, end] = [clockAt(hour, timeZone), clockAt(hour + HOUR_SECONDS, timeZone)];
  const [opens, closes] = [minutesOf(from), minutesOf(until)];
  // What we cannot read is unknown at all times.
  if (begin === undefined || end === undefined || opens === undefined || closes === undefined) return [];
  const ahead = isSteady(begin, end)
    ? [0, ...[opens, closes, 0].map((minutes) => (minutes + WEEK_MINUTES - begin) % DAY_MINUTES)]
    : Array.from({ length: HOUR_MINUTES }, (_, index) => index);
  return ahead.filter((minutes) => minutes < HOUR_MINUTES).map((minutes) => hour + minutes * MINUTE_SECONDS);
}

/** Minutes of the day that `HH:MM` names, `24:00` included; undefined where it is none. */
export function minutesOf(text: string): number | undefined {
  const [, hours, minutes] = /^([01]\d|2[0-4]):([0-5]\d)$/.exec(text) ?? [];
  const total = Number(hours) * 60 + Number(minutes);
  return hours === undefined || total > DAY_MINUTES ? undefined : total;
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
