import { EXPIRES_SOON_SECONDS } from "../protocol/index.ts";

export interface ExpiryWarning {
  readonly code: "expires_soon" | "expired";
  readonly detail: string;
}

const DAY_SECONDS = 24 * 3600;

/** What a list says of a credential's end. Pure; both in integer seconds. */
export function expiryWarnings(end: number | null, now: number): readonly ExpiryWarning[] {
  if (end === null || end > now + EXPIRES_SOON_SECONDS) return [];
  if (end <= now) return [{ code: "expired", detail: "It has expired; make a new one and delete this one." }];
  const days = Math.floor((end - now) / DAY_SECONDS);
  const when = days === 0 ? "in less than a day" : `in ${days} ${days === 1 ? "day" : "days"}`;
  return [
    {
      code: "expires_soon",
      detail: `It expires ${when}; make its successor now, and delete it once unused.`,
    },
  ];
}
