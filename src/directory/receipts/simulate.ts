import { and, desc, eq, isNotNull, or, sql } from "drizzle-orm";
import { commitDryRun } from "../../audit/index.ts";
import type { Context } from "../../deps.ts";
import {
  accept,
  type ClaimAssertion,
  type ExchangeReason,
  instantOf,
  isAuthentic,
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
import { changedProvider, type ProviderChange } from "../provider_row.ts";
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
    const next = await changedProvider(context, row, change, "unasked");
    if (!next.ok) return next;
    const sinceMs = context.deps.nowMs() - days * 24 * 3600 * 1000;
    const [events, trusts] = await readPast(context, row, sinceMs);
    const others = trusts.filter(
      ({ id, disabled, mode }) => id !== row.id && !disabled && mode === "enforce",
    );
    await commitDryRun(context, { ...event, detail: membersOf(change) }, "granted");
    return accept(replay(context, { events, next: next.value, others }));
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
    .where(and(eq(provider.serviceAccountId, row.serviceAccountId), or(eq(provider.issuer, row.issuer))));
  return readBatch(deps.db, [events, trusts]);
}

interface Replay {
  readonly events: readonly ReceiptRow[];
  /** The trust after the change. */
  readonly next: ProviderRow;
  /** The account's other trusts in the issuer, which stay. */
  readonly others: readonly ProviderRow[];
}

function replay({ deps }: Context, { events, next, others }: Replay): Simulation {
  const { issuerUrl } = deps.config;
  const fails: ReplayedItem[] = [];
  const passes: ReplayedItem[] = [];
  let [unchanged, undecided] = [0, 0];
  const most = Math.min(REPLAYED_MAX, Math.floor(JUDGED_MAX / (others.length + 1)));
  for (const event of events.slice(0, most)) {
    const verdict = verdictOf(event, [next, ...others], issuerUrl);
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
  trusts: readonly ProviderRow[],
  issuerUrl: string,
): { readonly detail: string | null } | undefined {
  const token = tokenOf(event);
  if (token === undefined || !mayChange(event)) return undefined;
  const asked = trusts.filter(
    ({ disabled, mode, issuer }) => !disabled && mode === "enforce" && issuer === token.issuer,
  );
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

/** A refusal by terms may come out otherwise by other terms; one for another reason stays. */
function mayChange({ outcome, reason, detail, receipt }: ReceiptRow): boolean {
  if (outcome === "granted") return true;
  if (reason === null || receipt?.signature !== true) return false;
  return isAuthentic({ reason: reason as ExchangeReason, detail: detail ?? "" }) && BY_TERMS.includes(reason);
}

/** Whether the record shows a claim cut short or not at all that an assertion asks for. */
function isUnknown({ item }: ClaimAssertion, { claims }: TokenClaims, isCut: boolean): boolean {
  const received = claimAt(claims, segmentsOf(item));
  if (received === undefined) return isCut;
  const shown = JSON.stringify(received);
  const isShortened = Array.isArray(received) && received.length >= CUT_ITEMS;
  return (
    isShortened ||
    shown.includes("[redacted]") ||
    shown.includes("[deeper]") ||
    shown.length >= CUT_CHARACTERS
  );
}

/** The record cuts texts at 512 characters, and lists at 32 members. */
const CUT_CHARACTERS = 512;
const CUT_ITEMS = 32;

function itemOf(event: ReceiptRow, detail: string | null): ReplayedItem {
  return { receiptId: event.id, time: instantOf(event.createdAt), subject: event.subject, detail };
}
