import { ACCESS_TOKEN_MAX_SECONDS } from "../protocol/index.ts";

/**
 * Seconds that a token may live: an hour, unless the trust or the account says less; and never longer than the
 * account itself. Pure.
 */
export function tokenLifetime(
  now: number,
  account: { readonly tokenLifetime: number | null; readonly expiresAt: number | null },
  provider: { readonly tokenLifetime: number | null },
): number {
  const configured = Math.min(
    ACCESS_TOKEN_MAX_SECONDS,
    account.tokenLifetime ?? ACCESS_TOKEN_MAX_SECONDS,
    provider.tokenLifetime ?? ACCESS_TOKEN_MAX_SECONDS,
  );
  const remaining = account.expiresAt === null ? configured : account.expiresAt - now;
  return Math.min(configured, remaining);
}
