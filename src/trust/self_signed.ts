import type { Context, Deps } from "../deps.ts";
import {
  ASSERTION_MAX_SECONDS,
  accept,
  type ExchangeRefusal,
  hasPassed,
  type Result,
  refuse,
  secondsOf,
  tokenEndpointOf,
} from "../protocol/index.ts";
import { isUuid } from "../store/index.ts";
import type { AccountKey, Anchor } from "./anchor.ts";
import { type DecodedJwt, quote } from "./decode.ts";
import { remember } from "./key_cache.ts";
import { judgeTimes, LEEWAY_SECONDS, type VerifyingKey, verifySignature } from "./verify.ts";

/** An assertion that an account's own key signed, and is believed. */
export interface SelfSigned {
  readonly key: AccountKey;
  /** To be spent with what the assertion is used for. */
  readonly jti: string;
  /** Until when the jti must be remembered; integer seconds. */
  readonly spentUntil: number;
}

const JTI = /^[\x21-\x7e]{1,256}$/;
const EMAIL = /^[^\s/:@]+@[^\s/:@]+$/;

/** Whether a token says that an account signed it itself: `iss` names one, which no issuer's URL does. */
export function isSelfSigned({ issuer }: DecodedJwt): boolean {
  return isUuid(issuer) || EMAIL.test(issuer);
}

/**
 * Whether the account's own key made this assertion, for us, just now. That it is used once is for the write that
 * uses it: `spentUntil` says how long to remember its `jti`. @see RFC 7523 s3
 */
export async function judgeSelfSigned(
  { deps }: Context,
  jwt: DecodedJwt,
  account: Anchor["account"],
  key: AccountKey | undefined,
): Promise<Result<SelfSigned, ExchangeRefusal>> {
  if (key === undefined) {
    return refuse({ reason: "key_not_found", detail: `The account has no key with kid ${quote(jwt.kid)}.` });
  }
  const jti = readJti(jwt);
  if (!jti.ok) return jti;
  const signed = await verifySignature(jwt, foundKeyOf(deps, key));
  if (!signed.ok) return signed;
  const now = secondsOf(deps.nowMs());
  const usable = judgeKeyState(key, now);
  if (!usable.ok) return usable;
  const times = judgeTimes(jwt, now);
  if (!times.ok) return times;
  const contents = judgeContents(deps, jwt, account);
  if (!contents.ok) return contents;
  return accept({ key, jti: jti.value, spentUntil: Math.ceil(jwt.expiresAt) + LEEWAY_SECONDS });
}

/** A name for this one assertion, to be spent. */
function readJti({ claims: { jti } }: DecodedJwt): Result<string, ExchangeRefusal> {
  if (jti === undefined) {
    return refuse({
      reason: "claim_missing",
      detail: "The claim jti is missing: a self-signed assertion is good once.",
    });
  }
  if (typeof jti === "string" && JTI.test(jti)) return accept(jti);
  const detail = "The claim jti must be a string of 1 to 256 visible ASCII characters.";
  return refuse({ reason: "claim_malformed", detail });
}

function foundKeyOf(deps: Deps, key: AccountKey): VerifyingKey {
  const { accountKeys } = deps.keyCache;
  const imported = accountKeys.get(key.id) ?? remember(accountKeys, key.id, new Map<string, CryptoKey>());
  return { jwk: key.publicJwk, imported };
}

function judgeKeyState(key: AccountKey, now: number): Result<true, ExchangeRefusal> {
  if (!key.active) return refuse({ reason: "key_inactive", detail: "Set active to true to go on." });
  if (hasPassed(key.validUntil, now)) {
    return refuse({ reason: "key_expired", detail: "Make a new key, or set a later validUntil." });
  }
  return accept(true);
}

/** Everything that the assertion says, once its signature is known to be the account's. */
function judgeContents(
  { config, nowMs }: Deps,
  jwt: DecodedJwt,
  account: Anchor["account"],
): Result<true, ExchangeRefusal> {
  const names = [account.id, account.email];
  if (!names.includes(jwt.issuer) || !names.includes(jwt.subject)) {
    const detail = `iss is ${quote(jwt.issuer)} and sub ${quote(jwt.subject)}; both must be the account's e-mail or id.`;
    return refuse({ reason: "subject_mismatch", detail });
  }
  const audiences = [config.issuerUrl, tokenEndpointOf(config.issuerUrl)];
  if (jwt.audience.length !== 1 || !audiences.includes(jwt.audience[0] ?? "")) {
    const detail = `aud is ${quote(jwt.audience)}; it must be ${config.issuerUrl} and nothing else.`;
    return refuse({ reason: "audience_mismatch", detail });
  }
  const begin = jwt.issuedAt ?? secondsOf(nowMs()) + LEEWAY_SECONDS;
  if (jwt.expiresAt - begin > ASSERTION_MAX_SECONDS) {
    return refuse({ reason: "token_lifetime_excessive", detail: "exp may be at most an hour after iat." });
  }
  return accept(true);
}
