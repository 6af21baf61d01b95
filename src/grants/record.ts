import {
  type AuditEvent,
  commitRefusal,
  type FloodClass,
  recordedText,
  redactClaims,
} from "../audit/index.ts";
import type { Context } from "../deps.ts";
import {
  HOLDS_NOTHING,
  isAuthentic,
  type ServiceAccountActor,
  secondsOf,
  segmentsOf,
} from "../protocol/index.ts";
import type { MintedToken } from "../tokens/index.ts";
import type { FederationTrace } from "../trust/index.ts";
import { type Evidence, factsOf } from "./evidence.ts";
import { readGround } from "./ground.ts";
import type { Denial, Identity } from "./identify.ts";
import type { ParameterRefusal, TokenParameters } from "./parameters.ts";
import { byFailures, receiptOf } from "./receipt.ts";
import { credentialOf } from "./voucher.ts";

/**
 * Records why an attempt was refused, in the account's own record where there is an account. Answers the event's id.
 * @param attempted what it was, when not an exchange
 */
export async function recordDenial(
  context: Context,
  denial: Denial,
  attempted: Partial<Pick<AuditEvent, "action" | "target">> = {},
): Promise<string> {
  const { reason, detail } = denial.refusal;
  const isProven = isAuthentic(denial.refusal);
  if (reason === "identity_changed" && isProven) alert(context, denial);
  const said = exchangeEvent(context, denial, { isProven });
  const event = { ...said, ...strangerOf(denial), ...attempted };
  const refused = { ...(isProven ? event : abridged(event)), reason, detail };
  return commitRefusal(asDenied(context, denial), refused, classOf(denial));
}

/** A name that came to belong to somebody else is told at once, not only when somebody reads the record. */
function alert({ deps, request }: Context, { anchor, refusal }: Denial): void {
  const { id: serviceAccountId, projectId } = anchor?.account ?? {};
  const { reason, detail } = refusal;
  deps.log({ level: "error", event: reason, projectId, serviceAccountId, detail, requestId: request.id });
}

/** Whoever acts from another project is told in his own record, not in that of a stranger whom he only named. */
function strangerOf({ actor, anchor }: Denial): Partial<AuditEvent> {
  if (actor?.type !== "service_account" || actor.projectId === anchor?.account.projectId) return {};
  return { projectId: actor.projectId, serviceAccountId: actor.id };
}

/** What anybody can send drowns no real token, and what any workload of a shared issuer can, no use of our own credentials. */
function classOf({ refusal, evidence }: Denial): FloodClass {
  if (!isAuthentic(refusal)) return "forged";
  return evidence?.authMethod === "federation" ? "authentic" : "own";
}

const UNPROVEN_TEXT_MAX_CHARACTERS = 128;

/** What a token says that nobody vouches for is a stranger's text: it proves nothing, and could fill the record. */
function abridged(event: AuditEvent): AuditEvent {
  const { issuer, subject, kid, receipt } = event.exchange ?? {};
  // A token that is cut before it is found would stand there in part.
  const cut = (text: string | undefined) =>
    text === undefined ? undefined : recordedText(text).slice(0, UNPROVEN_TEXT_MAX_CHARACTERS);
  return { ...event, exchange: { issuer: cut(issuer), subject: cut(subject), kid: cut(kid), receipt } };
}

/** A request that presents nothing, for an account that it names: its refusal belongs to a tenant too. */
export async function recordUnpresented(
  context: Context,
  parameters: TokenParameters,
  { description }: ParameterRefusal,
): Promise<string | undefined> {
  const selector = parameters.single.get("client_id");
  if (selector === undefined) return undefined;
  const { anchor } = await readGround(context, {
    selector,
    evidence: undefined,
    audiences: [],
    mayBePerson: false,
  });
  const refusal = { reason: "request_malformed", detail: description } as const;
  return recordDenial(context, { refusal, anchor, evidence: undefined });
}

/** Until it is believed, a token's names are what it says of itself; the event's outcome tells which. */
function asWorkload(context: Context, evidence: Evidence | undefined): Context {
  const { issuer = "", subject = "" } = evidence === undefined ? {} : factsOf(evidence);
  const actor = { type: "workload", issuer: recordedText(issuer), subject: recordedText(subject) } as const;
  return { ...context, actor };
}

/** Who acts as the account, where he is known; else a stranger. */
function asDenied(context: Context, { evidence, actor }: Denial): Context {
  return actor === undefined ? asWorkload(context, evidence) : { ...context, actor };
}

/** Who acts, once believed: the foreign workload, or the account itself by its own credential. */
export function asIdentified(context: Context, identity: Identity): Context {
  const { evidence, voucher, actor } = identity;
  if (actor !== undefined) return { ...context, actor };
  if (voucher.authMethod === "federation") return asWorkload(context, evidence);
  return { ...context, actor: accountActorOf(identity) };
}

/** The account as an actor, however it was identified. */
export function accountActorOf({ anchor, voucher }: Identity): ServiceAccountActor {
  const { id, projectId } = anchor.account;
  return {
    ...HOLDS_NOTHING,
    type: "service_account",
    id,
    projectId,
    credential: credentialOf(voucher),
    act: [],
  };
}

/** One exchange, granted or refused. */
type Attempted = Pick<Denial, "anchor" | "evidence" | "actor" | "trace" | "voucher">;

/** The trust that refused: the one that came nearest, where none let the token in. What is refused later is no trust's. */
function refuserOf(trace: FederationTrace | undefined): string | undefined {
  const enforcing = trace?.trusts.filter(({ mode }) => mode === "enforce") ?? [];
  if (enforcing.some(({ failure }) => failure === undefined)) return undefined;
  return enforcing.toSorted(byFailures)[0]?.id;
}

/**
 * What the record says of one exchange. Claims that nobody vouches for stand in its receipt alone, in little room: whoever
 * sends them chose them.
 */
export function exchangeEvent(
  { deps }: Context,
  { anchor, evidence, actor, trace, voucher }: Attempted,
  { token, isProven }: { readonly token?: MintedToken; readonly isProven: boolean },
): AuditEvent {
  const judged = anchor?.providers.flatMap(({ assertions }) => assertions) ?? [];
  const first = ["aud", ...judged.map(({ item }) => segmentsOf(item)[0] ?? "")];
  const facts = evidence === undefined ? undefined : factsOf(evidence);
  const claims = facts === undefined || !isProven ? undefined : redactClaims(facts.claims, first);
  const providerId = voucher?.authMethod === "federation" ? voucher.provider.id : undefined;
  const now = secondsOf(deps.nowMs());
  const isActedBy = actor !== undefined || evidence?.authMethod === "impersonation";
  return {
    action: isActedBy ? "access_token.impersonate" : "access_token.exchange",
    target: { type: "access_token", id: token?.jti },
    projectId: anchor?.account.projectId,
    serviceAccountId: anchor?.account.id,
    exchange: {
      issuer: facts?.issuer,
      subject: facts?.subject,
      kid: facts?.kid,
      claims,
      jti: token?.jti,
      tokenSha256: token?.sha256,
      receipt: receiptOf({ evidence, trace, providerId, claims }, { now, isProven, first }),
      federatedIdentityProviderId: providerId ?? (isProven ? refuserOf(trace) : undefined),
    },
  };
}
