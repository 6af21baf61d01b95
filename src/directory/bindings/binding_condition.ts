import type { BindingCondition, MemberProblem } from "../../protocol/index.ts";
import { canHold, isIpRange, isTimeZone, minutesOf } from "../../rbac/index.ts";

/** What is wrong with a condition, all at once: parts that mean nothing, and one that can never hold. */
export function conditionProblems(condition: BindingCondition | null, now: number): readonly MemberProblem[] {
  if (condition === null) return [];
  const { notBefore, notAfter, schedule, ipRanges } = condition;
  if (notBefore === undefined && notAfter === undefined && schedule === undefined && ipRanges === undefined) {
    return [problem("", "empty", "It says nothing: leave the condition out, or say when or from where.")];
  }
  const errors = [...scheduleProblems(condition), ...rangeProblems(ipRanges ?? [])];
  if (errors.length > 0 || canHold(condition, now)) return errors;
  const detail =
    "It can never hold: its time is over, ends before it begins, or has none of its weekdays and hours.";
  return [problem("", "never_holds", detail)];
}

function scheduleProblems({ schedule }: BindingCondition): readonly MemberProblem[] {
  if (schedule === undefined) return [];
  const { weekdays, from, until, timeZone } = schedule;
  const errors: MemberProblem[] = [];
  if (new Set(weekdays).size < weekdays.length)
    errors.push(problem("/schedule/weekdays", "duplicate", "A weekday is named twice."));
  if (!isTimeZone(timeZone)) {
    const detail = `${timeZone} is no time zone; use an IANA name such as Europe/Berlin, or UTC.`;
    errors.push(problem("/schedule/timeZone", "unknown_time_zone", detail));
  }
  if (minutesOf(from) === minutesOf(until) || minutesOf(from) === minutesOf("24:00")) {
    const detail = "from and until are no span: for a whole day say 00:00 and 24:00.";
    errors.push(problem("/schedule", "never_holds", detail));
  }
  return errors;
}

function rangeProblems(ranges: readonly string[]): readonly MemberProblem[] {
  return ranges.flatMap((range, index) => {
    const pointer = `/ipRanges/${index}`;
    if (ranges.indexOf(range) < index) return [problem(pointer, "duplicate", `${range} is named twice.`)];
    if (isIpRange(range)) return [];
    const detail = `${range} is no CIDR block; use one such as 203.0.113.0/24 or 2001:db8::/32, with no bit set beyond its prefix.`;
    return [problem(pointer, "invalid_cidr", detail)];
  });
}

function problem(pointer: string, code: string, detail: string): MemberProblem {
  return { pointer: `/condition${pointer}`, code, detail };
}
