import { type AuditEvent, commitRefusal, type FloodClass, redactClaims } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import { isAuthentic, type ServiceAccountActor, segmentsOf } from "../protocol/index.ts";
import type { MintedToken } from "../tokens/index.ts";
import type { Anchor } from "../trust/index.ts";
import { type Evidence, factsOf } from "./evidence.ts";
import { readGround } from "./ground.ts";
import type { Denial, Identity } from "./identify.ts";
import type { ParameterRefusal, TokenParameters } from "./parameters.ts";
import { credentialOf, type Voucher } from "./voucher.ts";

/**
 * Records why an attempt was refused, in the account's own record where there is an account.
 * @param attempted what it was, when not an exchange
 */
export async function recordDenial(
  context: Context,
  denial: Denial,
  attempted: Partial<Pick<AuditEvent, "action" | "target">> = {},
): Promise<void> {
  const { reason, detail } = denial.refusal;
  const isProven = isAuthentic(reason);
  const event = { ...exchangeEvent(denial.anchor, denial.evidence, { isProven }), ...attempted };
  const refused = { ...(isProven ? event : abridged(event)), reason, detail };
  await commitRefusal(asWorkload(context, denial.evidence), refused, classOf(denial));
}

/** What anybody can send drowns no real token, and what any workload of a shared issuer can, no use of our own credentials. */
function classOf({ refusal, evidence }: Denial): FloodClass {
  if (!isAuthentic(refusal.reason)) return "forged";
  return evidence?.authMethod === "federation" ? "authentic" : "own";
}

const UNPROVEN_TEXT_MAX_CHARACTERS = 128;

/** What a token says that nobody vouches for is a stranger's text: it proves nothing, and could fill the record. */
function abridged(event: AuditEvent): AuditEvent {
  const { issuer, subject, kid } = event.exchange ?? {};
  const cut = (text: string | undefined) => text?.slice(0, UNPROVEN_TEXT_MAX_CHARACTERS);
  return { ...event, exchange: { issuer: cut(issuer), subject: cut(subject), kid: cut(kid) } };
}

/** A request that presents nothing, for an account that it names: its refusal belongs to a tenant too. */
export async function recordUnpresented(
  context: Context,
  parameters: TokenParameters,
  { description }: ParameterRefusal,
): Promise<void> {
  const selector = parameters.single.get("client_id");
  if (selector === undefined) return;
  const { anchor } = await readGround(context, selector, undefined);
  const refusal = { reason: "request_malformed", detail: description } as const;
  await recordDenial(context, { refusal, anchor, evidence: undefined });
}

/** Until it is believed, a token's names are what it says of itself; the event's outcome tells which. */
function asWorkload(context: Context, evidence: Evidence | undefined): Context {
  const { issuer = "", subject = "" } = evidence === undefined ? {} : factsOf(evidence);
  return { ...context, actor: { type: "workload", issuer, subject } };
}

/** Who acts, once believed: the foreign workload, or the account itself by its own credential. */
export function asIdentified(context: Context, { evidence, voucher, anchor }: Identity): Context {
  if (voucher.authMethod === "federation") return asWorkload(context, evidence);
  return { ...context, actor: accountActorOf(anchor, voucher) };
}

/** The account as an actor, however it was identified. */
export function accountActorOf(
  { account: { id, projectId } }: Anchor,
  voucher: Voucher,
): ServiceAccountActor {
  return { type: "service_account", id, projectId, credential: credentialOf(voucher) };
}

/**
 * What the record says of one exchange. Claims that nobody vouches for are not even looked at: whoever sends them
 * would choose the work.
 */
export function exchangeEvent(
  anchor: Anchor | undefined,
  evidence: Evidence | undefined,
  { token, isProven }: { readonly token?: MintedToken; readonly isProven: boolean },
): AuditEvent {
  const judged = anchor?.providers.flatMap(({ assertions }) => assertions) ?? [];
  const first = judged.map(({ item }) => segmentsOf(item)[0] ?? "");
  const facts = evidence === undefined ? undefined : factsOf(evidence);
  return {
    action: "access_token.exchange",
    target: { type: "access_token", id: token?.jti },
    projectId: anchor?.account.projectId,
    serviceAccountId: anchor?.account.id,
    exchange: {
      issuer: facts?.issuer,
      subject: facts?.subject,
      kid: facts?.kid,
      claims: facts === undefined || !isProven ? undefined : redactClaims(facts.claims, first),
      jti: token?.jti,
      tokenSha256: token?.sha256,
    },
  };
}
