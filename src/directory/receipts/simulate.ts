import { and, desc, eq, isNotNull, sql } from "drizzle-orm";
import { commitDryRun, isCutShort } from "../../audit/index.ts";
import type { Context } from "../../deps.ts";
import {
  accept,
  type ClaimAssertion,
  instantOf,
  type Problem,
  type Result,
  segmentsOf,
} from "../../protocol/index.ts";
import { idsFrom, readBatch, schema } from "../../store/index.ts";
import { claimAt, judgeTerms, type TokenClaims } from "../../trust/index.ts";
import { attempt } from "../attempt.ts";
import { locateProvider, type MemberRef, type ProviderRow } from "../locate.ts";
import { membersOf } from "../merge_patch.ts";
import { placeInAccount as place } from "../places.ts";
import { type ProviderChange, providerAfter } from "../provider_row.ts";
import { BY_TERMS, tokenOf } from "./miss.ts";
import type { ReceiptRow } from "./receipt_item.ts";

const { auditEvent, federatedIdentityProvider: provider } = schema;

/** Recorded exchanges that one call looks at, youngest first; fewer where many trusts judge each. */
const REPLAYED_MAX = 1000;
const JUDGED_MAX = 10_000;
/** Of them named in the answer, of each kind. */
const NAMED_MAX = 100;

/** What a changed trust would have made of the recorded exchanges of its account with its issuer. */
export interface Simulation {
  /** How many were looked at; more there were, where `isTruncated`. */
  readonly replayed: number;
  readonly isTruncated: boolean;
  readonly wouldFail: readonly ReplayedItem[];
  readonly wouldPass: readonly ReplayedItem[];
  readonly unchanged: number;
  /** Refused ones that nobody vouched for, and those of which the record shows too little to tell. */
  readonly undecided: number;
}

/** One recorded exchange. */
export interface ReplayedItem {
  readonly receiptId: string;
  readonly time: string;
  readonly subject: string | null;
  /** Why it would be refused, or was. */
  readonly detail: string | null;
}

/** Replays what was recorded against a trust as it would be after a change; nothing is changed. */
export async function simulateProvider(
  context: Context,
  ref: MemberRef,
  { change, days }: { readonly change: ProviderChange; readonly days: number },
): Promise<Result<Simulation, Problem>> {
  const found = await locateProvider(context.deps, ref);
  const permission = "federated-identity-providers:read";
  const action = "federated_identity_provider.simulate";
  const access = { found, permission, place, action, id: ref.id } as const;
  return attempt(context, access, async (row, event) => {
    // Findings are told when the change is made; here somebody only asks what it would do.
    const next = await providerAfter(context, row, change);
    if (!next.ok) return next;
    const sinceMs = context.deps.nowMs() - days * 24 * 3600 * 1000;
    const [events, trusts] = await readPast(context, row, sinceMs);
    const isAsked = ({ disabled, mode, issuer }: ProviderRow) =>
      !disabled && mode === "enforce" && issuer === row.issuer;
    const others = trusts.filter((trust) => trust.id !== row.id && isAsked(trust));
    const asked = isAsked(next.value) ? [next.value, ...others] : others;
    const most = Math.min(REPLAYED_MAX, Math.floor(JUDGED_MAX / (others.length + 1)));
    await commitDryRun(context, { ...event, detail: membersOf(change) }, "granted");
    return accept(replay(context, { events, asked, most }));
  });
}

async function readPast({ deps }: Context, row: ProviderRow, sinceMs: number) {
  const events = deps.db
    .select()
    .from(auditEvent)
    .where(
      and(
        eq(auditEvent.serviceAccountId, row.serviceAccountId),
        sql`${auditEvent.id} >= ${idsFrom(sinceMs)}`,
        eq(auditEvent.issuer, row.issuer),
        isNotNull(auditEvent.receipt),
        eq(auditEvent.action, "access_token.exchange"),
      ),
    )
    .orderBy(desc(auditEvent.id))
    .limit(REPLAYED_MAX + 1);
  const trusts = deps.db
    .select()
    .from(provider)
    .where(and(eq(provider.serviceAccountId, row.serviceAccountId), eq(provider.issuer, row.issuer)));
  return readBatch(deps.db, [events, trusts]);
}

interface Replay {
  readonly events: readonly ReceiptRow[];
  /** The trusts in the issuer that would decide: the changed one and the account's others, which stay. */
  readonly asked: readonly ProviderRow[];
  /** Of the events. */
  readonly most: number;
}

function replay({ deps }: Context, { events, asked, most }: Replay): Simulation {
  const { issuerUrl } = deps.config;
  const fails: ReplayedItem[] = [];
  const passes: ReplayedItem[] = [];
  let [unchanged, undecided] = [0, 0];
  for (const event of events.slice(0, most)) {
    const verdict = verdictOf(event, asked, issuerUrl);
    if (verdict === undefined) undecided += 1;
    else if ((event.outcome === "granted") === (verdict.detail === null)) unchanged += 1;
    else if (event.outcome === "granted") fails.push(itemOf(event, verdict.detail));
    else passes.push(itemOf(event, event.detail));
  }
  return {
    replayed: Math.min(events.length, most),
    isTruncated: events.length > most,
    wouldFail: fails.slice(0, NAMED_MAX),
    wouldPass: passes.slice(0, NAMED_MAX),
    unchanged,
    undecided,
  };
}

/** Why none of the trusts would let it in, null where one would; undefined where the record does not tell. */
function verdictOf(
  event: ReceiptRow,
  asked: readonly ProviderRow[],
  issuerUrl: string,
): { readonly detail: string | null } | undefined {
  const token = tokenOf(event);
  if (token === undefined || !mayChange(event)) return undefined;
  if (
    asked.some(({ assertions }) =>
      assertions.some((assertion) => isUnknown(assertion, token, event.receipt?.isCut ?? false)),
    )
  )
    return undefined;
  const traces = asked.map((trust) => judgeTerms(token, trust, { now: event.createdAt, issuerUrl }));
  if (traces.some(({ failure }) => failure === undefined)) return { detail: null };
  return { detail: traces[0]?.failure?.detail ?? "No trust in this issuer is left." };
}

/** A refusal by terms may come out otherwise by other terms, where the signature is good; any other stays. */
function mayChange({ outcome, reason, receipt }: ReceiptRow): boolean {
  if (outcome === "granted") return true;
  return receipt?.signature === true && BY_TERMS.includes(reason ?? "");
}

/** Whether the record shows a claim cut short or not at all that an assertion asks for. */
function isUnknown({ item }: ClaimAssertion, { claims }: TokenClaims, isCut: boolean): boolean {
  const received = claimAt(claims, segmentsOf(item));
  return received === undefined ? isCut : isCutShort(received);
}

function itemOf(event: ReceiptRow, detail: string | null): ReplayedItem {
  return { receiptId: event.id, time: instantOf(event.createdAt), subject: event.subject, detail };
}
