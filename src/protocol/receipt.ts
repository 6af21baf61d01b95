import type { ExchangeReason } from "./refusals.ts";
import type { ClaimAssertion, Mode } from "./trust.ts";

/** Where the key was found that a token was verified with. `issuer`: fetched for this exchange. */
export const KEY_SOURCES = ["memory", "kv", "issuer", "upload", "account"] as const;

/** One of them. */
export type KeySource = (typeof KEY_SOURCES)[number];

/** What an assertion expected and received. `received` is left out where it is just what `equals` expects. */
export type StoredAssertion = ClaimAssertion & { readonly holds: boolean; readonly received?: unknown };

/** What became of one trust. */
export interface StoredTrust {
  readonly id: string;
  readonly name: string;
  /** Absent where it enforces. */
  readonly mode?: Mode;
  /** Why it does not let the token in; absent where it does. */
  readonly reason?: ExchangeReason;
  readonly detail?: string;
  readonly assertions: readonly StoredAssertion[];
}

/** Seconds from our clock to the token's, at the decision: what has passed is negative. */
export interface StoredClock {
  readonly exp: number;
  readonly iat?: number;
  readonly nbf?: number;
}

/** The part of a receipt that its event does not say already. Absent parts were not reached. */
export interface StoredReceipt {
  /** Whether the signature was found good; absent where no fit key was at hand to tell, or claims came without one. */
  readonly signature?: boolean;
  readonly keySource?: KeySource;
  readonly clock?: StoredClock;
  /** Where the event does not say it among claims that somebody vouches for. */
  readonly audience?: readonly string[];
  /** The one that let it in and those in shadow, or those with the fewest failures; as many as there is room for. */
  readonly trusts?: readonly StoredTrust[];
  /** Claims that nobody vouches for, in little room: those that an issuer said are the event's. */
  readonly claimed?: Readonly<Record<string, unknown>>;
  /** The event does not show all claims: they were too many. */
  readonly isCut?: true;
  /** It was asked what would be: nothing was issued. */
  readonly isDryRun?: true;
}
