import { ACCESS_TOKEN_MAX_SECONDS } from "../protocol/index.ts";

/** What bounds a token: a life in seconds, an end in seconds since the epoch, or neither. */
export interface LifetimeBound {
  readonly tokenLifetime?: number | null;
  readonly expiresAt?: number | null;
}

/**
 * Seconds that a token may live: an hour, unless one of its bounds says less: the account, what vouches for it, the API,
 * the caller's wish; and never beyond the end of any of them, or of the rights that it carries. Pure.
 */
export function tokenLifetime(now: number, bounds: readonly LifetimeBound[]): number {
  return Math.min(
    ACCESS_TOKEN_MAX_SECONDS,
    ...bounds.flatMap(({ tokenLifetime: life, expiresAt: end }) => [
      life ?? ACCESS_TOKEN_MAX_SECONDS,
      end === null || end === undefined ? ACCESS_TOKEN_MAX_SECONDS : end - now,
    ]),
  );
}
