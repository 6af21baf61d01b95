import type { Context } from "../deps.ts";
import {
  accept,
  type ExchangeRefusal,
  type KeySource,
  type Result,
  refuse,
  secondsOf,
} from "../protocol/index.ts";
import type { Anchor, TrustedProvider } from "./anchor.ts";
import { type DecodedJwt, quote } from "./decode.ts";
import { findKey, keyAtHand } from "./find_key.ts";
import { judgeTerms, type TrustTrace } from "./terms.ts";
import { type VerifyingKey, verifySignature } from "./verify.ts";

/** One of the account's trusts in the issuer, and what became of its terms. */
export interface Candidate {
  readonly provider: TrustedProvider;
  readonly trace: TrustTrace;
}

/** All that was looked at, for the receipt. */
export interface FederationTrace {
  readonly trusts: readonly TrustTrace[];
  /** Whether it is good; undefined where no fit key was at hand or found, or claims came without a token. */
  readonly signature: boolean | undefined;
  readonly keySource: KeySource | undefined;
}

/** By which trust a token is believed, and what that was made from. */
export interface Judged {
  readonly verdict: Result<Candidate, ExchangeRefusal>;
  readonly trace: FederationTrace;
}

/** Whether a key said the signature is good; undefined where there was none to ask. */
interface Authenticity {
  readonly verdict: Result<true, ExchangeRefusal> | undefined;
  readonly source: KeySource | undefined;
}

/**
 * Whether one of the account's trusts in this issuer believes the token. Terms come first: a key is fetched only for a
 * token that a trust would let in, or had let in under its name before, so no stranger learns by a fetch whether account, trust or claim was wrong. The first
 * trust that believes it is the answer. Where none does, what a key at hand says against the signature goes before the
 * refusal of the trust that came furthest, which its owner meant.
 */
export async function judge(context: Context, jwt: DecodedJwt, anchor: Anchor): Promise<Judged> {
  const { deps } = context;
  const at = { now: secondsOf(deps.nowMs()), issuerUrl: deps.config.issuerUrl };
  const candidates = anchor.providers
    .filter(({ disabled }) => !disabled)
    .map((provider) => ({ provider, trace: judgeTerms(jwt, provider, at) }));
  const met = candidates.filter(({ trace }) => trace.failure === undefined);
  const isBare = jwt.compact === "";
  const mayFetch = met.length > 0 || candidates.some(isTakenOver);
  const ask = isBare ? TAKEN_AS_SAID : authenticityBy(context, { jwt, anchor, mayFetch });
  const judged =
    met.length > 0 ? await judgeMet(met, ask) : await judgeUnmet(candidates, ask, { jwt, anchor });
  const { verdict, authenticity } = judged;
  const trace = {
    trusts: candidates.map((candidate) => candidate.trace),
    signature: isBare ? undefined : signatureOf(authenticity),
    keySource: authenticity?.source,
  };
  return { verdict, trace };
}

/** All fits but the ids of a name: whether its issuer says so is worth a fetch, since somebody is to be alarmed. */
function isTakenOver({ provider, trace }: Candidate): boolean {
  return provider.mode === "enforce" && trace.failure?.reason === "identity_changed";
}

type Ask = (provider: TrustedProvider) => Promise<Authenticity>;

/** Claims without a token, in a dry run: there is no signature to look at. */
const TAKEN_AS_SAID: Ask = async () => ({ verdict: accept(true), source: undefined });

interface Settled {
  readonly verdict: Judged["verdict"];
  readonly authenticity: Authenticity | undefined;
}

/**
 * Those whose terms are met: the first that enforces and has a key that fits. Else why the enforcing ones are not believed,
 * first of all that an issuer does not answer, since waiting helps; what is in shadow speaks last.
 */
async function judgeMet(met: readonly Candidate[], ask: Ask): Promise<Settled> {
  const refused: Settled[] = [];
  const watched: Settled[] = [];
  for (const candidate of met) {
    const { provider } = candidate;
    const isEnforcing = provider.mode === "enforce";
    const authenticity = await ask(provider);
    const { verdict } = authenticity;
    if (verdict?.ok && isEnforcing) return { verdict: accept(candidate), authenticity };
    if (verdict === undefined) continue;
    const detail = `${provider.name} would have let it in; set its mode to enforce once you mean it.`;
    const settled = {
      verdict: verdict.ok ? refuse({ reason: "trust_in_shadow", detail } as const) : verdict,
      authenticity,
    };
    (isEnforcing ? refused : watched).push(settled);
  }
  const isUnreachable = ({ verdict }: Settled) =>
    !verdict.ok && verdict.refusal.reason === "issuer_unreachable";
  const [first = watched[0]] = [...refused.filter(isUnreachable), ...refused];
  return first ?? { verdict: refuse(NO_TRUST), authenticity: undefined };
}

/** None is met: the signature is looked at only where that costs no fetch, so that the record knows whose claims it shows. */
async function judgeUnmet(
  candidates: readonly Candidate[],
  ask: Ask,
  { jwt, anchor }: { readonly jwt: DecodedJwt; readonly anchor: Anchor },
): Promise<Settled> {
  const furthest = candidates.toSorted((one, other) => progressOf(other) - progressOf(one))[0];
  if (furthest?.trace.failure === undefined) {
    const why =
      anchor.providers.length > 0 ? "Every trust in this issuer is disabled" : "No trust names this issuer";
    const detail = `${why}: iss is ${quote(jwt.issuer)}.`;
    return { verdict: refuse({ reason: "issuer_not_trusted", detail }), authenticity: undefined };
  }
  const authenticity = await ask(furthest.provider);
  if (authenticity.verdict !== undefined && !authenticity.verdict.ok) {
    return { verdict: authenticity.verdict, authenticity };
  }
  const isUnverified = authenticity.verdict === undefined;
  const refusal = { ...furthest.trace.failure, ...(isUnverified ? { isUnverified } : {}) };
  return { verdict: refuse(refusal), authenticity };
}

const NO_TRUST: ExchangeRefusal = { reason: "issuer_not_trusted", detail: "No trust names this issuer." };

/** How far a token came; further tells its owner more, and so does a trust that decides than one in shadow. */
function progressOf({ provider, trace }: Candidate): number {
  const progress = REASONS_BY_PROGRESS.indexOf(trace.failure?.reason ?? "");
  return 2 * progress + (provider.mode === "enforce" ? 1 : 0);
}

/** Any other reason comes before these. */
const REASONS_BY_PROGRESS: readonly string[] = [
  "token_too_old",
  "audience_mismatch",
  "assertion_failed",
  "identity_changed",
];

/** Whether the signature is good; a fault of the key tells nothing about it. */
function signatureOf(authenticity: Authenticity | undefined): boolean | undefined {
  const verdict = authenticity?.verdict;
  if (verdict === undefined || verdict.ok) return verdict?.ok;
  return verdict.refusal.reason === "signature_invalid" ? false : undefined;
}

interface Question {
  readonly jwt: DecodedJwt;
  readonly anchor: Anchor;
  readonly mayFetch: boolean;
}

/** Asks a trust's keys: its uploaded ones, or the issuer's, once for all trusts. */
function authenticityBy(context: Context, { jwt, anchor, mayFetch }: Question): Ask {
  const query = { issuer: jwt.issuer, kid: jwt.kid, generation: anchor.generation };
  let ofIssuer: Promise<Authenticity> | undefined;
  const askIssuer = async (): Promise<Authenticity> => {
    const found = mayFetch ? await findKey(context, query) : await keyAtHand(context, query);
    if (found === undefined) return { verdict: undefined, source: undefined };
    return found.ok ? verified(jwt, found.value, found.value.source) : { verdict: found, source: undefined };
  };
  return (provider) => {
    if (provider.jwks !== null) return askUpload(jwt, provider);
    ofIssuer ??= askIssuer();
    return ofIssuer;
  };
}

async function askUpload(jwt: DecodedJwt, provider: TrustedProvider): Promise<Authenticity> {
  const jwk = provider.jwks?.keys.find((key) => key.kid === jwt.kid);
  if (jwk !== undefined) return verified(jwt, { jwk, imported: new Map() }, "upload");
  const detail = `The uploaded jwks of ${provider.name} holds no key with kid ${quote(jwt.kid)}.`;
  return { verdict: refuse({ reason: "key_not_found", detail }), source: undefined };
}

async function verified(jwt: DecodedJwt, key: VerifyingKey, source: KeySource): Promise<Authenticity> {
  return { verdict: await verifySignature(jwt, key), source };
}
