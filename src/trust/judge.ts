import { redactClaim } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import {
  accept,
  type ExchangeRefusal,
  type Result,
  refuse,
  secondsOf,
  segmentsOf,
} from "../protocol/index.ts";
import type { Anchor, TrustedProvider } from "./anchor.ts";
import { type AssertionTrace, matchClaims } from "./claims.ts";
import { type DecodedJwt, quote } from "./decode.ts";
import { findKey } from "./find_key.ts";
import { judgeTimes, verifySignature } from "./verify.ts";

/** A token that is believed: by which trust, and what was looked at. */
export interface Judgement {
  readonly provider: TrustedProvider;
  readonly trace: readonly AssertionTrace[];
}

type Verdict<Value> = Result<Value, ExchangeRefusal>;

/**
 * Whether one of the account's trusts in this issuer believes the token. The first that does is the answer; where
 * none does, the refusal of the one that came furthest: it is the one its owner meant.
 */
export async function judge(context: Context, jwt: DecodedJwt, anchor: Anchor): Promise<Verdict<Judgement>> {
  const providers = anchor.providers.filter((provider) => !provider.disabled);
  if (providers.length === 0) {
    const why =
      anchor.providers.length > 0 ? "Every trust in this issuer is disabled" : "No trust names this issuer";
    return refuse({ reason: "issuer_not_trusted", detail: `${why}: iss is ${quote(jwt.issuer)}.` });
  }
  const fetched = memo(() => verifyWithIssuer(context, jwt, anchor.generation));
  let furthest: Refused | undefined;
  for (const provider of providers) {
    const authentic = provider.jwks === null ? await fetched() : await verifyWithUpload(jwt, provider);
    const judged = authentic.ok ? judgeProvider(context, jwt, provider) : authentic;
    if (judged.ok) return judged;
    if (furthest === undefined || stageOf(judged.refusal) > stageOf(furthest)) furthest = judged.refusal;
  }
  return refuse(furthest ?? { reason: "issuer_not_trusted", detail: "No trust names this issuer." });
}

type Refused = ExchangeRefusal;

/** How far a token came; later stages tell its owner more. */
function stageOf({ reason }: Refused): number {
  return ["audience_mismatch", "assertion_failed"].indexOf(reason);
}

function memo<Value>(compute: () => Promise<Value>): () => Promise<Value> {
  let value: Promise<Value> | undefined;
  return () => {
    value ??= compute();
    return value;
  };
}

async function verifyWithIssuer(
  context: Context,
  jwt: DecodedJwt,
  generation: string,
): Promise<Verdict<true>> {
  const key = await findKey(context, { issuer: jwt.issuer, kid: jwt.kid, generation });
  return key.ok ? verifySignature(jwt, key.value) : key;
}

async function verifyWithUpload(jwt: DecodedJwt, provider: TrustedProvider): Promise<Verdict<true>> {
  const jwk = provider.jwks?.keys.find((key) => key.kid === jwt.kid);
  if (jwk === undefined) {
    const detail = `The uploaded jwks of ${provider.name} holds no key with kid ${quote(jwt.kid)}.`;
    return refuse({ reason: "key_not_found", detail });
  }
  return verifySignature(jwt, { jwk, imported: new Map() });
}

/** Everything about an authentic token that is this trust's to judge. Pure but for the clock. */
function judgeProvider({ deps }: Context, jwt: DecodedJwt, provider: TrustedProvider): Verdict<Judgement> {
  const times = judgeTimes(jwt, secondsOf(deps.nowMs()));
  if (!times.ok) return times;
  const trace = matchClaims(provider.assertions, jwt.claims);
  const hasAudience = trace.some(({ assertion }) => isAudience(assertion.item));
  if (!hasAudience && !jwt.audience.includes(deps.config.issuerUrl)) {
    const detail = `aud is ${quote(jwt.audience)}; without an assertion on aud it must be ${deps.config.issuerUrl}.`;
    return refuse({ reason: "audience_mismatch", detail });
  }
  const failed = trace.filter(({ holds }) => !holds);
  if (trace.length > 0 && failed.length === 0) return accept({ provider, trace });
  const isAudienceOnly = failed.every(({ assertion }) => isAudience(assertion.item));
  const detail = `${provider.name}: ${failed.map(describe).join("; ")}`;
  return refuse({ reason: isAudienceOnly ? "audience_mismatch" : "assertion_failed", detail });
}

function isAudience(item: string): boolean {
  const segments = segmentsOf(item);
  return segments.length === 1 && segments[0] === "aud";
}

function describe({ assertion, received }: AssertionTrace): string {
  const shown = quote(redactClaim(segmentsOf(assertion.item).at(-1) ?? "", received));
  return `${assertion.item} must equal ${quote(assertion.value)}, received ${shown}`;
}
